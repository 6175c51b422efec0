"""What TPE and NSGA-II share: Optuna studies in memory, and trials with objectives and limits.

A study is rebuilt from the trials that a controller remembers, and the sampler is made anew for
each proposal from the seed and the proposal's number, because Optuna's samplers keep no state that
could be saved.
"""

import abc
import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.controller.protocol import Proposal

S = TypeVar("S")
_LIMITS = "limits"


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """A trial and what it is judged by.

    Args:
        choices: its choices, [T].
        values: its objectives, to be maximised, [M].
        violation: by how much it exceeds its limits in all, 0 where it keeps them.
    """

    choices: tuple[int, ...]
    values: tuple[float, ...]
    violation: float = 0.0


class Study:
    """An Optuna study of a space's decisions, called by their numbers.

    Args:
        space: of the trials. A trial has the decisions that were made in it.
        objectives: the number of objectives, all maximised.
        trials: finished ones to begin with.
        marked: whether a decision that was not made has the value None instead, for samplers that
            combine trials of which all have the same decisions.
    """

    def __init__(
        self,
        space: SearchSpace[Any],
        objectives: int = 1,
        trials: Iterable[Judged] = (),
        *,
        marked: bool = False,
    ) -> None:
        self._space, self._marked = space, marked and space.conditional
        nothing = (None,) if self._marked else ()
        self._options = [(*range(count), *nothing) for count in space.counts]
        self._distributions: list[BaseDistribution] = [
            CategoricalDistribution(options) for options in self._options
        ]
        verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # or each study is announced
        try:
            self.study = optuna.create_study(directions=["maximize"] * objectives)
        finally:
            optuna.logging.set_verbosity(verbosity)
        for trial in trials:
            self.add(trial)

    def add(self, trial: Judged) -> None:
        """Adds a finished trial."""
        live = self._space.live([trial.choices])[0]
        params = {
            str(i): choice if made else None
            for i, (choice, made) in enumerate(zip(trial.choices, live, strict=True))
            if made or self._marked
        }
        self.study.add_trial(
            optuna.trial.create_trial(
                params=params,
                distributions={name: self._distributions[int(name)] for name in params},
                values=trial.values,
                constraints={_LIMITS: trial.violation},
            )
        )

    def sample(self, sampler: BaseSampler, rng: np.random.Generator) -> tuple[int, ...]:
        """What `sampler` would try next; the study does not wait for its result.

        Where it has no value for a decision that is made, that one is drawn from `rng`.
        """
        self.study.sampler = sampler
        trial = self.study.ask()
        drawn = self._space.draw_all(rng, 1)[0].tolist()

        def choose(i: int) -> int:
            value = trial.suggest_categorical(str(i), self._options[i])
            return drawn[i] if value is None else int(value)

        choices = self._space.walk(choose)
        # A failed trial is one that samplers do not look at.
        self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return choices


class OptunaController(BaseController[S]):
    """Learns from trials with several objectives, and from limits."""

    objectives = 1

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns from trials of one objective, without limits.

        Raises:
            ValueError: there are several objectives, or a proposal is not of this space, or lacks
                a finite reward. Nothing has been observed then.
        """
        self.observe_objectives(proposals, [(reward,) for reward in rewards])

    def observe_objectives(
        self,
        proposals: Sequence[Proposal],
        values: Sequence[Sequence[float]],
        violations: Sequence[float] | None = None,
    ) -> None:
        """Learns from finished trials, in this order.

        Args:
            proposals: the finished trials, [B].
            values: their objectives, to be maximised, [B, M].
            violations: by how much each exceeds its limits, [B]; None for not at all.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite objective or violation,
                or there is another number of objectives. Nothing has been observed then.
        """
        for trial in self._judged(proposals, values, violations):
            self.take(trial)

    @abc.abstractmethod
    def take(self, trial: Judged) -> None:
        """Learns from a finished trial."""

    def _judged(
        self,
        proposals: Sequence[Proposal],
        values: Sequence[Sequence[float]],
        violations: Sequence[float] | None,
    ) -> list[Judged]:
        for row in values:
            if len(row) != self.objectives:
                found = len(row)
                raise ValueError(f"number of objectives is {found}, expected {self.objectives}")
        checked: list[Proposal] = []
        for i in range(self.objectives):
            checked = self.checked(proposals, [row[i] for row in values])
        excesses = [0.0] * len(proposals) if violations is None else violations
        if len(excesses) != len(proposals):
            raise ValueError(f"number of violations is {len(excesses)}, expected {len(proposals)}")
        for excess in excesses:
            if not 0 <= excess < math.inf:
                raise ValueError(f"violation is {excess}, expected 0 or more")
        return [
            Judged(proposal.choices, tuple(map(float, row)), float(excess))
            for proposal, row, excess in zip(checked, values, excesses, strict=True)
        ]


def from_study(trial: FrozenTrial) -> Judged:
    """A trial of a `Study` as it was added."""
    choices = tuple(int(trial.params[str(i)] or 0) for i in range(len(trial.params)))
    return Judged(choices, tuple(trial.values), trial.constraints[_LIMITS])


def sampler_seed(seed: int, number: int) -> int:
    """The seed of the sampler that makes proposal `number`."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


def to_arrays(trials: Sequence[Judged], length: int, objectives: int) -> dict[str, np.ndarray]:
    """Trials as the arrays of a state: choices [N, T], values [N, M], violations [N]."""
    choices = np.array([trial.choices for trial in trials], np.int32)
    values = np.array([trial.values for trial in trials], np.float64)
    return {
        "choices": choices.reshape(len(trials), length),
        "values": values.reshape(len(trials), objectives),
        "violations": np.array([trial.violation for trial in trials], np.float64),
    }


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Iterable[Judged]:
    """The trials that `to_arrays` was given."""
    columns = (arrays[name].tolist() for name in ("choices", "values", "violations"))
    for choices, values, violation in zip(*columns, strict=True):
        yield Judged(tuple(choices), tuple(values), violation)
