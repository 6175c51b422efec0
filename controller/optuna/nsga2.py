"""NSGA-II, a genetic algorithm for several objectives, through Optuna.

Deb et al., A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import optuna
from optuna.samplers import NSGAIISampler
from optuna.trial import FrozenTrial, TrialState

from nasnet.controller.checks import Decisions, check_count, check_seed, option_counts
from nasnet.controller.optuna.study import (
    Judged,
    Study,
    from_arrays,
    from_study,
    judged,
    sampler_seed,
    specs,
    to_arrays,
)
from nasnet.controller.protocol import Proposal
from nasnet.controller.settings_search import NSGA2Settings
from nasnet.controller.state import pack, unpack


class _Breeder(NSGAIISampler):
    """NSGA-II whose generations are the controller's: all of a study's trials are parents."""

    def get_trial_generation(self, study: optuna.Study, trial: FrozenTrial) -> int:
        return 1

    def get_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def get_parent_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        return self.get_population(study, generation) if generation else []


class NSGA2:
    """Optuna's NSGA-II sampler: crosses and mutates the survivors of the generations before.

    The first `population` trials are random. Whenever as many have been observed, the best of them
    and of their parents, by constrained dominance and crowding distance, are the next parents. A
    trial belongs to the generation in which it is observed.

    Only the parents and the present generation are remembered, so an observation costs the same
    however long the search. A proposal depends on the seed, its number and those trials.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the paper's, with one objective.
        seed: of every random choice, 0 or more.

    Attributes:
        objectives: the number of values that a trial is judged by.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    def __init__(
        self, space: Decisions, settings: NSGA2Settings | None = None, *, seed: int = 0
    ) -> None:
        check_seed(seed)
        self._options = option_counts(space)
        self._settings = NSGA2Settings() if settings is None else settings
        self._seed = seed
        self._draws = 0
        self.objectives = self._settings.objectives
        self._parents: list[Judged] = []
        self._children: list[Judged] = []
        self._study = Study(self._options, self.objectives)  # of the parents

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals without log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        proposals = []
        for _ in range(count):
            proposals.append(Proposal(self._study.sample(self._sampler(self._draws))))
            self._draws += 1
        return proposals

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
        """Learns from trials of M objectives, [B, M], and of limits, [B].

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite objective or violation,
                or there is another number of objectives. Nothing has been observed then.
        """
        for trial in judged(self._options, self.objectives, proposals, values, violations):
            self._children.append(trial)
            if len(self._children) >= self._settings.population:
                self._select()

    def state(self) -> bytes:
        """Parents and children, and the number of proposals."""
        trials = [*self._parents, *self._children]
        arrays = {
            "draws": np.int64(self._draws),
            "parents": np.int64(len(self._parents)),
            **to_arrays(trials, len(self._options), self.objectives),
        }
        return pack("nsga2", self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        wanted = specs(len(self._options), self.objectives)
        wanted |= {"draws": (np.int64, ()), "parents": (np.int64, ())}
        arrays = unpack(state, "nsga2", self._arguments(), wanted)
        self._draws = int(arrays["draws"])
        trials, parents = list(from_arrays(arrays)), int(arrays["parents"])
        self._parents, self._children = trials[:parents], trials[parents:]
        self._study = Study(self._options, self.objectives, self._parents)

    def _select(self) -> None:
        """Makes the best of parents and children the parents of the next generation."""
        pool = Study(self._options, self.objectives, [*self._parents, *self._children])
        survivors = self._sampler(0).select_parent(pool.study, generation=1)
        self._parents = [from_study(trial) for trial in sorted(survivors, key=lambda t: t.number)]
        self._children.clear()
        self._study = Study(self._options, self.objectives, self._parents)

    def _sampler(self, number: int) -> NSGAIISampler:
        return _Breeder(
            population_size=self._settings.population,
            mutation_prob=self._settings.mutation,
            crossover_prob=self._settings.crossover,
            seed=sampler_seed(self._seed, number),
        )

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._options, "seed": self._seed, **settings}
