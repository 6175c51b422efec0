"""The tree-structured Parzen estimator, through Optuna.

Bergstra et al., Algorithms for hyper-parameter optimization, 2011, section 4.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from optuna.samplers import TPESampler

from nasnet.controller.checks import Decisions, check_count, check_seed, option_counts
from nasnet.controller.history import remembered
from nasnet.controller.optuna.study import (
    Judged,
    Study,
    from_arrays,
    judged,
    sampler_seed,
    specs,
    to_arrays,
)
from nasnet.controller.protocol import Proposal
from nasnet.controller.settings_search import TPESettings
from nasnet.controller.state import pack, unpack


class TPE:
    """Optuna's TPE sampler: proposes what is likely among good trials and unlikely among bad ones.

    A trial that exceeds a limit counts as worse than any that keeps them all.

    A proposal depends on the seed, its number and the trials that are remembered.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the defaults.
        seed: of every random choice, 0 or more.

    Attributes:
        objectives: 1.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    objectives = 1

    def __init__(
        self, space: Decisions, settings: TPESettings | None = None, *, seed: int = 0
    ) -> None:
        check_seed(seed)
        self._options = option_counts(space)
        self._settings = TPESettings() if settings is None else settings
        self._seed = seed
        self._draws = 0
        self._trials: list[Judged] = []
        self._study: Study | None = None  # of these trials; made when it is needed

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals without log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        return [Proposal(self._next()) for _ in range(count)]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns from trials without limits.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward. Nothing has been
                observed then.
        """
        self.observe_objectives(proposals, [(reward,) for reward in rewards])

    def observe_objectives(
        self,
        proposals: Sequence[Proposal],
        values: Sequence[Sequence[float]],
        violations: Sequence[float] | None = None,
    ) -> None:
        """Learns from trials of one objective, [B, 1], and of limits, [B].

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite objective or violation.
                Nothing has been observed then.
        """
        for trial in judged(self._options, 1, proposals, values, violations):
            self._trials.append(trial)
            if self._study is not None:
                self._study.add(trial)
            kept = remembered(
                self._trials, self._settings.window, lambda t: (-t.violation, t.values)
            )
            if len(kept) < len(self._trials):
                self._trials, self._study = kept, None

    def state(self) -> bytes:
        """The trials that are remembered, and the number of proposals."""
        arrays = to_arrays(self._trials, len(self._options), 1)
        return pack("tpe", self._arguments(), {"draws": np.int64(self._draws), **arrays})

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        wanted = {"draws": (np.int64, ()), **specs(len(self._options), 1)}
        arrays = unpack(state, "tpe", self._arguments(), wanted)
        self._draws = int(arrays["draws"])
        self._trials = list(from_arrays(arrays))
        self._study = None

    def _next(self) -> tuple[int, ...]:
        if self._study is None:
            self._study = Study(self._options, trials=self._trials)
        sampler = TPESampler(
            n_startup_trials=self._settings.initial,
            n_ei_candidates=self._settings.candidates,
            multivariate=self._settings.multivariate,
            seed=sampler_seed(self._seed, self._draws),
        )
        self._draws += 1
        return self._study.sample(sampler)

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._options, "seed": self._seed, **settings}
