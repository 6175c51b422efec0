"""The two cells of a genotype drawn at the positions of the layout: without Graphviz."""

from typing import TYPE_CHECKING

from nasnet.cells import Genotype
from nasnet.viz.cell.layout import picture
from nasnet.viz.cell.panel import ARROW, HEADING_SIZE, HEADING_Y, LABEL_SIZE, Box, Panel, Wire
from nasnet.viz.palette import FRAME, PANEL, Paint, paint, wire_colour
from nasnet.viz.png import to_figure
from nasnet.viz.shapes import Arrow, Drawing, Group, Rounded, Shape, Spot, Text
from nasnet.viz.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def genotype_to_svg(genotype: Genotype, *, title: str | None = None) -> str:
    """The Normal and the Reduction cell side by side, inputs at the bottom, as an SVG document.

    Nodes are groups of class "node" and arrows groups of class "edge", each with a `<title>`.
    The same genotype and title give the same text.

    Args:
        genotype: what is drawn.
        title: one line above the cells; long ones are wrapped.
    """
    return to_svg(_drawing(genotype, title))


def genotype_figure(genotype: Genotype, *, title: str | None = None) -> "Figure":
    """The picture of `genotype_to_svg` as a matplotlib figure that no window belongs to."""
    return to_figure(_drawing(genotype, title))


def _drawing(genotype: Genotype, title: str | None) -> Drawing:
    drawn = picture(genotype, title)
    panels = [Group("cell", _panel(panel)) for panel in drawn.panels]
    legend = [
        shape
        for kind, spot, word in drawn.legend
        for shape in (Rounded(spot, 3.0, paint(kind)), word)
    ]
    shapes: list[Shape] = [*drawn.title, *panels, Group("legend", legend)]
    return Drawing(drawn.width, drawn.height, shapes)


def _panel(panel: Panel) -> list[Shape]:
    x, y = panel.x + panel.width / 2, panel.y + panel.height / 2
    frame = Rounded(Spot(x, y, panel.width, panel.height), 8.0, Paint(PANEL, FRAME))
    heading = Text(panel.title, x, panel.y + HEADING_Y, HEADING_SIZE, bold=True)
    return [frame, heading, *map(_edge, panel.wires), *map(_node, panel.boxes)]


def _edge(wire: Wire) -> Group:
    x, y = wire.points[-1]
    tip = ((x - 3, y), (x, y - ARROW), (x + 3, y))
    arrow = Arrow(wire.points, tip, wire_colour(wire.tail), 1.2)
    return Group("edge", [arrow], f"{wire.edge.tail}->{wire.edge.head}")


def _node(box: Box) -> Group:
    colours = paint(box.node.kind)
    frame = Rounded(Spot(box.x, box.y, box.width, box.height), 5.0, colours)
    label = Text(box.node.label, box.x, box.y, LABEL_SIZE, colours.text)
    return Group("node", [frame, label], box.node.name)
