"""A genotype as an SVG file, laid out here: needs nothing but Python."""

from xml.sax.saxutils import escape

from nasnet.cells import Genotype
from nasnet.viz.cell.graph import Edge
from nasnet.viz.cell.layout import LEGEND_SIZE, TITLE_SIZE, Picture, Word, picture
from nasnet.viz.cell.panel import ARROW, HEADING_SIZE, HEADING_Y, LABEL_SIZE, Box, Panel, Wire
from nasnet.viz.palette import FRAME, INK, PANEL, paint, wire_colour

_FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def genotype_to_svg(genotype: Genotype, *, title: str | None = None) -> str:
    """The Normal and the Reduction cell side by side, inputs at the bottom, as an SVG document.

    Nodes are groups of class "node" and arrows groups of class "edge", each with a `<title>`.
    The same genotype and title give the same text.

    Args:
        genotype: what is drawn.
        title: one line above the cells; long ones are wrapped.
    """
    drawing = picture(genotype, title)
    return "\n".join([*_head(drawing), *_body(drawing), "</svg>", ""])


def _head(drawing: Picture) -> list[str]:
    width, height = _number(drawing.width), _number(drawing.height)
    return [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONTS}">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]


def _body(drawing: Picture) -> list[str]:
    style = f'font-size="{_number(TITLE_SIZE)}" font-weight="bold" text-anchor="middle"'
    lines = [_text(word, TITLE_SIZE, f'{style} fill="{INK}"') for word in drawing.title]
    for panel in drawing.panels:
        lines += _panel(panel)
    lines.append('<g class="legend">')
    for swatch, word in drawing.legend:
        lines.append(_rect(swatch, 3.0))
        style = f'font-size="{_number(LEGEND_SIZE)}" fill="{INK}"'
        lines.append(_text(word, LEGEND_SIZE, style))
    return [*lines, "</g>"]


def _panel(panel: Panel) -> list[str]:
    heading = Word(panel.title, panel.x + panel.width / 2, panel.y + HEADING_Y)
    style = f'font-size="{_number(HEADING_SIZE)}" font-weight="bold" text-anchor="middle"'
    return [
        '<g class="cell">',
        f'<rect x="{_number(panel.x)}" y="{_number(panel.y)}" width="{_number(panel.width)}" '
        f'height="{_number(panel.height)}" rx="8" fill="{PANEL}" stroke="{FRAME}"/>',
        _text(heading, HEADING_SIZE, f'{style} fill="{INK}"'),
        *(line for wire in panel.wires for line in _wire(wire)),
        *(line for box in panel.boxes for line in _node(box)),
        "</g>",
    ]


def _wire(wire: Wire) -> list[str]:
    colour = wire_colour(wire.tail)
    start, *rest = (f"{_number(x)},{_number(y)}" for x, y in wire.points)
    x, y = wire.points[-1]
    tip = " ".join(
        f"{_number(x + dx)},{_number(y + dy)}" for dx, dy in ((-3, 0), (0, -ARROW), (3, 0))
    )
    return [
        f'<g class="edge"><title>{_edge_title(wire.edge)}</title>',
        f'<path d="M{start} C{" ".join(rest)}" fill="none" stroke="{colour}" stroke-width="1.2"/>',
        f'<polygon points="{tip}" fill="{colour}"/></g>',
    ]


def _edge_title(edge: Edge) -> str:
    return escape(f"{edge.tail}->{edge.head}")


def _node(box: Box) -> list[str]:
    colours = paint(box.node.kind)
    style = f'font-size="{_number(LABEL_SIZE)}" text-anchor="middle" fill="{colours.text}"'
    return [
        f'<g class="node"><title>{escape(box.node.name)}</title>',
        _rect(box, 5.0),
        _text(Word(box.node.label, box.x, box.y), LABEL_SIZE, style) + "</g>",
    ]


def _rect(box: Box, radius: float) -> str:
    colours = paint(box.node.kind)
    x, y = _number(box.x - box.width / 2), _number(box.y - box.height / 2)
    return (
        f'<rect x="{x}" y="{y}" width="{_number(box.width)}" height="{_number(box.height)}" '
        f'rx="{_number(radius)}" fill="{colours.fill}" stroke="{colours.line}"/>'
    )


def _text(word: Word, size: float, style: str) -> str:
    # Half of the height of capitals below the middle: `dominant-baseline` is not drawn everywhere.
    y = _number(word.y + 0.35 * size)
    return f'<text x="{_number(word.x)}" y="{y}" {style}>{escape(word.text)}</text>'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
