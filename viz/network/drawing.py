"""A network drawn at the positions of the layout: without Graphviz."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nasnet.cells import Part
from nasnet.viz.network.graph import (
    AUX_COLOUR,
    NETWORK_PAINTS,
    OLDER_COLOUR,
    SPINE_COLOUR,
    NetworkBox,
)
from nasnet.viz.network.layout import DETAIL_SIZE, NAME_SIZE, network_picture
from nasnet.viz.palette import clean_title
from nasnet.viz.png import to_figure
from nasnet.viz.shapes import Arrow, Drawing, Group, Rounded, Shape, Spot, Text
from nasnet.viz.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STROKES = {"spine": (SPINE_COLOUR, 1.4), "older": (OLDER_COLOUR, 1.0), "aux": (AUX_COLOUR, 1.2)}
_NAME_RISE, _DETAIL_RISE = -8.0, 9.0
_INSET = 3.0  # of the second frame, around a run of cells


def network_to_svg(nodes: Sequence[Part], *, title: str | None = None, expand: bool = False) -> str:
    """The whole network, the image at the bottom, as an SVG document.

    Boxes are groups of class "node" and arrows groups of class "edge", each with a `<title>`. The
    same nodes and title give the same text.

    Args:
        nodes: from the image on, each behind all that it reads.
        title: one line above the network; long ones are wrapped.
        expand: whether each normal cell has a box of its own, instead of one box a run.

    Raises:
        ValueError: the nodes are no network.
    """
    return to_svg(_drawing(nodes, title, expand))


def network_figure(
    nodes: Sequence[Part], *, title: str | None = None, expand: bool = False
) -> "Figure":
    """The picture of `network_to_svg` as a matplotlib figure that no window belongs to."""
    return to_figure(_drawing(nodes, title, expand))


def _drawing(nodes: Sequence[Part], title: str | None, expand: bool) -> Drawing:
    drawn = network_picture(nodes, title, expand=expand)
    edges = [
        Group(
            "edge",
            [Arrow(line.points, line.tip, *_STROKES[line.kind])],
            f"{clean_title(line.tail)}->{clean_title(line.head)}",
        )
        for line in drawn.lines
    ]
    boxes = [
        Group("node", list(_box(box, spot)), clean_title(box.node.name))
        for box, spot in drawn.boxes
    ]
    legend = [s for kind, spot, word in drawn.legend for s in (_sample(kind, spot), word)]
    shapes: list[Shape] = [*drawn.title, *edges, *boxes, Group("legend", legend)]
    return Drawing(drawn.width, drawn.height, shapes)


def _box(box: NetworkBox, spot: Spot) -> Iterator[Rounded | Text]:
    colours, (name, detail) = NETWORK_PAINTS[box.node.kind], box.lines
    yield Rounded(spot, 5.0, colours)
    if box.count > 1:
        width, height = spot.width - 2 * _INSET, spot.height - 2 * _INSET
        yield Rounded(dataclasses.replace(spot, width=width, height=height), 3.0, colours)
    yield Text(name, spot.x, spot.y + _NAME_RISE, NAME_SIZE, colours.text, bold=True)
    yield Text(detail, spot.x, spot.y + _DETAIL_RISE, DETAIL_SIZE, colours.text)


def _sample(kind: str, spot: Spot) -> Rounded | Arrow:
    """A swatch, or a thin line in its place."""
    if kind:
        return Rounded(spot, 3.0, NETWORK_PAINTS[kind])
    start, end = (spot.x - spot.width / 2, spot.y), (spot.x + spot.width / 2, spot.y)
    return Arrow((start, start, end, end), (), *_STROKES["older"])
