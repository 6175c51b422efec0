"""A network drawn with matplotlib at the positions of the layout: a PNG without Graphviz."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet.cells import Part
from nasnet.viz.cell.layout import LEGEND_SIZE, Word
from nasnet.viz.cell.png import _rounded, canvas, write
from nasnet.viz.network.graph import NETWORK_PAINTS, NetworkBox
from nasnet.viz.network.layout import DETAIL_SIZE, NAME_SIZE, network_picture
from nasnet.viz.network.svg import DETAIL_RISE, NAME_RISE, STROKES, inset
from nasnet.viz.network.wires import Line, Spot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def network_figure(
    nodes: Sequence[Part], *, title: str | None = None, expand: bool = False
) -> "Figure":
    """The picture of `network_to_svg` as a matplotlib figure that no window belongs to.

    Args:
        nodes: from the image on, each behind all that it reads.
        title: one line above the network; long ones are wrapped.
        expand: whether each normal cell has a box of its own, instead of one box a run.

    Raises:
        ValueError: the nodes are no network.
    """
    drawing = network_picture(nodes, title, expand=expand)
    figure, axes = canvas(drawing.width, drawing.height, drawing.title)
    for line in drawing.lines:
        _draw_line(axes, line)
    for box, spot in drawing.boxes:
        _draw_box(axes, box, spot)
    for kind, spot, word in drawing.legend:
        if kind:
            _frame(axes, spot, kind, 3.0)
        else:
            ends = (spot.x - spot.width / 2, spot.x + spot.width / 2)
            colour, width = STROKES["older"]
            axes.plot(ends, (spot.y, spot.y), color=colour, linewidth=width)
        write(axes, word, LEGEND_SIZE, align="left")
    return figure


def _draw_line(axes: "Axes", line: Line) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    colour, width = STROKES[line.kind]
    codes = [Path.MOVETO, *[Path.CURVE4] * (len(line.points) - 1)]
    path = Path(line.points, codes)
    axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=width))
    axes.add_patch(Polygon(line.tip, facecolor=colour, edgecolor="none"))


def _draw_box(axes: "Axes", box: NetworkBox, spot: Spot) -> None:
    colour, (name, detail) = NETWORK_PAINTS[box.node.kind].text, box.lines
    _frame(axes, spot, box.node.kind, 5.0)
    if box.count > 1:
        _frame(axes, inset(spot), box.node.kind, 3.0)
    write(axes, Word(name, spot.x, spot.y + NAME_RISE), NAME_SIZE, weight="bold", colour=colour)
    write(axes, Word(detail, spot.x, spot.y + DETAIL_RISE), DETAIL_SIZE, colour=colour)


def _frame(axes: "Axes", spot: Spot, kind: str, radius: float) -> None:
    colours = NETWORK_PAINTS[kind]
    corner = (spot.x - spot.width / 2, spot.y - spot.height / 2)
    _rounded(axes, (*corner, spot.width, spot.height), radius, colours.fill, colours.line)
