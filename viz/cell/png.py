"""A genotype drawn with matplotlib at the positions of the layout: a PNG without Graphviz."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet.cells import Genotype
from nasnet.viz.cell.layout import LEGEND_SIZE, TITLE_SIZE, Word, picture
from nasnet.viz.cell.panel import ARROW, HEADING_SIZE, HEADING_Y, LABEL_SIZE, Box, Panel, Wire
from nasnet.viz.palette import FRAME, INK, PANEL, paint, wire_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FONT = "DejaVu Sans"  # comes with matplotlib
_POINTS_PER_INCH = 72


def genotype_figure(genotype: Genotype, *, title: str | None = None) -> "Figure":
    """The picture of `genotype_to_svg` as a matplotlib figure that no window belongs to.

    Args:
        genotype: what is drawn.
        title: one line above the cells; long ones are wrapped.
    """
    drawing = picture(genotype, title)
    figure, axes = canvas(drawing.width, drawing.height, drawing.title)
    for panel in drawing.panels:
        _draw_panel(axes, panel)
    for swatch, word in drawing.legend:
        _draw_box(axes, swatch, 3.0)
        write(axes, word, LEGEND_SIZE, align="left")
    return figure


def canvas(width: float, height: float, title: Sequence[Word]) -> tuple["Figure", "Axes"]:
    """A white figure of a size in points, its title written, and axes that count in points."""
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(width / _POINTS_PER_INCH, height / _POINTS_PER_INCH), facecolor="white"
    )
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for word in title:
        write(axes, word, TITLE_SIZE, weight="bold")
    return figure, axes


def _draw_panel(axes: "Axes", panel: Panel) -> None:
    middle = panel.x + panel.width / 2
    _rounded(axes, (panel.x, panel.y, panel.width, panel.height), 8.0, PANEL, FRAME)
    write(axes, Word(panel.title, middle, panel.y + HEADING_Y), HEADING_SIZE, weight="bold")
    for wire in panel.wires:
        _draw_wire(axes, wire)
    for box in panel.boxes:
        _draw_box(axes, box, 5.0)
        colour = paint(box.node.kind).text
        write(axes, Word(box.node.label, box.x, box.y), LABEL_SIZE, colour=colour)


def _draw_wire(axes: "Axes", wire: Wire) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    colour = wire_colour(wire.tail)
    codes = [Path.MOVETO, *[Path.CURVE4] * (len(wire.points) - 1)]
    axes.add_patch(PathPatch(Path(wire.points, codes), fill=False, edgecolor=colour, linewidth=1.2))
    x, y = wire.points[-1]
    tip = [(x - 3, y), (x, y - ARROW), (x + 3, y)]
    axes.add_patch(Polygon(tip, facecolor=colour, edgecolor="none"))


def _draw_box(axes: "Axes", box: Box, radius: float) -> None:
    colours = paint(box.node.kind)
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    _rounded(axes, (*corner, box.width, box.height), radius, colours.fill, colours.line)


def _rounded(
    axes: "Axes", area: tuple[float, float, float, float], radius: float, fill: str, line: str
) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y, width, height = area
    style = f"round,pad=0,rounding_size={radius}"
    box = FancyBboxPatch((x, y), width, height, style, facecolor=fill, edgecolor=line, zorder=1)
    axes.add_patch(box)


def write(
    axes: "Axes",
    word: Word,
    size: float,
    *,
    weight: str = "normal",
    align: str = "center",
    colour: str = INK,
) -> None:
    """One line of text in a drawing; its middle, or where aligned "left" its start, at `word`."""
    axes.text(
        word.x,
        word.y,
        word.text,
        fontsize=size,
        fontfamily=_FONT,
        weight=weight,
        color=colour,
        ha=align,
        va="center_baseline",
        parse_math=False,  # a title may hold dollar signs
    )
