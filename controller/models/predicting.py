"""What controllers that predict rewards have in common: trials, a queue, and a report."""

import abc
import dataclasses
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from nasnet.controller.checks import Decisions, check_count, check_seed, check_trials
from nasnet.controller.choices import choices_of
from nasnet.controller.history import remembered
from nasnet.controller.models.predictions import (
    Entry,
    Predictions,
    RankCorrelation,
    from_table,
    to_table,
)
from nasnet.controller.protocol import Proposal
from nasnet.controller.state import Specs, pack, unpack


class PredictingController(abc.ABC):
    """Proposes from a queue that `_chosen` fills anew whenever it is empty.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: a dataclass of plain values, part of every state.
        batch: rewards in a report.
        window: trials that are remembered, and predictions that wait, at most.
        initial: trials to observe before the first call of `_chosen`; random ones until then.
        seed: of every random choice, 0 or more.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    name: ClassVar[str]

    def __init__(
        self, space: Decisions, settings: Any, *, batch: int, window: int, initial: int, seed: int
    ) -> None:
        check_seed(seed)
        self._choices = choices_of(space)
        self._length = len(self._choices.counts)
        self._arguments = {
            "options": self._choices.counts,
            "seed": seed,
            **dataclasses.asdict(settings),
        }
        self._seed, self._window, self._initial = seed, window, initial
        self._draws = self._observed = 0
        self._trials: list[Entry] = []
        self._queue: deque[Entry] = deque()  # chosen and not yet proposed
        self._predictions = Predictions(self.name, batch, window)

    @property
    def report(self) -> tuple[RankCorrelation, ...]:
        """How well each batch was predicted, the latest thousand."""
        return self._predictions.report

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals without log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        return [Proposal(self._next()) for _ in range(count)]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Remembers the trials, and reports how well they were predicted.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward. Nothing has been
                observed then.
        """
        check_trials(self._choices.counts, proposals, rewards)
        for proposal, reward in zip(proposals, rewards, strict=True):
            choices = self._choices.trimmed(proposal.choices)
            self._observed += 1
            self._trials.append((choices, float(reward)))
            self._trials = remembered(self._trials, self._window, lambda trial: trial[1])
            self._predictions.observe(choices, float(reward), self._observed)

    def state(self) -> bytes:
        """The trials that are remembered, predictions that still matter, and the report."""
        return pack(self.name, self._arguments, self._arrays())

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        self._take(unpack(state, self.name, self._arguments, self._specs()))

    @abc.abstractmethod
    def _chosen(self, rng: np.random.Generator) -> list[Entry]:
        """What to propose next, none of it known, and what is expected of each; or nothing."""

    def _next(self) -> tuple[int, ...]:
        rng = np.random.default_rng((self._seed, self._draws))
        self._draws += 1
        if self._observed < self._initial:
            return self._choices.draw(rng)
        if not self._queue:
            self._queue.extend(self._chosen(rng))
        if not self._queue:  # a space so small that nothing new was found
            return self._choices.draw(rng)
        entry = self._queue.popleft()
        self._predictions.pending.append(entry)
        return entry[0]

    def _known(self) -> set[tuple[int, ...]]:
        """The architectures that are remembered or under way."""
        return {choices for choices, _ in (*self._trials, *self._predictions.pending)}

    def _arrays(self) -> dict[str, np.ndarray]:
        trials, rewards = to_table(self._trials, self._length)
        queue, queued = to_table(self._queue, self._length)
        return {
            "draws": np.array(self._draws),
            "observed": np.array(self._observed),
            "trials": trials,
            "rewards": rewards,
            "queue": queue,
            "queued": queued,
            **self._predictions.arrays(self._length),
        }

    def _specs(self) -> Specs:
        table, column = (np.int32, (None, self._length)), (np.float64, (None,))
        return {
            "draws": (np.int64, ()),
            "observed": (np.int64, ()),
            "trials": table,
            "rewards": column,
            "queue": table,
            "queued": column,
            **Predictions.specs(self._length),
        }

    def _take(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._draws, self._observed = int(arrays["draws"]), int(arrays["observed"])
        self._trials = from_table(arrays["trials"], arrays["rewards"])
        self._queue = deque(from_table(arrays["queue"], arrays["queued"]))
        self._predictions.restore(arrays)
