"""NSGA-II, a genetic algorithm for several objectives, through Optuna.

Deb et al., A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import optuna
from optuna.samplers import NSGAIISampler
from optuna.trial import FrozenTrial, TrialState

from nasnet.cells import SearchSpace
from nasnet.controller.checks import check_share, check_whole
from nasnet.controller.optuna.study import (
    Judged,
    OptunaController,
    Study,
    from_arrays,
    from_study,
    sampler_seed,
    to_arrays,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NSGA2Settings:
    """Settings of NSGA-II; the defaults are the paper's.

    Deb et al., A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002, section V.

    Args:
        objectives: the number of values that a trial is judged by.
        population: trials in a generation, and parents of the next, 100.
        crossover: the share of children with two parents, 0.9; the others have one.
        mutation: the chance of each decision to be drawn anew; None for one decision a child.

    Raises:
        ValueError: a setting is out of range.
    """

    objectives: int = 1
    population: int = 100
    crossover: float = 0.9
    mutation: float | None = None

    def __post_init__(self) -> None:
        check_whole("objectives", self.objectives)
        check_whole("population", self.population, least=2)
        check_share("crossover", self.crossover)
        if self.mutation is not None:
            check_share("mutation", self.mutation)


class _Breeder(NSGAIISampler):
    """NSGA-II whose generations are the controller's: all of a study's trials are parents."""

    def get_trial_generation(self, study: optuna.Study, trial: FrozenTrial) -> int:
        return 1

    def get_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def get_parent_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        return self.get_population(study, generation) if generation else []


class NSGA2(OptunaController[NSGA2Settings]):
    """Optuna's NSGA-II sampler: crosses and mutates the survivors of the generations before.

    The first `population` trials are random. Whenever as many have been observed, the best of them
    and of their parents, by constrained dominance and crowding distance, are the next parents. A
    trial belongs to the generation in which it is observed. A decision that is made in a child and
    was not in the parent it is inherited from is drawn at random.

    Only the parents and the present generation are remembered, so an observation costs the same
    however long the search. A proposal depends on the seed, its number and those trials.

    Attributes:
        objectives: the number of values that a trial is judged by.
    """

    name = "nsga2"
    Settings = NSGA2Settings
    few_trials = MappingProxyType({"population": 20})
    multi_objective = True

    def __init__(
        self, space: SearchSpace[Any], settings: NSGA2Settings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space, settings, seed=seed)
        self.objectives = self.settings.objectives
        self._weighted = any(decision.weights for decision in space.decisions)
        self._parents: list[Judged] = []
        self._children: list[Judged] = []
        self._study = self._study_of(())

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A child of the parents."""
        if self._weighted and not self._parents:
            return self.space.sample(rng)  # Optuna's own are uniform
        return self._study.sample(self._sampler(self.proposed - 1), rng)

    def take(self, trial: Judged) -> None:
        """Lets a trial into the generation; a full one is selected from."""
        self._children.append(trial)
        if len(self._children) >= self.settings.population:
            self._select()

    def memory(self) -> dict[str, np.ndarray]:
        """Parents and children."""
        trials = [*self._parents, *self._children]
        arrays = to_arrays(trials, len(self.space.decisions), self.objectives)
        return {"parents": np.array(len(self._parents)), **arrays}

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a generation."""
        trials, parents = list(from_arrays(arrays)), int(arrays["parents"])
        self._parents, self._children = trials[:parents], trials[parents:]
        self._study = self._study_of(self._parents)

    def _study_of(self, trials: Iterable[Judged]) -> Study:
        return Study(self.space, self.objectives, trials, marked=True)

    def _select(self) -> None:
        """Makes the best of parents and children the parents of the next generation."""
        pool = self._study_of([*self._parents, *self._children])
        survivors = self._sampler(0).select_parent(pool.study, generation=1)
        self._parents = [from_study(trial) for trial in sorted(survivors, key=lambda t: t.number)]
        self._children.clear()
        self._study = self._study_of(self._parents)

    def _sampler(self, number: int) -> NSGAIISampler:
        return _Breeder(
            population_size=self.settings.population,
            mutation_prob=self.settings.mutation,
            crossover_prob=self.settings.crossover,
            seed=sampler_seed(self.seed, number),
        )
