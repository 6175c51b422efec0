"""The arrows of a network: straight up from box to box, older inputs as arcs at the sides.

An arc takes the innermost lane, right or left of its column, that no other arc uses at its height.
"""

import dataclasses
from collections.abc import Sequence

from nasnet.viz.cell.panel import ARROW
from nasnet.viz.network.graph import NetworkBox
from nasnet.viz.shapes import Point, Spot

LANES_AT = 9.0  # between parallel lines of a gutter
_FIRST_LANE, _LANE = 24.0, 12.0
_CORNER = 8.0
_CIRCLE = 0.5523  # of the radius, for a quarter of a circle as a cubic curve
_LEFT, _RIGHT = -1, 1
_DIRECTIONS = {"up": (0, -1), "left": (-1, 0), "right": (1, 0)}


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """An arrow: a start, then three points for every cubic Bezier curve.

    Attributes:
        tail: name of the node that is read.
        head: name of the node that reads it.
        kind: "spine" from box to box, "older" beside them, "aux" to a side branch.
        points: the tip of the arrow is `ARROW` behind the last one.
        direction: "up", "left" or "right": where the tip points.
    """

    tail: str
    head: str
    kind: str
    points: tuple[Point, ...]
    direction: str

    @property
    def tip(self) -> tuple[Point, Point, Point]:
        """The corners of the arrow's tip."""
        (x, y), (dx, dy) = self.points[-1], _DIRECTIONS[self.direction]
        return (x - 3 * dy, y - 3 * dx), (x + ARROW * dx, y + ARROW * dy), (x + 3 * dy, y + 3 * dx)

    def moved(self, dx: float, dy: float) -> "Line":
        """The same arrow elsewhere."""
        return dataclasses.replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))


@dataclasses.dataclass(frozen=True, slots=True)
class Grid:
    """The columns, and which lane each older input takes.

    Attributes:
        columns: names of boxes, from below.
        places: column and row of each box.
        lanes: by (tail, head): side, -1 for the left, and lane, from 0.
        crossings: arrows that change the column, by (tail, head).
    """

    columns: Sequence[Sequence[str]]
    places: dict[str, tuple[int, int]]
    lanes: dict[tuple[str, str], tuple[int, int]]
    crossings: tuple[tuple[str, str], ...]

    def follows(self, tail: str, head: str) -> bool:
        """Whether `head` comes next after `tail`."""
        (column, row), place = self.places[tail], self.places[head]
        above = row + 1 < len(self.columns[column])
        return place == ((column, row + 1) if above else (column + 1, 0))

    def lanes_of(self, column: int, side: int) -> int:
        """How many lanes are in use beside a column."""
        used = [
            lane
            for (tail, _), (where, lane) in self.lanes.items()
            if where == side and self.places[tail][0] == column
        ]
        return max(used, default=-1) + 1

    def entering(self, column: int) -> list[tuple[str, str]]:
        """The arrows that come in from other columns; the leftmost line of the gutter first."""
        found = [(tail, head) for tail, head in self.crossings if self.places[head][0] == column]
        return sorted(found, key=lambda e: (not self.follows(*e), self.places[e[1]][1], e))


def lane_width(lanes: int) -> float:
    """The room that so many lanes take."""
    return _FIRST_LANE + _LANE * (lanes - 1) if lanes else 0.0


def assign_lanes(boxes: Sequence[NetworkBox], columns: Sequence[Sequence[str]]) -> Grid:
    """Finds a lane for every older input."""
    places = {name: (i, row) for i, names in enumerate(columns) for row, name in enumerate(names)}
    grid = Grid(columns, places, {}, ())
    taken: dict[tuple[int, int, int], list[tuple[float, float]]] = {}
    blocked: set[tuple[int, int, int]] = set()  # column, side, row: a straight line leaves there
    crossings, arcs = [], []
    for box in boxes:
        for tail in box.node.inputs:
            edge, (column, row) = (tail, box.node.name), places[tail]
            if box.node.kind == "aux":
                blocked.add((column, _RIGHT, row))
                continue
            to_column, to_row = places[box.node.name]
            if column != to_column:
                crossings.append(edge)
                if not grid.follows(*edge):
                    blocked.add((to_column, _LEFT, to_row))
                    arcs.append((edge, column, row, len(columns[column])))
            elif to_row > row + 1:
                arcs.append((edge, column, row, to_row))
    for edge, column, row, end in arcs:
        for number in range(2 * len(arcs)):
            side, lane = (_RIGHT, _LEFT)[number % 2], number // 2
            rivals = taken.setdefault((column, side, lane), [])
            free = all(end <= start or stop <= row for start, stop in rivals)
            if free and not any((column, side, r) in blocked for r in range(row + 1, end)):
                break
        else:  # straight lines leave on both sides
            side, lane = _RIGHT, len(arcs)
        taken.setdefault((column, side, lane), []).append((row, end))
        grid.lanes[edge] = (side, lane)
    return dataclasses.replace(grid, crossings=tuple(crossings))


def route(boxes: Sequence[NetworkBox], grid: Grid, spots: dict[str, Spot]) -> list[Line]:
    """All arrows, in the order of the boxes that read."""
    lines = []
    for box in boxes:
        for tail in box.node.inputs:
            lines.append(_line(box, tail, grid, spots))
    return lines


def _line(box: NetworkBox, name: str, grid: Grid, spots: dict[str, Spot]) -> Line:
    tail, head = spots[name], spots[box.node.name]
    if box.node.kind == "aux":
        start, end = tail.x + tail.width / 2, head.x - head.width / 2 - ARROW
        points = _bent([(start, tail.y), (end, head.y)])
        return Line(name, box.node.name, "aux", points, "right")
    if (name, box.node.name) in grid.crossings:
        return _crossing(name, box.node.name, grid, spots)
    if grid.follows(name, box.node.name):
        end = head.y + head.height / 2 + ARROW
        points = _bent([(tail.x, tail.y - tail.height / 2), (head.x, end)])
        return Line(name, box.node.name, "spine", points, "up")
    side, lane = grid.lanes[name, box.node.name]
    edge = tail.x + side * tail.width / 2
    # A cubic curve comes three quarters of the way to its inner points.
    far = edge + side * (_FIRST_LANE + _LANE * lane - 4) * 4 / 3
    start, end = tail.y - tail.height / 4, head.y + head.height / 4
    points = ((edge, start), (far, start), (far, end), (edge + side * ARROW, end))
    return Line(name, box.node.name, "older", points, "left" if side == _RIGHT else "right")


def _crossing(name: str, reader: str, grid: Grid, spots: dict[str, Spot]) -> Line:
    """Over the columns, down a gutter, and in from the left or from below."""
    tail, head = spots[name], spots[reader]
    (first, _), (last, _) = grid.places[name], grid.places[reader]
    entering = grid.entering(last)
    number = entering.index((name, reader))
    left = head.x - head.width / 2 - lane_width(grid.lanes_of(last, _LEFT))
    gutter = left - _CORNER - LANES_AT * (len(entering) - 1 - number)
    highest = min(spots[column[-1]].y for column in grid.columns[first:last])
    over = highest - head.height / 2 - 14 - LANES_AT * number
    if grid.follows(name, reader):
        under = head.y + head.height / 2 + 16
        stops = [(tail.x, tail.y - tail.height / 2), (tail.x, over), (gutter, over)]
        stops += [(gutter, under), (head.x, under), (head.x, under - 16 + ARROW)]
        return Line(name, reader, "spine", _bent(stops), "up")
    side, lane = grid.lanes[name, reader]
    edge = tail.x + side * tail.width / 2
    out = edge + side * (_FIRST_LANE + _LANE * lane - 8)
    start, end = tail.y - tail.height / 4, head.y + head.height / 4
    stops = [(edge, start), (out, start), (out, over), (gutter, over), (gutter, end)]
    stops.append((head.x - head.width / 2 - ARROW, end))
    return Line(name, reader, "older", _bent(stops), "right")


def _bent(stops: Sequence[Point]) -> tuple[Point, ...]:
    """Straight lines from stop to stop with round corners, as cubic curves."""
    points = [stops[0]]
    for i in range(1, len(stops)):
        end = stops[i]
        if i + 1 == len(stops):
            points += [points[-1], end, end]
            continue
        before, behind = _towards(end, stops[i - 1]), _towards(end, stops[i + 1])
        points += [points[-1], before, before]
        points += [_between(before, end), _between(behind, end), behind]
    return tuple(points)


def _towards(corner: Point, other: Point) -> Point:
    """A point near the corner on the way to the other stop, which lies level or upright to it."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = max(abs(dx), abs(dy), 1e-9)
    step = min(_CORNER, length / 2) / length
    return corner[0] + dx * step, corner[1] + dy * step


def _between(point: Point, corner: Point) -> Point:
    return (
        point[0] + (corner[0] - point[0]) * _CIRCLE,
        point[1] + (corner[1] - point[1]) * _CIRCLE,
    )
