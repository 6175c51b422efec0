"""Cells that grow block by block, the space of a progressive search.

Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section 3: the
cells of 1 to B blocks. There one cell serves as both; here the Normal and the Reduction cell grow
together.
"""

import dataclasses
from collections.abc import Iterator

from nasnet.cells.genotype import Cell, Genotype
from nasnet.cells.spaces.base import Choices
from nasnet.cells.spaces.cell import CELL_NAMES, CellSpace
from nasnet.cells.spaces.decision import TERMINATE, Decision

GROW = "grow"
_BLOCK = 5  # decisions of a block
_LEVEL = 2 * _BLOCK + 1  # of a block of each cell, and whether there is another one


@dataclasses.dataclass(frozen=True)
class GrowingCellSpace(CellSpace):
    """A Normal and a Reduction cell of equally many blocks, 1 to `blocks`.

    The first block of the Normal cell comes first, then that of the Reduction cell, then the
    decision to `TERMINATE` or to go on with the second block of each. Random cells have 1 to
    `blocks` blocks with equal chances.

    Args:
        blocks: the most blocks in a cell, 5 in the paper.
        operations: names in `OPERATIONS`.
        combines: the ways to combine, "add" alone in the paper.
    """

    def architecture(self, choices: Choices) -> Genotype:
        """The genotype that `choices` stand for; its cells emit their loose ends."""
        grows = choices[_LEVEL - 1 :: _LEVEL]
        blocks = 1 + (grows.index(0) if 0 in grows else self.blocks - 1)
        starts = range(0, blocks * _LEVEL, _LEVEL)
        return Genotype(
            Cell(tuple(self._block(choices[i : i + _BLOCK]) for i in starts)),
            Cell(tuple(self._block(choices[i + _BLOCK : i + 2 * _BLOCK]) for i in starts)),
        )

    def encode(self, genotype: Genotype) -> tuple[int, ...]:
        """The choices that stand for `genotype`, with zeros after `TERMINATE`.

        Raises:
            ValueError: the genotype is not in this space: too many blocks, more in one cell than in
                the other, another operation, or an output that is not the loose ends.
        """
        count = len(genotype.normal.blocks)
        if count > self.blocks:
            raise ValueError(f"normal cell has {count} blocks, expected 1 to {self.blocks}")
        levels = [
            [*normal, *reduction, 1]
            for normal, reduction in zip(*self._choices(genotype, count), strict=True)
        ]
        choices = [choice for level in levels for choice in level][:-1]
        return (*choices, *(0,) * (len(self.decisions) - len(choices)))

    def _decisions(self) -> list[Decision]:
        return list(self._grown())[:-1]

    def _grown(self) -> Iterator[Decision]:
        """The decisions, and one to go on after the last block."""
        for i in range(self.blocks):
            for cell in CELL_NAMES:
                yield from self._block_decisions(cell, i)
            weights = (1.0, float(self.blocks - 1 - i))
            yield Decision(f"block_{i}/grow", (TERMINATE, GROW), "operation", weights)
