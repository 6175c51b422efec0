"""The space of NASNet's cells."""

import dataclasses
from collections.abc import Sequence

from nasnet.cells.genotype import NUM_INPUTS, Block, Cell, Genotype
from nasnet.cells.operations import COMBINES, NASNET_OPERATIONS, OPERATIONS
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.checks import check_fields, check_known

CELL_NAMES = ("normal", "reduction")


@dataclasses.dataclass(frozen=True)
class CellSpace(SearchSpace[Genotype]):
    """The space of NASNet: a Normal and a Reduction cell of `blocks` blocks each.

    A block takes five decisions: two input states, an operation for each, and how to combine
    (https://arxiv.org/abs/1707.07012, section 3). The Normal cell's decisions come first.

    Args:
        blocks: blocks in a cell, 5 in the paper.
        operations: names in `OPERATIONS`; the paper's thirteen.
        combines: the ways to combine, "add" and "concat" in the paper.

    Raises:
        ValueError: `blocks` is below 1, or a name is unknown or given twice.
    """

    blocks: int = 5
    operations: tuple[str, ...] = NASNET_OPERATIONS
    combines: tuple[str, ...] = COMBINES
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fields(self, blocks=1)
        for what, names, known in (
            ("operations", self.operations, tuple(OPERATIONS)),
            ("combines", self.combines, COMBINES),
        ):
            if not names or len(set(names)) < len(names) or not set(names) <= set(known):
                wanted = ", ".join(known)
                raise ValueError(f"{what} is {list(names)}, expected different ones of: {wanted}")
        object.__setattr__(self, "decisions", tuple(self._decisions()))

    def _decisions(self) -> list[Decision]:
        return [
            decision
            for cell in CELL_NAMES
            for i in range(self.blocks)
            for decision in self._block_decisions(cell, i)
        ]

    def _block_decisions(self, cell: str, i: int) -> list[Decision]:
        """The five decisions of block `i` of a cell."""
        states = tuple(str(state) for state in range(NUM_INPUTS + i))
        return [
            Decision(f"{cell}/block_{i}/{name}", options, role)
            for name, options, role in (
                ("input_a", states, "input"),
                ("input_b", states, "input"),
                ("op_a", self.operations, "operation"),
                ("op_b", self.operations, "operation"),
                ("combine", self.combines, "operation"),
            )
        ]

    def architecture(self, choices: Choices) -> Genotype:
        """The genotype that `choices` stand for; its cells emit their loose ends."""
        half = len(self.decisions) // 2
        return Genotype(
            *(
                Cell(tuple(self._block(choices[i : i + 5]) for i in range(start, start + half, 5)))
                for start in (0, half)
            )
        )

    def encode(self, genotype: Genotype) -> tuple[int, ...]:
        """The choices that stand for `genotype`.

        Raises:
            ValueError: the genotype is not in this space: another number of blocks, another
                operation, or an output that is not the loose ends.
        """
        normal, reduction = self._choices(genotype, self.blocks)
        return tuple(choice for block in (*normal, *reduction) for choice in block)

    def _block(self, choices: Sequence[int]) -> Block:
        """The block that five choices stand for."""
        input_a, input_b, op_a, op_b, combine = choices
        return Block(
            int(input_a),
            int(input_b),
            self.operations[op_a],
            self.operations[op_b],
            self.combines[combine],
        )

    def _choices(self, genotype: Genotype, count: int) -> list[list[list[int]]]:
        """The five choices of each of the `count` blocks, of the Normal cell and the other."""
        cells = []
        for name, cell in zip(CELL_NAMES, (genotype.normal, genotype.reduction), strict=True):
            if len(cell.blocks) != count:
                raise ValueError(f"{name} cell has {len(cell.blocks)} blocks, expected {count}")
            if cell.concat != cell.loose_ends:
                ends = list(cell.loose_ends)
                raise ValueError(
                    f"{name} cell emits states {list(cell.concat)}, expected its loose ends {ends}"
                )
            cells.append(
                [
                    [
                        block.input_a,
                        block.input_b,
                        self._index(self.operations, block.op_a, f"{name} cell's operation"),
                        self._index(self.operations, block.op_b, f"{name} cell's operation"),
                        self._index(self.combines, block.combine, f"{name} cell's combine"),
                    ]
                    for block in cell.blocks
                ]
            )
        return cells

    @staticmethod
    def _index(names: tuple[str, ...], name: str, what: str) -> int:
        check_known(what, name, names)
        return names.index(name)
