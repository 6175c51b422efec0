"""Where everything of a drawn genotype goes: panels, title, legend; and the drawing itself."""

import dataclasses
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from nasnet.cells import Cell, Genotype
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.viz.cell.panel import (
    ARROW,
    HEADING_SIZE,
    HEADING_Y,
    LABEL_SIZE,
    Box,
    Panel,
    Wire,
    place,
    place_cell,
)
from nasnet.viz.cell.recurrent import recurrent_picture
from nasnet.viz.palette import FRAME, PANEL, Paint, legend_kinds, named_cells, paint, wire_colour
from nasnet.viz.png import to_figure
from nasnet.viz.shapes import Arrow, Drawing, Group, Rounded, Shape, Spot, Text, legend, title_lines
from nasnet.viz.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_MARGIN, _PANEL_GAP, _ENTRY_GAP = 14.0, 18.0, 20.0


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A whole drawing, from (0, 0) to (width, height).

    Attributes:
        title: lines, to be centred.
        panels: one a cell, from left to right.
        legend: (kind, place of a swatch, word right of it).
    """

    width: float
    height: float
    title: tuple[Text, ...]
    panels: tuple[Panel, ...]
    legend: tuple[tuple[str, Spot, Text], ...]


def picture(cells: Sequence[tuple[str, Cell]], title: str | None = None) -> Picture:
    """Cells side by side, their names and a title above, a legend below."""
    height = max(place_cell(cell, name).height for name, cell in cells)
    return framed([place_cell(cell, name, height) for name, cell in cells], title)


def framed(panels: Sequence[Panel], title: str | None = None) -> Picture:
    """Panels side by side, a title above, a legend below."""
    height = max(panel.height for panel in panels)
    inner = sum(panel.width for panel in panels) + _PANEL_GAP * (len(panels) - 1)
    words, top = title_lines(title, _MARGIN, inner)
    placed, x = [], _MARGIN
    for panel in panels:
        placed.append(panel.moved(x, top))
        x += panel.width + _PANEL_GAP
    kinds = legend_kinds(chain.from_iterable((b.node for b in panel.boxes) for panel in panels))
    below = top + height + _MARGIN / 2
    entries, bottom = legend([word for _, word in kinds], _MARGIN, inner, below, _ENTRY_GAP)
    return Picture(
        inner + 2 * _MARGIN,
        bottom + _MARGIN / 2,
        words,
        tuple(placed),
        tuple((kind, *entry) for (kind, _), entry in zip(kinds, entries, strict=True)),
    )


def genotype_to_svg(genotype: Genotype, *, title: str | None = None) -> str:
    """The Normal and the Reduction cell side by side, inputs at the bottom, as an SVG document.

    Nodes are groups of class "node" and arrows groups of class "edge", each with a `<title>`.
    The same genotype and title give the same text.

    Args:
        genotype: what is drawn.
        title: one line above the cells; long ones are wrapped.
    """
    return to_svg(_drawing(named_cells(genotype), title))


def cell_to_svg(cell: Cell, *, title: str | None = None) -> str:
    """One cell in the manner of `genotype_to_svg`."""
    return to_svg(_drawing([("Cell", cell)], title))


def recurrent_to_svg(cell: RecurrentCell, *, title: str | None = None) -> str:
    """A recurrent cell in the manner of `genotype_to_svg`."""
    return to_svg(_drawn(_recurrent(cell, title)))


def recurrent_figure(cell: RecurrentCell, *, title: str | None = None) -> "Figure":
    """The picture of `recurrent_to_svg` as a matplotlib figure that no window belongs to."""
    return to_figure(_drawn(_recurrent(cell, title)))


def _recurrent(cell: RecurrentCell, title: str | None) -> Picture:
    return framed([place(*recurrent_picture(cell), "Recurrent Cell")], title)


def genotype_figure(genotype: Genotype, *, title: str | None = None) -> "Figure":
    """The picture of `genotype_to_svg` as a matplotlib figure that no window belongs to."""
    return to_figure(_drawing(named_cells(genotype), title))


def _drawing(cells: Sequence[tuple[str, Cell]], title: str | None) -> Drawing:
    return _drawn(picture(cells, title))


def _drawn(drawn: Picture) -> Drawing:
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
