"""A small space that can be measured as a whole: only the operations of one cell are searched."""

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np

from nasnet.cells.genotype import Block, Cell, Genotype
from nasnet.cells.operations import OPERATIONS
from nasnet.cells.spaces.cell import Decision

# Those of ENAS, https://arxiv.org/abs/1802.03268, section 2.4.
FIVE_OPERATIONS = (
    "identity",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "avg_pool_3x3",
    "max_pool_3x3",
)
# The first block joins both inputs, the second takes the result further beside the newer input.
TWO_BLOCKS = ((0, 1), (1, 2))


@dataclasses.dataclass(frozen=True)
class OperationSpace:
    """Cells of one wiring; the Reduction cell is the Normal cell, as in PNASNet.

    A block adds what its two operations give. With the defaults there are 5**4 = 625 genotypes,
    all of them different networks.

    Args:
        wiring: the two states that each block reads.
        operations: names in `OPERATIONS`.

    Raises:
        ValueError: an operation is unknown or given twice, or the wiring is none.
    """

    wiring: tuple[tuple[int, int], ...] = TWO_BLOCKS
    operations: tuple[str, ...] = FIVE_OPERATIONS
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = self.operations
        if not names or len(set(names)) < len(names) or not set(names) <= set(OPERATIONS):
            known = ", ".join(OPERATIONS)
            raise ValueError(f"operations is {list(names)}, expected different ones of: {known}")
        self._cell((0,) * 2 * len(self.wiring))  # refuses a wiring that is none
        decisions = tuple(
            Decision(f"block_{i}/op_{side}", names)
            for i in range(len(self.wiring))
            for side in "ab"
        )
        object.__setattr__(self, "decisions", decisions)

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The decision that follows `prefix`; it depends on the length of `prefix` alone."""
        return self.decisions[len(prefix)] if len(prefix) < len(self.decisions) else None

    def decode(self, choices: Sequence[int]) -> Genotype:
        """The genotype that `choices` stand for.

        Raises:
            ValueError: there is one choice too few or too many, or one out of range.
        """
        if len(choices) != len(self.decisions):
            raise ValueError(f"{len(choices)} choices, expected {len(self.decisions)}")
        for choice, decision in zip(choices, self.decisions, strict=True):
            if not 0 <= choice < len(decision.options):
                last = len(decision.options) - 1
                raise ValueError(f"{decision.name} is choice {choice}, expected 0 to {last}")
        cell = self._cell(choices)
        return Genotype(cell, cell)

    def encode(self, genotype: Genotype) -> tuple[int, ...]:
        """The choices that stand for `genotype`.

        Raises:
            ValueError: the genotype is not in this space.
        """
        names = [name for block in genotype.normal.blocks for _, name in block.edges]
        if len(names) == len(self.decisions) and set(names) <= set(self.operations):
            choices = tuple(self.operations.index(name) for name in names)
            if self.decode(choices) == genotype:
                return choices
        raise ValueError(f"genotype is {genotype.to_json()}, expected one of this space")

    def sample(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Choices drawn uniformly."""
        return tuple(rng.integers(len(self.operations), size=len(self.decisions)).tolist())

    def size(self) -> int:
        """The number of different sequences of choices."""
        return math.prod(len(decision.options) for decision in self.decisions)

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        """All sequences of choices, the last decision changing first."""
        yield from np.ndindex(*(len(decision.options) for decision in self.decisions))

    def _cell(self, choices: Sequence[int]) -> Cell:
        operations = [self.operations[choice] for choice in choices]
        pairs = zip(self.wiring, operations[::2], operations[1::2], strict=True)
        return Cell(tuple(Block(a, b, op_a, op_b) for (a, b), op_a, op_b in pairs))
