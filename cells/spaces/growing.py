"""Cells that grow block by block, the space of a progressive search.

Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section 3: the
cells of 1 to B blocks. There one cell serves as both; here the Normal and the Reduction cell grow
together.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence

from nasnet.cells.genotype import Cell, Genotype
from nasnet.cells.spaces.cell import CELL_NAMES, TERMINATE, CellSpace, Decision

GROW = "grow"
_BLOCK = 5  # decisions of a block
_LEVEL = 2 * _BLOCK + 1  # of a block of each cell, and whether there is another one


@dataclasses.dataclass(frozen=True)
class GrowingCellSpace(CellSpace):
    """A Normal and a Reduction cell of equally many blocks, 1 to `blocks`.

    The first block of the Normal cell comes first, then that of the Reduction cell, then the
    decision to `TERMINATE` or to go on with the second block of each.

    Args:
        blocks: the most blocks in a cell, 5 in the paper.
        operations: names in `OPERATIONS`.
        combines: the ways to combine, "add" alone in the paper.
    """

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The decision that follows `prefix`; None after `TERMINATE` and after the last block."""
        ended = 0 in prefix[_LEVEL - 1 :: _LEVEL] or len(prefix) == len(self.decisions)
        return None if ended else self.decisions[len(prefix)]

    def decode(self, choices: Sequence[int]) -> Genotype:
        """The genotype that `choices` stand for; those after `TERMINATE` may be left out.

        Raises:
            ValueError: there is one choice too few or too many, or one out of range.
        """
        grows = list(choices[_LEVEL - 1 :: _LEVEL])
        blocks = 1 + (grows.index(0) if 0 in grows else self.blocks - 1)
        rest = len(self.decisions) - len(choices) if 0 in grows else 0
        self._check((*choices, *(0,) * rest))
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

    def max_entropy(self) -> float:
        """The entropy in nats of a policy that draws each decision uniformly until one ends it."""
        return math.fsum(
            math.log(len(decision.options)) / 2 ** (i // _LEVEL)  # half of all end at each level
            for i, decision in enumerate(self.decisions)
        )

    def _decisions(self) -> list[Decision]:
        return list(self._grown())[:-1]

    def _grown(self) -> Iterator[Decision]:
        """The decisions, and one to go on after the last block."""
        for i in range(self.blocks):
            for cell in CELL_NAMES:
                yield from self._block_decisions(cell, i)
            yield Decision(f"block_{i}/grow", (TERMINATE, GROW))
