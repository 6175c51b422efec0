"""Random search, the baseline of the paper.

Zoph et al., https://arxiv.org/abs/1707.07012, sections 3 and 4.4.
"""

from collections.abc import Sequence

import numpy as np

from nasnet.controller.checks import Decisions, check_count, check_seed, check_trials, option_counts
from nasnet.controller.protocol import Proposal
from nasnet.controller.state import pack, unpack


class RandomSearch:
    """Draws every decision uniformly and learns nothing: "a difficult baseline".

    A proposal depends on the seed and its number alone, so how many are drawn at once is of no
    importance.

    Args:
        space: what may be proposed; only its `decisions` are read.
        seed: of every random choice, 0 or more.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    def __init__(self, space: Decisions, *, seed: int = 0) -> None:
        check_seed(seed)
        self._options = option_counts(space)
        self._seed = seed
        self._draws = 0

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
        """Checks the trials; there is nothing to learn.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward.
        """
        check_trials(self._options, proposals, rewards)

    def state(self) -> bytes:
        """The number of proposals drawn."""
        return pack("random", self._arguments(), {"draws": np.int64(self._draws)})

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        arrays = unpack(state, "random", self._arguments(), {"draws": (np.int64, ())})
        self._draws = int(arrays["draws"])

    def _draw(self, number: int) -> tuple[int, ...]:
        rng = np.random.default_rng((self._seed, number))
        return tuple(rng.integers(self._options).tolist())

    def _arguments(self) -> dict[str, object]:
        return {"options": self._options, "seed": self._seed}
