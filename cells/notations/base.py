"""What all notations of others share: names of operations, and edges that become blocks."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nasnet.cells.genotype import Block, Cell
from nasnet.cells.network import Architecture
from nasnet.runtime.checks import check_known

Edge = tuple[int, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Notation:
    """A way in which others write an architecture down.

    Attributes:
        title: what errors call it.
        recognises: whether a text is meant to be one.
        read: the architecture of a text; ValueError says what it lacks.
        write: the text of an architecture; ValueError says what the notation cannot express.
    """

    title: str
    recognises: Callable[[str], bool]
    read: Callable[[str], Architecture]
    write: Callable[[Any], str]


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """The operations of a notation.

    Args:
        ours: our name for each of theirs; the first of several is the one that is written.
    """

    ours: Mapping[str, str]

    def read(self, name: Any) -> str:
        """Our name of an operation."""
        check_known("operation", name, self.ours)
        return self.ours[name]

    def write(self, name: str) -> str:
        """Their name of an operation."""
        theirs: dict[str, str] = {}
        for known, ours in self.ours.items():
            theirs.setdefault(ours, known)
        check_known("operation", name, theirs)
        return theirs[name]


def cell_of(edges: Sequence[Edge], concat: Sequence[int] = ()) -> Cell:
    """The cell whose blocks add two edges each, (state, operation)."""
    if len(edges) % 2:
        raise ValueError(f"{len(edges)} operations, expected two a block")
    pairs = zip(edges[::2], edges[1::2], strict=True)
    blocks = tuple(Block(a, b, op_a, op_b) for (a, op_a), (b, op_b) in pairs)
    return Cell(blocks, tuple(concat))


def edges_of(cell: Cell) -> list[Edge]:
    """The edges of a cell, two a block."""
    for i, block in enumerate(cell.blocks):
        if block.combine != "add":
            raise ValueError(f"block {i} combines by {block.combine!r}, expected 'add'")
    return [edge for block in cell.blocks for edge in block.edges]


def check_emitted(cell: Cell, expected: Sequence[int], what: str) -> None:
    """Refuses a cell that emits other states than a notation without a list of them stands for."""
    if sorted(cell.concat) != list(expected):
        raise ValueError(f"states {sorted(cell.concat)} are emitted, expected {what} {expected}")
