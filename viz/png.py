"""A drawing as a matplotlib figure, for PNG files without Graphviz."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet.viz.shapes import Arrow, Drawing, Group, Rounded, Shape, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FONT = "DejaVu Sans"  # comes with matplotlib
_POINTS_PER_INCH = 72


def to_figure(drawing: Drawing) -> "Figure":
    """A white figure of the drawing's size that no window belongs to; its axes count in points."""
    from matplotlib.figure import Figure

    width, height = drawing.width, drawing.height
    size = (width / _POINTS_PER_INCH, height / _POINTS_PER_INCH)
    figure = Figure(figsize=size, facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    _draw(axes, drawing.shapes)
    return figure


def _draw(axes: "Axes", shapes: Sequence[Shape]) -> None:
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
    from matplotlib.path import Path

    for shape in shapes:
        match shape:
            case Group(_, inner):
                _draw(axes, inner)
            case Rounded(spot, radius, paint):
                corner = (spot.x - spot.width / 2, spot.y - spot.height / 2)
                style = f"round,pad=0,rounding_size={radius}"
                box = FancyBboxPatch(corner, spot.width, spot.height, style, zorder=1)
                box.set(facecolor=paint.fill, edgecolor=paint.line)
                axes.add_patch(box)
            case Text(text, x, y, size, colour):
                axes.text(
                    x,
                    y,
                    text,
                    fontsize=size,
                    fontfamily=_FONT,
                    weight="bold" if shape.bold else "normal",
                    color=colour,
                    ha="left" if shape.left else "center",
                    va="center_baseline",
                    parse_math=False,  # a title may hold dollar signs
                )
            case Arrow(points, tip, colour, width):
                path = Path(points, [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)])
                axes.add_patch(PathPatch(path, fill=False, edgecolor=colour, linewidth=width))
                if tip:
                    axes.add_patch(Polygon(tip, facecolor=colour, edgecolor="none"))
