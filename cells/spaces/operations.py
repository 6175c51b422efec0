"""A small space that can be measured as a whole: only the operations of one cell are searched."""

import dataclasses
from collections.abc import Sequence

from nasnet.cells.genotype import Block, Cell, Genotype
from nasnet.cells.operations import OPERATIONS
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision

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
class OperationSpace(SearchSpace[Genotype]):
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

    def architecture(self, choices: Choices) -> Genotype:
        """The genotype that `choices` stand for."""
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

    def _cell(self, choices: Sequence[int]) -> Cell:
        operations = [self.operations[choice] for choice in choices]
        pairs = zip(self.wiring, operations[::2], operations[1::2], strict=True)
        return Cell(tuple(Block(a, b, op_a, op_b) for (a, b), op_a, op_b in pairs))
