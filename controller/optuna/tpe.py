"""The tree-structured Parzen estimator, through Optuna.

Bergstra et al., Algorithms for hyper-parameter optimization, 2011, section 4.
"""

import dataclasses
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import TPESampler

from nasnet.cells import SearchSpace
from nasnet.controller.checks import check_whole
from nasnet.controller.history import remembered
from nasnet.controller.optuna.study import (
    Judged,
    OptunaController,
    Study,
    from_arrays,
    sampler_seed,
    to_arrays,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TPESettings:
    """Settings of the tree-structured Parzen estimator; the defaults are Optuna's.

    Args:
        initial: random trials before the first estimate, 10.
        candidates: samples of the good trials' density that are compared for each proposal, 24.
        multivariate: whether decisions are sampled together, not each on its own.
        window: trials that are remembered at most, our choice: when there are more, the best
            quarter of this number and the latest quarter stay. The time of a proposal is
            proportional to it. More than twice `initial`.

    Raises:
        ValueError: a setting is out of range.
    """

    initial: int = 10
    candidates: int = 24
    multivariate: bool = True
    window: int = 400

    def __post_init__(self) -> None:
        check_whole("initial", self.initial)
        check_whole("candidates", self.candidates)
        # So many that half of them are past the random beginning.
        check_whole("window", self.window, least=2 * self.initial + 3)


class TPE(OptunaController[TPESettings]):
    """Optuna's TPE sampler: proposes what is likely among good trials and unlikely among bad ones.

    A trial that exceeds a limit counts as worse than any that keeps them all. Where decisions
    depend on others, each is estimated from the trials in which it was made.

    A proposal depends on the seed, its number and the trials that are remembered.
    """

    name = "tpe"
    Settings = TPESettings

    def __init__(
        self, space: SearchSpace[Any], settings: TPESettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space, settings, seed=seed)
        self._weighted = any(decision.weights for decision in space.decisions)
        self._trials: list[Judged] = []
        self._study: Study | None = None  # of these trials; made when it is needed

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """What the estimator finds most promising."""
        if self._weighted and len(self._trials) < self.settings.initial:
            return self.space.sample(rng)  # Optuna's own are uniform
        if self._study is None:
            self._study = Study(self.space, trials=self._trials)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # of `group`
            sampler = self._sampler()
        return self._study.sample(sampler, rng)

    def _sampler(self) -> TPESampler:
        together = self.settings.multivariate
        return TPESampler(
            n_startup_trials=self.settings.initial,
            n_ei_candidates=self.settings.candidates,
            multivariate=together,
            group=together and self.space.conditional,
            seed=sampler_seed(self.seed, self.proposed - 1),
        )

    def take(self, trial: Judged) -> None:
        """Remembers a trial."""
        self._trials.append(trial)
        if self._study is not None:
            self._study.add(trial)
        kept = remembered(self._trials, self.settings.window, lambda t: (-t.violation, t.values))
        if len(kept) < len(self._trials):
            self._trials, self._study = kept, None

    def memory(self) -> dict[str, np.ndarray]:
        """The trials that are remembered."""
        return to_arrays(self._trials, len(self.space.decisions), 1)

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up trials."""
        self._trials, self._study = list(from_arrays(arrays)), None
