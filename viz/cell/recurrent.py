"""Recurrent cells as a picture's data: graphs in the manner of ENAS' paper, trees of NAS'.

Pham et al., https://arxiv.org/abs/1802.03268, figure 1; Zoph and Le,
https://arxiv.org/abs/1611.01578, figures 5 and 8.
"""

from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.cells.recurrent.tree import Tree
from nasnet.viz.cell.graph import CellGraph, Edge, Node
from nasnet.viz.cell.layers import Drawable

_H, _X = Node("h", "last output h", "previous"), Node("x", "input x", "last")
_C = Node("c", "last state c", "previous")


def recurrent_picture(cell: RecurrentCell) -> tuple[CellGraph, list[Drawable]]:
    """The boxes and arrows of a cell, and the same as units, each behind all that it reads."""
    return _tree(cell) if isinstance(cell, Tree) else _graph(cell)


def _graph(cell: Recurrent) -> tuple[CellGraph, list[Drawable]]:
    names = enumerate(cell.activations)
    nodes = [_H, _X, *(Node(f"node_{i}", f"{i}: {name}", name) for i, name in names)]
    reads: dict[str, tuple[str, ...]] = {"node_0": ("h", "x")}
    reads |= {f"node_{i}": (f"node_{j}",) for i, j in enumerate(cell.previous, start=1)}
    reads["output"] = tuple(f"node_{i}" for i in cell.loose_ends)
    return _picture([*nodes, Node("output", "mean: next h", "output")], reads)


def _tree(cell: Tree) -> tuple[CellGraph, list[Drawable]]:
    names = enumerate(zip(cell.labels, cell.activations, strict=True))
    nodes = [_H, _X, _C, *(Node(f"node_{i}", label, name) for i, (label, name) in names)]
    reads = {f"node_{i}": cell.reads(i) for i in range(len(cell.labels))}
    reads |= {"state": (f"node_{cell.gives}",), "output": (f"node_{len(cell.labels) - 1}",)}
    return _picture(
        [*nodes, Node("state", "next c", "output"), Node("output", "next h", "output")], reads
    )


def _picture(
    nodes: list[Node], reads: dict[str, tuple[str, ...]]
) -> tuple[CellGraph, list[Drawable]]:
    edges = [Edge(tail, head) for head, tails in reads.items() for tail in tails]
    units = [
        Drawable(node.name, (node.name,), (reads[node.name],))
        if node.name in reads
        else Drawable(node.name)
        for node in nodes
    ]
    return CellGraph(tuple(nodes), tuple(edges)), units
