"""A recurrent cell as a picture's data, in the manner of figures 1 and 6 of ENAS' paper.

Pham et al., https://arxiv.org/abs/1802.03268.
"""

from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.viz.cell.graph import CellGraph, Edge, Node
from nasnet.viz.cell.layers import Drawable

_INPUTS = (Node("h", "last output h", "previous"), Node("x", "input x", "last"))


def recurrent_graph(cell: Recurrent) -> CellGraph:
    """A box for each node, the two inputs, and the mean of the loose ends."""
    nodes = [Node(f"node_{i}", f"{i}: {name}", name) for i, name in enumerate(cell.activations)]
    edges = [Edge(node.name, "node_0") for node in _INPUTS]
    edges += [Edge(f"node_{j}", f"node_{i}") for i, j in enumerate(cell.previous, start=1)]
    edges += [Edge(f"node_{i}", "output") for i in cell.loose_ends]
    return CellGraph((*_INPUTS, *nodes, Node("output", "mean: next h", "output")), tuple(edges))


def recurrent_units(cell: Recurrent) -> list[Drawable]:
    """The same as units, each below all that reads it."""
    units = [Drawable(node.name) for node in _INPUTS]
    units.append(Drawable("node_0", ("node_0",), (("h", "x"),)))
    for i, j in enumerate(cell.previous, start=1):
        units.append(Drawable(f"node_{i}", (f"node_{i}",), ((f"node_{j}",),)))
    ends = tuple(f"node_{i}" for i in cell.loose_ends)
    return [*units, Drawable("output", ("output",), (ends,))]
