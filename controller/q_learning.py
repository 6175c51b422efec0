"""Q-learning, the controller of MetaQNN.

Baker et al., https://arxiv.org/abs/1611.02167, section 4.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from nasnet.controller.checks import Decisions, check_count, check_seed, check_trials
from nasnet.controller.choices import choices_of
from nasnet.controller.protocol import Proposal
from nasnet.controller.settings_search import QLearningSettings
from nasnet.controller.state import Specs, pack, unpack


class QLearning:
    """Tabular Q-learning with epsilon-greedy choices and experience replay.

    The state in which a decision is made is its number and the choice before it. In a chain, where
    a decision is a whole layer, that is the paper's: depth and the present layer. In a cell it is
    the place in the block and, say, for the second operation the first one. There is no reward
    before the end of a trajectory, which is the last decision or a `TERMINATE`.

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

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the paper's.
        seed: of every random choice, 0 or more.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    def __init__(
        self, space: Decisions, settings: QLearningSettings | None = None, *, seed: int = 0
    ) -> None:
        check_seed(seed)
        self._choices = choices_of(space)
        self._settings = QLearningSettings() if settings is None else settings
        self._seed = seed
        self._draws = self._observed = 0
        counts = np.array(self._choices.counts)
        width = int(counts.max())
        exists = np.arange(width) < counts[:, None, None]
        # Value of an action by decision, choice before it and choice, [T, widest, widest].
        values = np.where(exists, self._settings.initial_value, -np.inf)
        self._values = np.broadcast_to(values, (len(counts), width, width)).copy()
        # Different architectures; number n is in row n modulo the number of rows.
        self._models = 0
        self._memory = np.zeros((self._settings.models, len(counts)), np.int32)
        self._rewards = np.zeros(self._settings.models)
        self._rows: dict[tuple[int, ...], int] = {}

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
        """Remembers each trial and replays the memory, in this order.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward. Nothing has been
                observed then.
        """
        check_trials(self._choices.counts, proposals, rewards)
        for proposal, reward in zip(proposals, rewards, strict=True):
            choices = self._choices.trimmed(proposal.choices)
            self._remember(choices, float(reward))
            self._replay(np.random.default_rng((self._seed, self._observed, 1)))
            self._observed += 1

    def state(self) -> bytes:
        """The action values, the memory, and how much was proposed and observed."""
        known = len(self._rows)
        arrays = {
            "draws": np.int64(self._draws),
            "observed": np.int64(self._observed),
            "values": self._values,
            "models": np.int64(self._models),
            "memory": self._memory[:known],
            "rewards": self._rewards[:known],
        }
        return pack("q_learning", self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        specs: Specs = {
            "draws": (np.int64, ()),
            "observed": (np.int64, ()),
            "values": (np.float64, self._values.shape),
            "models": (np.int64, ()),
            "memory": (np.int32, (None, len(self._choices.counts))),
            "rewards": (np.float64, (None,)),
        }
        arrays = unpack(state, "q_learning", self._arguments(), specs)
        self._draws, self._observed = int(arrays["draws"]), int(arrays["observed"])
        self._values, self._models = arrays["values"], int(arrays["models"])
        known = len(arrays["memory"])
        self._memory[:known], self._rewards[:known] = arrays["memory"], arrays["rewards"]
        self._rows = {tuple(row): i for i, row in enumerate(arrays["memory"].tolist())}

    def _draw(self, number: int) -> tuple[int, ...]:
        rng = np.random.default_rng((self._seed, number))
        explores = rng.random(len(self._values)) < self._settings.epsilon(self._models)
        choices = rng.integers(self._choices.counts)
        ties = rng.random(len(self._values))  # which of several best actions
        for t in np.flatnonzero(~explores):
            previous = choices[t - 1] if t else 0
            row = self._values[t, previous]
            best = np.flatnonzero(row == row.max())
            choices[t] = best[int(ties[t] * len(best))]
        return self._choices.trimmed(choices.tolist())

    def _remember(self, choices: tuple[int, ...], reward: float) -> None:
        row = self._rows.get(choices)
        if row is None:
            row = self._models % self._settings.models
            if self._models >= self._settings.models:
                del self._rows[tuple(self._memory[row].tolist())]
            self._models += 1
            self._rows[choices] = row
            self._memory[row] = choices
        self._rewards[row] = reward

    def _replay(self, rng: np.random.Generator) -> None:
        picks = rng.integers(len(self._rows), size=self._settings.replay)
        rows, rewards = self._memory[picks], self._rewards[picks]
        over = rows == np.array(self._choices.ends)
        last = np.where(over.any(axis=1), over.argmax(axis=1), rows.shape[1] - 1)
        width, trace = self._values.shape[-1], self._settings.trace
        for t in reversed(range(rows.shape[1])):
            targets = rewards
            if t + 1 < rows.shape[1]:
                following = self._values[t + 1].max(axis=1)[rows[:, t]]
                bootstrapped = (1 - trace) * self._settings.discount * following + trace * rewards
                targets = np.where(t == last, rewards, bootstrapped)
            visited = t <= last
            states = rows[:, t - 1] if t else np.zeros_like(picks)
            actions = (states * width + rows[:, t])[visited]
            hits = np.bincount(actions, minlength=width * width)
            sums = np.bincount(actions, weights=targets[visited], minlength=width * width)
            (seen,) = np.nonzero(hits)
            moves = 1 - (1 - self._settings.learning_rate) ** hits[seen]
            values = self._values[t].reshape(-1)  # a view
            values[seen] += moves * (sums[seen] / hits[seen] - values[seen])

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._choices.counts, "seed": self._seed, **settings}
