"""Regularized evolution, the controller of AmoebaNet.

Real et al., https://arxiv.org/abs/1802.01548, section 3.2.
"""

import dataclasses
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.controller.checks import check_share, check_whole
from nasnet.controller.history import Entry, from_table, to_table
from nasnet.controller.protocol import Proposal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EvolutionSettings:
    """Settings of regularized evolution; the defaults are the paper's (appendix A).

    Args:
        population: members alive at a time, 100.
        tournament: members drawn, with replacement, to find each parent among, 25.
        identity: the share of children that are copies of their parent, 0.05.

    Raises:
        ValueError: a setting is out of range.
    """

    population: int = 100
    tournament: int = 25
    identity: float = 0.05

    def __post_init__(self) -> None:
        check_whole("population", self.population)
        check_whole("tournament", self.tournament)
        check_share("identity", self.identity)


class Evolution(BaseController[EvolutionSettings]):
    """Mutates the best of a random sample of the population; every birth retires the oldest.

    Until `population` trials have been observed, proposals are random. From then on each is a
    mutated copy of the winner of a tournament. Which mutations there are the space says: of cells,
    a hidden-state mutation or an op mutation, with equal chances. How a block combines, which is
    not searched in the paper, is mutated as one more of its operations.

    A proposal depends on the seed, its number and what has been observed. Members are as old as
    their observation, so a slow worker's child is young when it arrives.
    """

    name = "evolution"
    Settings = EvolutionSettings
    few_trials = MappingProxyType({"population": 50, "tournament": 20, "identity": 0.0})

    def __init__(
        self, space: SearchSpace[Any], settings: EvolutionSettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space, settings, seed=seed)
        self._members: deque[Entry] = deque(maxlen=self.settings.population)

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A mutant of a tournament's winner."""
        if len(self._members) < self.settings.population:
            return self.space.sample(rng)
        rivals = rng.integers(len(self._members), size=self.settings.tournament)
        parent, _ = max((self._members[i] for i in rivals), key=lambda member: member[1])
        if rng.random() < self.settings.identity:
            return parent
        return self.space.mutate(parent, rng)

    def learn(self, proposal: Proposal, reward: float) -> None:
        """Lets the trial into the population."""
        self._members.append((proposal.choices, reward))

    def memory(self) -> dict[str, np.ndarray]:
        """The population, oldest first."""
        members, rewards = to_table(self._members, len(self.space.decisions))
        return {"members": members, "rewards": rewards}

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a population."""
        self._members.clear()
        self._members.extend(from_table(arrays["members"], arrays["rewards"]))
