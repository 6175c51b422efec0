"""Where the boxes of a network go, and it drawn there, without Graphviz.

They go upwards, in columns that break where the image shrinks.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from nasnet.cells import Part
from nasnet.viz.network.graph import (
    AUX_COLOUR,
    NETWORK_PAINTS,
    OLDER_COLOUR,
    SPINE_COLOUR,
    NetworkBox,
    legend_entries,
    network_boxes,
)
from nasnet.viz.network.wires import LANES_AT, Grid, Line, assign_lanes, lane_width, route
from nasnet.viz.palette import clean_title
from nasnet.viz.png import to_figure
from nasnet.viz.shapes import (
    Arrow,
    Drawing,
    Group,
    Rounded,
    Shape,
    Spot,
    Text,
    legend,
    text_width,
    title_lines,
)
from nasnet.viz.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


NAME_SIZE, DETAIL_SIZE = 12.0, 10.5
_HEIGHT, _PITCH = 40.0, 62.0
_LEAST_WIDTH, _LEAST_INNER, _BOX_PADDING = 150.0, 300.0, 20.0
_MARGIN, _ENTRY_GAP = 16.0, 18.0
_AUX_GAP, _GUTTER = 18.0, 22.0
_ONE_COLUMN, _ROWS = 14, 10
_OLDER = "older input"


@dataclasses.dataclass(frozen=True, slots=True)
class NetworkPicture:
    """A whole drawing, from (0, 0) to (width, height).

    Attributes:
        title: lines, to be centred.
        boxes: what is drawn, and where.
        lines: arrows.
        legend: (kind, place of a swatch, word right of it); the kind is "" where a thin line takes
            the swatch's place.
    """

    width: float
    height: float
    title: tuple[Text, ...]
    boxes: tuple[tuple[NetworkBox, Spot], ...]
    lines: tuple[Line, ...]
    legend: tuple[tuple[str, Spot, Text], ...]


def network_picture(
    nodes: Sequence[Part], title: str | None = None, *, expand: bool = False
) -> NetworkPicture:
    """Places the boxes of `network_boxes`, a title above, a legend below.

    Args:
        nodes: from the image on, each behind all that it reads.
        title: one line above the network; long ones are wrapped.
        expand: whether each normal cell has a box of its own.

    Raises:
        ValueError: the nodes are no network.
    """
    boxes = network_boxes(nodes, expand=expand)
    spine = [box for box in boxes if box.node.kind != "aux"]
    width = max(_LEAST_WIDTH, *(_box_width(box) for box in boxes))
    grid = assign_lanes(boxes, _columns(spine))
    spots, right = _place(boxes, grid, width)
    top = min(spot.y for spot in spots.values()) - _HEIGHT / 2
    lines = route(boxes, grid, spots)
    left = min(0.0, *(x for line in lines for x, _ in line.points)) if lines else 0.0
    right = max(right, *(x for line in lines for x, _ in line.points)) if lines else right
    top = min(top, *(y for line in lines for _, y in line.points)) if lines else top
    bottom = max(_HEIGHT / 2, *(y for line in lines for _, y in line.points)) if lines else 20.0
    inner = max(right - left, _LEAST_INNER)
    words, head = title_lines(title, _MARGIN, inner)
    dx, dy = _MARGIN - left + (inner - right + left) / 2, head - top
    kinds = legend_entries(boxes)
    if any(line.kind == "older" for line in lines):
        kinds.append(("", _OLDER))
    below = head + bottom - top + _MARGIN / 2
    entries, end = legend([word for _, word in kinds], _MARGIN, inner, below, _ENTRY_GAP)
    return NetworkPicture(
        inner + 2 * _MARGIN,
        end + _MARGIN / 2,
        words,
        tuple((box, spots[box.node.name].moved(dx, dy)) for box in boxes),
        tuple(line.moved(dx, dy) for line in lines),
        tuple((kind, *entry) for (kind, _), entry in zip(kinds, entries, strict=True)),
    )


def _box_width(box: NetworkBox) -> float:
    name, detail = box.lines
    # Bold letters are wider than those that are measured.
    widths = (1.08 * text_width(name, NAME_SIZE), text_width(detail, DETAIL_SIZE))
    return max(widths) + _BOX_PADDING


def _columns(spine: Sequence[NetworkBox]) -> list[list[str]]:
    """The names of each column's boxes from below; a break prefers a reduction behind it."""
    count = len(spine)
    parts = 1 if count <= _ONE_COLUMN else -(-count // _ROWS)
    breaks = {0}
    for part in range(1, parts):
        ideal = count * part / parts
        reach = count / (2.5 * parts)
        near = [
            i
            for i in range(1, count)
            if spine[i].node.kind == "reduction" and abs(i - ideal) <= reach
        ]
        breaks.add(min(near, key=lambda i: abs(i - ideal)) if near else round(ideal))
    starts = [*sorted(breaks), count]
    names = [box.node.name for box in spine]
    return [names[a:b] for a, b in pairwise(starts)]


def _place(boxes: Sequence[NetworkBox], grid: Grid, width: float) -> tuple[dict[str, Spot], float]:
    """The boxes around a first one at the height 0, and how far they reach to the right."""
    spots: dict[str, Spot] = {}
    x = 0.0
    for number, column in enumerate(grid.columns):
        entering = grid.entering(number)
        if number:
            x += _GUTTER + LANES_AT * max(len(entering) - 1, 0)
        x += lane_width(grid.lanes_of(number, -1)) + width / 2
        for row, name in enumerate(column):
            spots[name] = Spot(x, -_PITCH * row, width, _HEIGHT)
        x += width / 2 + lane_width(grid.lanes_of(number, 1))
        end = x
        for box in boxes:
            source = box.node.inputs[0] if box.node.kind == "aux" else ""
            if source in column:
                beside = [spot for spot in spots.values() if spot.y == spots[source].y]
                start = max(x, *(spot.x + spot.width / 2 for spot in beside)) + _AUX_GAP
                size = _box_width(box)
                spots[box.node.name] = Spot(start + size / 2, spots[source].y, size, _HEIGHT)
                end = max(end, start + size)
        x = end
    return spots, x


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
