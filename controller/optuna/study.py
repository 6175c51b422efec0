"""What TPE and NSGA-II share: Optuna studies in memory, and trials with objectives and limits.

A study is rebuilt from the trials that a controller remembers, and the sampler is made anew for
each proposal from the seed and the proposal's number, because Optuna's samplers keep no state that
could be saved.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution

from nasnet.controller.checks import check_trials
from nasnet.controller.protocol import Proposal
from nasnet.controller.state import Specs

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


def judged(
    options: Sequence[int],
    objectives: int,
    proposals: Sequence[Proposal],
    values: Sequence[Sequence[float]],
    violations: Sequence[float] | None,
) -> list[Judged]:
    """The trials that `observe_objectives` was given.

    Args:
        options: the number of options of each decision, [T].
        objectives: the number of objectives M.
        proposals: the finished trials, [B].
        values: their objectives, [B, M].
        violations: by how much each exceeds its limits, [B]; None for not at all.

    Raises:
        ValueError: a proposal is not of this space, or lacks a finite objective or violation.
    """
    for row in values:
        if len(row) != objectives:
            raise ValueError(f"number of objectives is {len(row)}, expected {objectives}")
    for i in range(objectives):
        check_trials(options, proposals, [row[i] for row in values])
    excesses = [0.0] * len(proposals) if violations is None else violations
    if len(excesses) != len(proposals):
        raise ValueError(f"number of violations is {len(excesses)}, expected {len(proposals)}")
    for excess in excesses:
        if not 0 <= excess < math.inf:
            raise ValueError(f"violation is {excess}, expected 0 or more")
    return [
        Judged(proposal.choices, tuple(map(float, row)), float(excess))
        for proposal, row, excess in zip(proposals, values, excesses, strict=True)
    ]


class Study:
    """An Optuna study of categorical decisions, called by their numbers.

    Args:
        options: the number of options of each decision, [T].
        objectives: the number of objectives, all maximised.
        trials: finished ones to begin with.
    """

    def __init__(
        self, options: Sequence[int], objectives: int = 1, trials: Iterable[Judged] = ()
    ) -> None:
        self._distributions: dict[str, BaseDistribution] = {
            str(i): CategoricalDistribution(range(count)) for i, count in enumerate(options)
        }
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
        self.study.add_trial(
            optuna.trial.create_trial(
                params=self._params(trial),
                distributions=self._distributions,
                values=trial.values,
                constraints={_LIMITS: trial.violation},
            )
        )

    def sample(self, sampler: optuna.samplers.BaseSampler) -> tuple[int, ...]:
        """What `sampler` would try next; the study does not wait for its result."""
        self.study.sampler = sampler
        trial = self.study.ask(self._distributions)
        # A failed trial is one that samplers do not look at.
        self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return tuple(int(trial.params[name]) for name in self._distributions)

    def _params(self, trial: Judged) -> dict[str, int]:
        return dict(zip(self._distributions, trial.choices, strict=True))


def from_study(trial: optuna.trial.FrozenTrial) -> Judged:
    """A trial of a `Study` as it was added."""
    choices = tuple(int(trial.params[str(i)]) for i in range(len(trial.params)))
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


def specs(length: int, objectives: int) -> Specs:
    """Dtypes and shapes of the arrays of `to_arrays`."""
    return {
        "choices": (np.int32, (None, length)),
        "values": (np.float64, (None, objectives)),
        "violations": (np.float64, (None,)),
    }


def from_arrays(arrays: dict[str, np.ndarray]) -> Iterable[Judged]:
    """The trials that `to_arrays` was given."""
    columns = (arrays[name].tolist() for name in ("choices", "values", "violations"))
    for choices, values, violation in zip(*columns, strict=True):
        yield Judged(tuple(choices), tuple(values), violation)
