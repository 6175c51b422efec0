"""A network as Graphviz DOT text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet.cells import Part
from nasnet.viz.cell.dot import _BOLD, _FONT, _title
from nasnet.viz.network.graph import (
    AUX_COLOUR,
    NETWORK_PAINTS,
    OLDER_COLOUR,
    SPINE_COLOUR,
    network_boxes,
)
from nasnet.viz.palette import INK

if TYPE_CHECKING:
    import graphviz


def network_to_dot(nodes: Sequence[Part], *, title: str | None = None, expand: bool = False) -> str:
    """The whole network, the image at the bottom, as DOT text.

    The text needs no Graphviz to be made. The same nodes and title give the same text.

    Args:
        nodes: from the image on, each behind all that it reads.
        title: one line above the network; long ones are wrapped.
        expand: whether each normal cell has a box of its own, instead of one box a run.

    Raises:
        ValueError: the nodes are no network.
    """
    return network_digraph(nodes, title=title, expand=expand).source


def network_digraph(
    nodes: Sequence[Part], *, title: str | None = None, expand: bool = False
) -> "graphviz.Digraph":
    """The graph of `network_to_dot`, to which a writer can add attributes."""
    import graphviz

    boxes = network_boxes(nodes, expand=expand)
    graph = graphviz.Digraph("network")
    graph.attr(rankdir="BT", nodesep="0.5", ranksep="0.3", pad="0.2", fontname=_BOLD)
    graph.attr(label=graphviz.nohtml(_title(title)), labelloc="t", fontsize="16", fontcolor=INK)
    graph.attr("node", shape="box", style="rounded,filled", fontname=_FONT, fontsize="11")
    graph.attr("edge", arrowsize="0.55")
    # Numbers, because Graphviz would take a colon in a name for a port.
    numbers = {box.node.name: f"n{i}" for i, box in enumerate(boxes)}
    previous = ""
    for box in boxes:
        colours = NETWORK_PAINTS[box.node.kind]
        graph.node(
            numbers[box.node.name],
            graphviz.nohtml(r"\n".join(_title(line) for line in box.lines)),
            fillcolor=colours.fill,
            color=colours.line,
            fontcolor=colours.text,
            peripheries="2" if box.count > 1 else "1",
        )
        for name in box.node.inputs:
            aux, straight = box.node.kind == "aux", name == previous
            colour = AUX_COLOUR if aux else SPINE_COLOUR if straight else OLDER_COLOUR
            weight, width = ("10", "1.3") if straight and not aux else ("1", "0.8")
            ends = numbers[name], numbers[box.node.name]
            graph.edge(*ends, color=colour, weight=weight, penwidth=width)
        if box.node.kind != "aux":
            previous = box.node.name
    return graph
