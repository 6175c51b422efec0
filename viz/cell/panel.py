"""Where the boxes and arrows of one cell go; y grows downwards, lengths are in points.

Arrows bend only between layers, where no box is, and pass a layer straight in a lane of their own:
no arrow crosses a box or its label.
"""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

from nasnet.cells import Cell
from nasnet.viz.cell.columns import columns
from nasnet.viz.cell.graph import CellGraph, Edge, Node, cell_graph
from nasnet.viz.cell.layers import Drawable, Layers, Unit, cell_units, ordered_layers
from nasnet.viz.shapes import Point, text_width

LABEL_SIZE, HEADING_SIZE, ARROW = 11.0, 13.0, 6.0
BOX_HEIGHT, HEADING_Y = 24.0, 18.0
_BLOCK_HEIGHT = 2 * BOX_HEIGHT + 26
_HEADING, _PADDING = 38.0, 18.0
_LEAST_GAP, _MOST_GAP, _SLOPE = 40.0, 110.0, 0.22
_STRETCH = 1.8  # how far the room between layers may grow to fill a panel
_PORT_GAP = 9.0


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """A node with its centre and its size."""

    node: Node
    x: float
    y: float
    width: float
    height: float = BOX_HEIGHT


@dataclasses.dataclass(frozen=True, slots=True)
class Wire:
    """An arrow: a start, then three points for every cubic Bezier curve; it ends upwards.

    The tip of the arrow is `ARROW` above the last point.
    """

    edge: Edge
    tail: Node
    points: tuple[Point, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Panel:
    """One cell in its frame, whose upper left corner is (x, y)."""

    title: str
    x: float
    y: float
    width: float
    height: float
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]

    def moved(self, dx: float, dy: float) -> "Panel":
        """The same panel elsewhere."""
        boxes = (dataclasses.replace(box, x=box.x + dx, y=box.y + dy) for box in self.boxes)
        wires = (
            dataclasses.replace(wire, points=tuple((x + dx, y + dy) for x, y in wire.points))
            for wire in self.wires
        )
        x, y = self.x + dx, self.y + dy
        return dataclasses.replace(self, x=x, y=y, boxes=tuple(boxes), wires=tuple(wires))


def place_cell(cell: Cell, title: str, height: float = 0.0) -> Panel:
    """The panel of a cell, at the origin.

    Args:
        cell: what is drawn.
        title: the words at the top of the frame.
        height: the least height; the room left over goes between the layers.
    """
    return place(cell_graph(cell), cell_units(cell), title, height)


def place(graph: CellGraph, units: Sequence[Drawable], title: str, height: float = 0.0) -> Panel:
    """The panel of a graph, at the origin.

    Args:
        graph: what is drawn.
        units: the same as blocks; the last one is the output.
        title: as for `place_cell`.
        height: likewise.
    """
    layers = ordered_layers(units)
    outputs = len(units[-1].reads[0])
    widths = {node.name: _box_width(node, outputs) for node in graph.nodes}
    x = columns(layers, widths)
    rows, height = _rows(layers, x, height)
    boxes = [
        Box(node, x[node.name], _middle(node.name, layers, rows), widths[node.name])
        for node in graph.nodes
    ]
    wires = _wires(graph, layers, {box.node.name: box for box in boxes}, x, rows)
    left = min(*(box.x - box.width / 2 for box in boxes), *x.values())
    right = max(*(box.x + box.width / 2 for box in boxes), *x.values())
    inner = max(right - left, text_width(title, HEADING_SIZE))
    shift = _PADDING + (inner - right - left) / 2
    panel = Panel(title, -shift, 0.0, inner + 2 * _PADDING, height, tuple(boxes), tuple(wires))
    return panel.moved(shift, 0.0)


def _box_width(node: Node, outputs: int) -> float:
    least = {"add": 44.0, "concat": 58.0, "output": max(90.0, 14.0 * outputs + 20)}
    return max(least.get(node.kind, 68.0), text_width(node.label, LABEL_SIZE) + 12)


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """The upper and the lower side of the boxes of a layer."""

    top: float
    bottom: float


def _rows(layers: Layers, x: dict[str, float], height: float) -> tuple[list[_Row], float]:
    """The rows of all layers, inputs first, and the height of the panel."""
    gaps = []
    for layer in layers[1:]:
        reach = max(
            abs(x[foot] - x[source])
            for unit in layer
            for foot, sources in zip(unit.feet, unit.sources, strict=True)
            for source in sources
        )
        gaps.append(min(max(_SLOPE * reach, _LEAST_GAP), _MOST_GAP))
    blocks = [any(len(unit.feet) > 1 for unit in layer) for layer in layers]
    tall = [_BLOCK_HEIGHT if block else BOX_HEIGHT for block in blocks]
    boxes = _HEADING + sum(tall) + _PADDING
    stretch = min(max((height - boxes) / sum(gaps), 1.0), _STRETCH)
    height = max(height, boxes + stretch * sum(gaps))
    bottom = height - _PADDING - (height - boxes - stretch * sum(gaps)) / 2
    rows = []
    for size, gap in zip(tall, [*gaps, 0.0], strict=True):
        rows.append(_Row(bottom - size, bottom))
        bottom -= size + stretch * gap
    return rows, height


def _middle(name: str, layers: Layers, rows: Sequence[_Row]) -> float:
    for layer, row in zip(layers, rows, strict=True):
        for unit in layer:
            if name == unit.top:
                return row.top + BOX_HEIGHT / 2
            if name in unit.feet:
                return row.bottom - BOX_HEIGHT / 2
    raise ValueError(f"node is {name!r}, expected one that is in a layer")


def _wires(
    graph: CellGraph,
    layers: Layers,
    boxes: dict[str, Box],
    x: dict[str, float],
    rows: Sequence[_Row],
) -> list[Wire]:
    lanes = {unit.top: unit for layer in layers for unit in layer if unit.lane}
    row_of = {unit.top: rows[i] for i, layer in enumerate(layers) for unit in layer}
    routes = _routes(layers, lanes)
    starts, ends = _ports(routes, boxes, x)
    wires = []
    for edge in graph.edges:
        tail, head = boxes[edge.tail], boxes[edge.head]
        end = head.y + head.height / 2 + ARROW
        if (edge.tail, edge.head) not in routes:  # from an operation to its combination
            side = 1 if tail.x > head.x else -1
            stops = [(tail.x, tail.y - tail.height / 2), (head.x + side * _PORT_GAP, end)]
        else:
            via = routes[edge.tail, edge.head]
            first = via[0] if via else edge.head
            stops = [(starts[edge.tail, first], tail.y - tail.height / 2)]
            for lane in via:
                stops += [(x[lane], row_of[lane].bottom), (x[lane], row_of[lane].top)]
            stops.append((ends[edge.tail, edge.head], end))
        wires.append(Wire(edge, tail.node, _smooth(stops)))
    return wires


def _routes(layers: Layers, lanes: dict[str, Unit]) -> dict[tuple[str, str], list[str]]:
    """For each arrow into a layer the lanes it takes, by (tail, head)."""
    routes = {}
    for unit in (unit for layer in layers for unit in layer if not unit.lane):
        for foot, sources in zip(unit.feet, unit.sources, strict=True):
            for source in sources:
                via: list[str] = []
                while source in lanes:
                    via.insert(0, source)
                    source = lanes[source].sources[0][0]
                routes[source, foot] = via
    return routes


def _ports(
    routes: dict[tuple[str, str], list[str]], boxes: dict[str, Box], x: dict[str, float]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """Where arrows leave, by (tail, first stop), and where they arrive, by (tail, head)."""
    leaving: dict[str, set[str]] = {}
    arriving: dict[str, dict[str, float]] = {}
    for (tail, head), via in routes.items():
        leaving.setdefault(tail, set()).add(via[0] if via else head)
        arriving.setdefault(head, {})[tail] = x[via[-1] if via else tail]
    starts, ends = {}, {}
    for tail, stops in leaving.items():
        order = sorted(stops, key=lambda stop: (x[stop], stop))
        for stop, place in zip(order, _fan(boxes[tail], len(order)), strict=True):
            starts[tail, stop] = place
    for head, tails in arriving.items():
        names = sorted(tails, key=lambda tail: (tails[tail], tail))
        for name, place in zip(names, _fan(boxes[head], len(names)), strict=True):
            ends[name, head] = place
    return starts, ends


def _fan(box: Box, count: int) -> list[float]:
    step = min(_PORT_GAP, 0.7 * box.width / count) if box.node.kind != "output" else 14.0
    return [box.x + step * (i - (count - 1) / 2) for i in range(count)]


def _smooth(stops: Sequence[Point]) -> tuple[Point, ...]:
    """Curves through the stops, upright at each."""
    points = [stops[0]]
    for (x, y), (next_x, next_y) in pairwise(stops):
        half = (next_y - y) / 2
        points += [(x, y + half), (next_x, next_y - half), (next_x, next_y)]
    return tuple(points)
