"""A cell as a picture's data: nodes with a kind and a label, and edges; no positions, no colours.

Edges point the way the data flows, from the inputs to the output. An operation is a node of its
own, below the combination of its block, as in Figure 4 of https://arxiv.org/abs/1707.07012.
"""

import dataclasses
import re

from nasnet.cells import NUM_INPUTS, OPERATIONS, Cell

INPUT_LABELS = ("cell i-2", "cell i-1")
_SIZE = re.compile(r"\d+x\d+")


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """One box.

    Attributes:
        name: unique in the cell: "state_0", "block_0_a", "block_0", "output", ...
        label: what the box says.
        kind: "previous" and "last" (the inputs), the kind of an operation, "add" and "concat"
            (how a block combines), or "output".
    """

    name: str
    label: str
    kind: str


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from the node named `tail` to the node named `head`."""

    tail: str
    head: str


@dataclasses.dataclass(frozen=True, slots=True)
class CellGraph:
    """All boxes and arrows of a cell; a node comes after every node that it reads."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def operation_label(name: str) -> str:
    """A short label: "sep 5x5" for "sep_conv_5x5", "1x7 7x1" for "conv_1x7_7x1".

    The family, "conv" or "pool", goes where two other words remain. An operation without sizes
    keeps all its words.
    """
    words = name.split("_")
    rest = [word for word in words if word not in ("conv", "pool")]
    short = len(rest) > 1 and any(_SIZE.fullmatch(word) for word in rest)
    return " ".join(rest if short else words)


def state_name(state: int) -> str:
    """The name of the node that holds a state: an input, or the combination of a block."""
    return f"state_{state}" if state < NUM_INPUTS else f"block_{state - NUM_INPUTS}"


def cell_graph(cell: Cell) -> CellGraph:
    """The picture of a cell: 3 boxes a block, the inputs and the output; 4 arrows a block."""
    nodes = [
        Node(state_name(state), INPUT_LABELS[state], kind)
        for state, kind in enumerate(("previous", "last"))
    ]
    edges = []
    for i, block in enumerate(cell.blocks):
        combined = state_name(NUM_INPUTS + i)
        for side, (state, operation) in zip("ab", block.edges, strict=True):
            name = f"{combined}_{side}"
            nodes.append(Node(name, operation_label(operation), OPERATIONS[operation].kind))
            edges += [Edge(state_name(state), name), Edge(name, combined)]
        nodes.append(Node(combined, block.combine, block.combine))
    nodes.append(Node("output", "concat", "output"))
    edges += [Edge(state_name(state), "output") for state in cell.concat]
    return CellGraph(tuple(nodes), tuple(edges))
