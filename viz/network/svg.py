"""A network as an SVG file, laid out here: needs nothing but Python."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from nasnet.cells import Part
from nasnet.viz.cell.layout import LEGEND_SIZE, TITLE_SIZE, Word
from nasnet.viz.cell.svg import _FONTS, _number, _text
from nasnet.viz.network.graph import (
    AUX_COLOUR,
    NETWORK_PAINTS,
    OLDER_COLOUR,
    SPINE_COLOUR,
    NetworkBox,
)
from nasnet.viz.network.layout import DETAIL_SIZE, NAME_SIZE, network_picture
from nasnet.viz.network.wires import Line, Spot
from nasnet.viz.palette import INK, clean_title

STROKES = {"spine": (SPINE_COLOUR, 1.4), "older": (OLDER_COLOUR, 1.0), "aux": (AUX_COLOUR, 1.2)}
NAME_RISE, DETAIL_RISE = -8.0, 9.0
INSET = 3.0  # of the second frame, around a run of cells


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
    drawing = network_picture(nodes, title, expand=expand)
    width, height = _number(drawing.width), _number(drawing.height)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONTS}">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    style = f'font-size="{_number(TITLE_SIZE)}" font-weight="bold" text-anchor="middle"'
    lines += [_text(word, TITLE_SIZE, f'{style} fill="{INK}"') for word in drawing.title]
    lines += [text for line in drawing.lines for text in _edge(line)]
    lines += [text for box, spot in drawing.boxes for text in _node(box, spot)]
    lines.append('<g class="legend">')
    for kind, spot, word in drawing.legend:
        lines.append(_rect(spot, kind, 3.0) if kind else _dash(spot))
        style = f'font-size="{_number(LEGEND_SIZE)}" fill="{INK}"'
        lines.append(_text(word, LEGEND_SIZE, style))
    return "\n".join([*lines, "</g>", "</svg>", ""])


def _node(box: NetworkBox, spot: Spot) -> list[str]:
    colours, (name, detail) = NETWORK_PAINTS[box.node.kind], box.lines
    style = f'text-anchor="middle" fill="{colours.text}"'
    lines = [
        f'<g class="node"><title>{escape(clean_title(box.node.name))}</title>',
        _rect(spot, box.node.kind, 5.0),
    ]
    if box.count > 1:
        lines.append(_rect(inset(spot), box.node.kind, 3.0))
    heavy = f'font-size="{_number(NAME_SIZE)}" font-weight="bold" {style}'
    lines.append(_text(Word(name, spot.x, spot.y + NAME_RISE), NAME_SIZE, heavy))
    light = f'font-size="{_number(DETAIL_SIZE)}" {style}'
    lines.append(_text(Word(detail, spot.x, spot.y + DETAIL_RISE), DETAIL_SIZE, light) + "</g>")
    return lines


def inset(spot: Spot) -> Spot:
    """The second frame around a run of cells."""
    return Spot(spot.x, spot.y, spot.width - 2 * INSET, spot.height - 2 * INSET)


def _edge(line: Line) -> list[str]:
    colour, width = STROKES[line.kind]
    start, *rest = (f"{_number(x)},{_number(y)}" for x, y in line.points)
    tip = " ".join(f"{_number(x)},{_number(y)}" for x, y in line.tip)
    title = escape(f"{clean_title(line.tail)}->{clean_title(line.head)}")
    return [
        f'<g class="edge"><title>{title}</title>',
        f'<path d="M{start} C{" ".join(rest)}" fill="none" stroke="{colour}" '
        f'stroke-width="{_number(width)}"/>',
        f'<polygon points="{tip}" fill="{colour}"/></g>',
    ]


def _rect(spot: Spot, kind: str, radius: float) -> str:
    colours = NETWORK_PAINTS[kind]
    x, y = _number(spot.x - spot.width / 2), _number(spot.y - spot.height / 2)
    return (
        f'<rect x="{x}" y="{y}" width="{_number(spot.width)}" height="{_number(spot.height)}" '
        f'rx="{_number(radius)}" fill="{colours.fill}" stroke="{colours.line}"/>'
    )


def _dash(spot: Spot) -> str:
    colour, width = STROKES["older"]
    ends = f'x1="{_number(spot.x - spot.width / 2)}" x2="{_number(spot.x + spot.width / 2)}"'
    y = _number(spot.y)
    return f'<line {ends} y1="{y}" y2="{y}" stroke="{colour}" stroke-width="{_number(width)}"/>'
