"""The choices of a space as numbers: how many options there are, and which choices count."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from nasnet.cells.spaces.cell import TERMINATE
from nasnet.controller.checks import Decisions, option_counts


@dataclasses.dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen, read off a space by `choices_of`.

    Args:
        counts: the number of options of each decision, [T].
        ends: the option of each decision that makes the later ones of no importance, or -1, [T].
    """

    counts: tuple[int, ...]
    ends: tuple[int, ...]

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Every decision drawn uniformly."""
        return tuple(rng.integers(self.counts).tolist())

    def used(self, choices: Sequence[int]) -> int:
        """How many of `choices` count: all, or those up to the first that ends the sequence."""
        for i, (choice, end) in enumerate(zip(choices, self.ends, strict=True)):
            if choice == end:
                return i + 1
        return len(choices)

    def trimmed(self, choices: Sequence[int]) -> tuple[int, ...]:
        """`choices` with 0 in place of those that do not count: equal for equal architectures."""
        used = self.used(choices)
        return (*choices[:used], *(0,) * (len(choices) - used))


def choices_of(space: Decisions) -> Choices:
    """What may be chosen in a space.

    Raises:
        ValueError: there is no decision, or one without options.
    """
    ends = (
        decision.options.index(TERMINATE) if TERMINATE in decision.options else -1
        for decision in space.decisions
    )
    return Choices(option_counts(space), tuple(ends))
