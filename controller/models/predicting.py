"""What controllers that predict rewards have in common: trials, a queue, and a report."""

import abc
from collections import deque
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.controller.history import Entry, from_table, remembered, to_table
from nasnet.controller.models.predictions import Predictions, RankCorrelation
from nasnet.controller.protocol import Proposal

S = TypeVar("S")


class PredictingController(BaseController[S]):
    """Proposes from a queue that `chosen` fills anew whenever it is empty.

    Args:
        space: what may be proposed.
        settings: a dataclass of plain values, part of every state.
        batch: rewards in a report.
        window: trials that are remembered, and predictions that wait, at most.
        initial: trials to observe before the first call of `chosen`; random ones until then.
        seed: of every random choice, 0 or more.
    """

    def __init__(
        self,
        space: SearchSpace[Any],
        settings: S | None,
        *,
        batch: int,
        window: int,
        initial: int,
        seed: int,
    ) -> None:
        super().__init__(space, settings, seed=seed)
        self._length = len(space.decisions)
        self._window, self._initial = window, initial
        self._observed = 0
        self._trials: list[Entry] = []
        self._queue: deque[Entry] = deque()  # chosen and not yet proposed
        self._predictions = Predictions(self.name, batch, window)

    @property
    def report(self) -> tuple[RankCorrelation, ...]:
        """How well each batch was predicted, the latest thousand."""
        return self._predictions.report

    @abc.abstractmethod
    def chosen(self, rng: np.random.Generator) -> list[Entry]:
        """What to propose next, none of it known, and what is expected of each; or nothing."""

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """The next of the queue, or a random one where there is nothing to predict from."""
        if self._observed < self._initial:
            return self.space.sample(rng)
        if not self._queue:
            self._queue.extend(self.chosen(rng))
        if not self._queue:  # a space so small that nothing new was found
            return self.space.sample(rng)
        entry = self._queue.popleft()
        self._predictions.pending.append(entry)
        return entry[0]

    def learn(self, proposal: Proposal, reward: float) -> None:
        """Remembers the trial, and reports how well it was predicted."""
        self._observed += 1
        self._trials.append((proposal.choices, reward))
        self._trials = remembered(self._trials, self._window, lambda trial: trial[1])
        self._predictions.observe(proposal.choices, reward, self._observed)

    def memory(self) -> dict[str, np.ndarray]:
        """The trials that are remembered, predictions that still matter, and the report."""
        trials, rewards = to_table(self._trials, self._length)
        queue, queued = to_table(self._queue, self._length)
        return {
            "observed": np.array(self._observed),
            "trials": trials,
            "rewards": rewards,
            "queue": queue,
            "queued": queued,
            **self._predictions.arrays(self._length),
        }

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a memory."""
        self._observed = int(arrays["observed"])
        self._trials = from_table(arrays["trials"], arrays["rewards"])
        self._queue = deque(from_table(arrays["queue"], arrays["queued"]))
        self._predictions.restore(arrays)

    def _known(self) -> set[tuple[int, ...]]:
        """The architectures that are remembered or under way."""
        return {choices for choices, _ in (*self._trials, *self._predictions.pending)}
