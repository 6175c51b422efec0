"""Regularized evolution, the controller of AmoebaNet.

Real et al., https://arxiv.org/abs/1802.01548, section 3.2.
"""

import dataclasses
from collections import deque
from collections.abc import Sequence

import numpy as np

from nasnet.controller.checks import Decisions, check_count, check_seed, check_trials
from nasnet.controller.choices import choices_of
from nasnet.controller.protocol import Proposal
from nasnet.controller.settings_search import EvolutionSettings
from nasnet.controller.state import Specs, pack, unpack


class Evolution:
    """Mutates the best of a random sample of the population; every birth retires the oldest.

    Until `population` trials have been observed, proposals are random. From then on each is a
    mutated copy of the winner of a tournament. One mutation changes one decision to another of
    its options. In a space of cells it is a hidden-state mutation (of a decision called
    ".../input_...") or an op mutation, with equal chances; how a block combines, which is not
    searched in the paper, is mutated as one more of its operations. In other spaces all decisions
    are equally likely; those after a `TERMINATE` do not matter, and are not mutated.

    A proposal depends on the seed, its number and what has been observed. Members are as old as
    their observation, so a slow worker's child is young when it arrives.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the paper's.
        seed: of every random choice, 0 or more.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    def __init__(
        self, space: Decisions, settings: EvolutionSettings | None = None, *, seed: int = 0
    ) -> None:
        check_seed(seed)
        self._choices = choices_of(space)
        self._settings = EvolutionSettings() if settings is None else settings
        self._seed = seed
        self._draws = 0
        self._members: deque[tuple[tuple[int, ...], float]] = deque(
            maxlen=self._settings.population
        )
        inputs = [i for i, d in enumerate(space.decisions) if "/input_" in d.name]
        others = [i for i in range(len(space.decisions)) if i not in inputs]
        self._kinds = tuple(
            kind
            for group in (inputs, others)
            if (kind := tuple(i for i in group if self._choices.counts[i] > 1))
        )

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals without log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        numbers = range(self._draws, self._draws + count)
        self._draws += count
        return [Proposal(self._draw(number)) for number in numbers]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Lets the trials into the population, in this order.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward. Nothing has been
                observed then.
        """
        check_trials(self._choices.counts, proposals, rewards)
        for proposal, reward in zip(proposals, rewards, strict=True):
            self._members.append((proposal.choices, float(reward)))

    def state(self) -> bytes:
        """The population, oldest first, and the number of proposals."""
        shape = (len(self._members), len(self._choices.counts))
        arrays = {
            "draws": np.int64(self._draws),
            "members": np.array([choices for choices, _ in self._members], np.int32).reshape(shape),
            "rewards": np.array([reward for _, reward in self._members], np.float64),
        }
        return pack("evolution", self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        specs: Specs = {
            "draws": (np.int64, ()),
            "members": (np.int32, (None, len(self._choices.counts))),
            "rewards": (np.float64, (None,)),
        }
        arrays = unpack(state, "evolution", self._arguments(), specs)
        self._draws = int(arrays["draws"])
        self._members.clear()
        members = zip(arrays["members"].tolist(), arrays["rewards"].tolist(), strict=True)
        self._members.extend((tuple(choices), reward) for choices, reward in members)

    def _draw(self, number: int) -> tuple[int, ...]:
        rng = np.random.default_rng((self._seed, number))
        if len(self._members) < self._settings.population:
            return self._choices.draw(rng)
        rivals = rng.integers(len(self._members), size=self._settings.tournament)
        parent, _ = max((self._members[i] for i in rivals), key=lambda member: member[1])
        if rng.random() < self._settings.identity:
            return parent
        return self._mutate(parent, rng)

    def _mutate(self, parent: tuple[int, ...], rng: np.random.Generator) -> tuple[int, ...]:
        used = self._choices.used(parent)
        kinds = [kind for group in self._kinds if (kind := [i for i in group if i < used])]
        if not kinds:
            return parent
        kind = kinds[rng.integers(len(kinds))]
        i = kind[rng.integers(len(kind))]
        other = int(rng.integers(self._choices.counts[i] - 1))
        other += other >= parent[i]  # any option but the present one
        return (*parent[:i], other, *parent[i + 1 :])

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._choices.counts, "seed": self._seed, **settings}
