"""A drawing as an SVG document: needs nothing but Python."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from nasnet.viz.shapes import Arrow, Drawing, Group, Point, Rounded, Shape, Text

_FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def to_svg(drawing: Drawing) -> str:
    """The document; every group is one of its kind as class, with its title as `<title>`."""
    width, height = _number(drawing.width), _number(drawing.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONTS}">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    return "\n".join([*lines, *(line for s in drawing.shapes for line in _lines(s)), "</svg>", ""])


def _lines(shape: Shape) -> Iterator[str]:
    match shape:
        case Group(kind, shapes, title):
            yield f'<g class="{kind}">' + (f"<title>{escape(title)}</title>" if title else "")
            for inner in shapes:
                yield from _lines(inner)
            yield "</g>"
        case Rounded(spot, radius, paint):
            x, y = _number(spot.x - spot.width / 2), _number(spot.y - spot.height / 2)
            yield (
                f'<rect x="{x}" y="{y}" width="{_number(spot.width)}" '
                f'height="{_number(spot.height)}" rx="{_number(radius)}" fill="{paint.fill}" '
                f'stroke="{paint.line}"/>'
            )
        case Text(text, x, y, size, colour):
            # Half of the height of capitals below the middle: `dominant-baseline` is not drawn
            # everywhere.
            style = f'y="{_number(y + 0.35 * size)}" font-size="{_number(size)}"'
            style += ' font-weight="bold"' if shape.bold else ""
            style += "" if shape.left else ' text-anchor="middle"'
            yield f'<text x="{_number(x)}" {style} fill="{colour}">{escape(text)}</text>'
        case Arrow(points, tip, colour, width):
            path = f"M{_pairs(points[:1])} C{_pairs(points[1:])}"
            stroke = f'stroke="{colour}" stroke-width="{_number(width)}"'
            yield f'<path d="{path}" fill="none" {stroke}/>'
            if tip:
                yield f'<polygon points="{_pairs(tip)}" fill="{colour}"/>'


def _pairs(points: Sequence[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
