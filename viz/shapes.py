"""A picture as shapes at their places, all that those who write SVG or draw with matplotlib know.

y grows downwards, lengths are in points, the unit of the fonts.
"""

import dataclasses
import textwrap
from collections.abc import Sequence

from nasnet.viz.palette import INK, Paint, clean_title

TITLE_SIZE, LEGEND_SIZE = 16.0, 11.0
_TITLE_LINE, _TITLE_GAP, _LEGEND_LINE = 22.0, 10.0, 24.0
_SWATCH, _SWATCH_GAP = 14.0, 6.0

Point = tuple[float, float]


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """The centre and the size of a box."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, dx: float, dy: float) -> "Spot":
        """The same size elsewhere."""
        return dataclasses.replace(self, x=self.x + dx, y=self.y + dy)


@dataclasses.dataclass(frozen=True, slots=True)
class Rounded:
    """A box with round corners."""

    spot: Spot
    radius: float
    paint: Paint


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """Text on the middle line y, its middle at x; or its start, where it is aligned "left"."""

    text: str
    x: float
    y: float
    size: float
    colour: str = INK
    bold: bool = False
    left: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Arrow:
    """A start, then three points for every cubic Bezier curve; and the corners of the tip."""

    points: Sequence[Point]
    tip: Sequence[Point]
    colour: str
    width: float


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Shapes that belong together: a "cell", a "node", an "edge" or the "legend"."""

    kind: str
    shapes: "Sequence[Shape]"
    title: str = ""


Shape = Rounded | Text | Arrow | Group


@dataclasses.dataclass(frozen=True, slots=True)
class Drawing:
    """A whole picture, from (0, 0) to (width, height)."""

    width: float
    height: float
    shapes: Sequence[Shape]


def text_width(text: str, size: float) -> float:
    """An upper estimate of the width of a text in a sans-serif font, DejaVu Sans included."""
    return sum(0.4 if c in " -.,il1|'" else 1.0 if ord(c) > 0x2E7F else 0.66 for c in text) * size


def title_lines(title: str | None, margin: float, inner: float) -> tuple[tuple[Text, ...], float]:
    """A title centred in a picture of the width `inner` between margins, and where it ends."""
    lines = textwrap.wrap(clean_title(title), max(int(inner / (0.66 * TITLE_SIZE)), 1))
    middles = [margin + _TITLE_LINE * (i + 0.5) for i in range(len(lines))]
    words = zip(lines, middles, strict=True)
    found = tuple(Text(line, margin + inner / 2, y, TITLE_SIZE, bold=True) for line, y in words)
    return found, margin + (_TITLE_LINE * len(lines) + _TITLE_GAP if lines else 0.0)


def legend(
    words: Sequence[str], margin: float, inner: float, top: float, gap: float
) -> tuple[list[tuple[Spot, Text]], float]:
    """Swatches and words in as many centred rows as they need, and where the rows end.

    Args:
        words: of the entries, in their order.
        margin: left of the rows.
        inner: the most that a row takes.
        top: where the first row begins.
        gap: between two entries.
    """
    rows: list[list[tuple[str, float]]] = [[]]
    for word in words:
        size = _SWATCH + _SWATCH_GAP + text_width(word, LEGEND_SIZE) + gap
        if rows[-1] and sum(other for _, other in rows[-1]) + size - gap > inner:
            rows.append([])
        rows[-1].append((word, size))
    entries = []
    for row in rows:
        x, y = margin + (inner + gap - sum(size for _, size in row)) / 2, top + _LEGEND_LINE / 2
        for word, size in row:
            text = Text(word, x + _SWATCH + _SWATCH_GAP, y, LEGEND_SIZE, left=True)
            entries.append((Spot(x + _SWATCH / 2, y, _SWATCH, _SWATCH), text))
            x += size
        top += _LEGEND_LINE
    return entries, top
