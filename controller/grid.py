"""Grid search: everything in order."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController, NoSettings


class Grid(BaseController[NoSettings]):
    """Proposes all architectures in the order of the space, the last decision changing first.

    Behind the last one it begins again. A proposal depends on its number alone.
    """

    name = "grid"

    def __init__(
        self, space: SearchSpace[Any], settings: NoSettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space, settings, seed=seed)
        self._rows: Iterator[tuple[int, ...]] = iter(())
        self._number = -1  # of the next of these rows

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """The one with the number of the proposal."""
        number = self.proposed - 1
        if number != self._number:
            rounds = itertools.chain.from_iterable(itertools.repeat(self.space))
            self._rows = itertools.islice(rounds, number, None)
        self._number = number + 1
        return next(self._rows)
