"""A genotype as Graphviz DOT text, in the spirit of Figure 4 of https://arxiv.org/abs/1707.07012."""

import html
import textwrap
from itertools import chain
from typing import TYPE_CHECKING

from nasnet.cells import Genotype
from nasnet.viz.cell.graph import CellGraph, Node, cell_graph
from nasnet.viz.palette import (
    FRAME,
    INK,
    PANEL,
    clean_title,
    legend_kinds,
    named_cells,
    paint,
    wire_colour,
)

if TYPE_CHECKING:
    import graphviz

_FONT, _BOLD = "Helvetica", "Helvetica-Bold"
_ABOVE = "b"  # Graphviz takes the lower end of a cluster for its upper end in rankdir=BT
_TITLE_COLUMNS = 80
_HEADING = '<<TABLE BORDER="0"><TR><TD HEIGHT="30">{}</TD></TR></TABLE>>'


def genotype_to_dot(genotype: Genotype, *, title: str | None = None) -> str:
    """The Normal and the Reduction cell side by side, inputs at the bottom, as DOT text.

    The text needs no Graphviz to be made. The same genotype and title give the same text.

    Args:
        genotype: what is drawn.
        title: one line above the cells; long ones are wrapped.
    """
    return digraph(genotype, title=title).source


def digraph(genotype: Genotype, *, title: str | None = None) -> "graphviz.Digraph":
    """The graph of `genotype_to_dot`, to which a writer can add attributes."""
    import graphviz

    graphs = [(name, cell_graph(cell)) for name, cell in named_cells(genotype)]
    whole = graphviz.Digraph("genotype")
    whole.attr(rankdir="BT", nodesep="0.14", ranksep="0.36", pad="0.2", fontname=_FONT)
    whole.attr(label=_legend([graph for _, graph in graphs]), labelloc="b")
    whole.attr(
        "node",
        shape="box",
        style="rounded,filled",
        height="0.34",
        width="0.5",
        margin="0.1,0.04",
        penwidth="1",
        fontname=_FONT,
        fontsize="11",
    )
    whole.attr("edge", arrowsize="0.55", penwidth="1.1")
    # Around both cells, because the one label of the whole graph is the legend.
    with whole.subgraph(name="cluster_cells") as frame:
        frame.attr(
            label=graphviz.nohtml(_title(title)), labelloc=_ABOVE, peripheries="0", margin="8"
        )
        frame.attr(fontname=_BOLD, fontsize="16", fontcolor=INK)
        for name, graph in reversed(graphs):  # Graphviz fills the row from the right
            _add_cell(frame, name, graph)
    return whole


def _title(title: str | None) -> str:
    """The title in short lines; what Graphviz would read as an escape or an entity stays text."""
    lines = textwrap.wrap(clean_title(title), _TITLE_COLUMNS)
    return r"\n".join(line.replace("\\", r"\\").replace("&", "&amp;") for line in lines)


def _add_cell(frame: "graphviz.Digraph", heading: str, graph: CellGraph) -> None:
    prefix = heading.split()[0].lower()
    nodes = {node.name: node for node in graph.nodes}
    with frame.subgraph(name=f"cluster_{prefix}") as cluster:
        cluster.attr(label=_HEADING.format(heading), labelloc=_ABOVE, peripheries="1", margin="14")
        cluster.attr(style="rounded,filled", fillcolor=PANEL, color=FRAME)
        cluster.attr(fontsize="13", fontname=_BOLD)
        with cluster.subgraph() as inputs:
            inputs.attr(rank="same")
            for name in ("state_1", "state_0"):
                _add_node(inputs, prefix, nodes[name])
        _add_blocks(cluster, prefix, graph)
        _add_node(cluster, prefix, nodes["output"])
        for edge in graph.edges:
            cluster.edge(
                f"{prefix}/{edge.tail}",
                f"{prefix}/{edge.head}",
                color=wire_colour(nodes[edge.tail]),
                weight="6" if edge.tail.startswith(f"{edge.head}_") else "1",
            )


def _add_blocks(cluster: "graphviz.Digraph", prefix: str, graph: CellGraph) -> None:
    """Each block in an unseen cluster, which keeps its operations below their combination."""
    blocks: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.name.startswith("block"):
            blocks.setdefault("_".join(node.name.split("_")[:2]), []).append(node)
    for name, members in blocks.items():
        with cluster.subgraph(name=f"cluster_{prefix}_{name}") as block:
            block.attr(label="", peripheries="0", margin="4", style="")
            for node in members:
                _add_node(block, prefix, node)


def _add_node(graph: "graphviz.Digraph", prefix: str, node: Node) -> None:
    colours = paint(node.kind)
    graph.node(
        f"{prefix}/{node.name}",
        node.label,
        fillcolor=colours.fill,
        color=colours.line,
        fontcolor=colours.text,
        width="1.4" if node.kind == "output" else "0.5",
    )


def _legend(graphs: list[CellGraph]) -> str:
    """A row of swatches and words in Graphviz' table language."""
    cells = []
    for kind, word in legend_kinds(chain.from_iterable(graph.nodes for graph in graphs)):
        colours = paint(kind)
        cells.append(
            f'<TD BGCOLOR="{colours.fill}" COLOR="{colours.line}" BORDER="1" STYLE="ROUNDED" '
            f'WIDTH="14" HEIGHT="14" FIXEDSIZE="TRUE"></TD>'
            f'<TD ALIGN="LEFT">{html.escape(word)}</TD>'
        )
    row = '<TD WIDTH="10"></TD>'.join(cells)
    return (
        f'<<FONT POINT-SIZE="11" COLOR="{INK}">'
        f'<TABLE BORDER="0" CELLSPACING="6" CELLPADDING="0"><TR>{row}</TR></TABLE></FONT>>'
    )
