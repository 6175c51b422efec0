"""Q-learning, the controller of MetaQNN.

Baker et al., https://arxiv.org/abs/1611.02167, section 4.
"""

import dataclasses
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.controller.checks import check_share, check_whole
from nasnet.controller.protocol import Proposal

# Epsilon from 1.0 down to 0.1, and the different models trained at each (table 2 of the paper).
EPSILON_SCHEDULE = (
    (1.0, 1500),
    (0.9, 100),
    (0.8, 100),
    (0.7, 100),
    (0.6, 150),
    (0.5, 150),
    (0.4, 150),
    (0.3, 150),
    (0.2, 150),
    (0.1, 150),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class QLearningSettings:
    """Settings of Q-learning; the defaults are the paper's.

    Baker et al., https://arxiv.org/abs/1611.02167, sections 4.2 and 4.3, tables 1 and 2.

    Args:
        models: different architectures over which epsilon falls from 1 to 0.1, 2,700; the shares
            of the schedule stay those of the paper. Also how many are remembered for replay.
        replay: remembered architectures that are learned from after each trial, 100.
        learning_rate: of the action values, 0.01.
        discount: of the value of what follows a choice, 1.
        trace: weight of the trajectory's reward in the target of each choice, beside the value of
            the next choice; 0 in the paper. Cells need more.
        initial_value: of every action: 0.5 in the authors' code, 0 in the paper's algorithm 1.

    Raises:
        ValueError: a setting is out of range.
    """

    models: int = 2700
    replay: int = 100
    learning_rate: float = 0.01
    discount: float = 1.0
    trace: float = 0.0
    initial_value: float = 0.5

    def __post_init__(self) -> None:
        check_whole("models", self.models)
        check_whole("replay", self.replay)
        check_share("learning_rate", self.learning_rate)
        check_share("discount", self.discount)
        check_share("trace", self.trace)
        if not math.isfinite(self.initial_value):
            raise ValueError(f"initial_value is {self.initial_value}, expected a finite number")

    def epsilon(self, models: int) -> float:
        """The share of random choices after `models` different architectures."""
        whole, until = sum(count for _, count in EPSILON_SCHEDULE), 0
        for epsilon, count in EPSILON_SCHEDULE:
            until += count
            if models * whole < until * self.models:
                return epsilon
        return EPSILON_SCHEDULE[-1][0]


class QLearning(BaseController[QLearningSettings]):
    """Tabular Q-learning with epsilon-greedy choices and experience replay.

    The state in which a decision is made is its number and the choice before it. In a chain, where
    a decision is a whole layer, that is the paper's: depth and the present layer. In a cell it is
    the place in the block and, say, for the second operation the first one. There is no reward
    before the end of a trajectory, which is the last decision that is made.

    By the paper's rule a choice learns of the reward through the value of the next choice alone,
    and that one's state has forgotten what came earlier: what long sequences gain from their early
    choices is learned hardly or, in cells, not at all. With `trace` above 0 every choice learns
    from the reward itself too (Peng and Williams, Incremental multi-step Q-learning, 1994).

    After each trial `replay` remembered trajectories, drawn with replacement, are learned from, in
    reversed order within each. They are learned from side by side: where n of them make the same
    choice in the same state, its value moves n times by `learning_rate`, towards their mean.
    Memory is of different architectures: one observed again takes its new reward, and above
    `models` of them the oldest is forgotten.

    A proposal depends on the seed, its number and what has been observed.
    """

    name = "q_learning"
    Settings = QLearningSettings
    few_trials = MappingProxyType({"models": 150, "learning_rate": 0.1, "trace": 0.5})

    def __init__(
        self, space: SearchSpace[Any], settings: QLearningSettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space, settings, seed=seed)
        counts, rows = np.array(space.counts), self.settings.models
        width = int(counts.max())
        exists = np.arange(width) < counts[:, None, None]
        # Value of an action by decision, choice before it and choice, [T, widest, widest].
        values = np.where(exists, self.settings.initial_value, -np.inf)
        self._values = np.broadcast_to(values, (len(counts), width, width)).copy()
        self._observed = 0
        # Different architectures; number n is in row n modulo the number of rows.
        self._models = 0
        self._memory = np.zeros((rows, len(counts)), np.int32)
        self._live = np.zeros((rows, len(counts)), bool)  # which decisions are made in each
        self._rewards = np.zeros(rows)
        self._rows: dict[tuple[int, ...], int] = {}

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A trajectory, each choice of which is a random one with the chance epsilon."""
        length, previous = len(self._values), 0
        explores = rng.random(length) < self.settings.epsilon(self._models)
        drawn = self.space.draw_all(rng, 1)[0].tolist()
        ties = rng.random(length)  # which of several best actions

        def choose(t: int) -> int:
            nonlocal previous
            if explores[t]:
                previous = drawn[t]
            else:
                row = self._values[t, previous]
                best = np.flatnonzero(row == row.max())
                previous = int(best[int(ties[t] * len(best))])
            return previous

        return self.space.walk(choose)

    def learn(self, proposal: Proposal, reward: float) -> None:
        """Remembers the trial and replays the memory."""
        self._remember(proposal.choices, reward)
        self._replay(np.random.default_rng((self.seed, self._observed, 1)))
        self._observed += 1

    def memory(self) -> dict[str, np.ndarray]:
        """The action values, the remembered trajectories, and how much was observed."""
        known = len(self._rows)
        return {
            "observed": np.array(self._observed),
            "values": self._values,
            "models": np.array(self._models),
            "memory": self._memory[:known],
            "rewards": self._rewards[:known],
        }

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a memory."""
        self._observed, self._models = int(arrays["observed"]), int(arrays["models"])
        self._values, rows = arrays["values"], arrays["memory"]
        known = len(rows)
        self._memory[:known], self._rewards[:known] = rows, arrays["rewards"]
        self._live[:known] = self.space.live(rows)
        self._rows = {tuple(row): i for i, row in enumerate(rows.tolist())}

    def _remember(self, choices: tuple[int, ...], reward: float) -> None:
        row = self._rows.get(choices)
        if row is None:
            row = self._models % self.settings.models
            if self._models >= self.settings.models:
                del self._rows[tuple(self._memory[row].tolist())]
            self._models += 1
            self._rows[choices] = row
            self._memory[row] = choices
            self._live[row] = self.space.live([choices])[0]
        self._rewards[row] = reward

    def _replay(self, rng: np.random.Generator) -> None:
        picks = rng.integers(len(self._rows), size=self.settings.replay)
        rows, live, rewards = self._memory[picks], self._live[picks], self._rewards[picks]
        width, trace = self._values.shape[-1], self.settings.trace
        states = _choices_before(rows, live)
        upcoming = np.full(len(picks), -1)  # the decision that is made next, or none
        for t in reversed(range(rows.shape[1])):
            made = live[:, t]
            following = self._values[np.maximum(upcoming, 0), rows[:, t]].max(axis=1)
            bootstrapped = (1 - trace) * self.settings.discount * following + trace * rewards
            targets = np.where(upcoming < 0, rewards, bootstrapped)
            actions = (states[:, t] * width + rows[:, t])[made]
            hits = np.bincount(actions, minlength=width * width)
            sums = np.bincount(actions, weights=targets[made], minlength=width * width)
            (seen,) = np.nonzero(hits)
            moves = 1 - (1 - self.settings.learning_rate) ** hits[seen]
            values = self._values[t].reshape(-1)  # a view
            values[seen] += moves * (sums[seen] / hits[seen] - values[seen])
            upcoming = np.where(made, t, upcoming)


def _choices_before(rows: np.ndarray, live: np.ndarray) -> np.ndarray:
    """The choice made before each decision, 0 before the first, int [N, T]."""
    states = np.zeros_like(rows)
    for t in range(1, rows.shape[1]):
        states[:, t] = np.where(live[:, t - 1], rows[:, t - 1], states[:, t - 1])
    return states
