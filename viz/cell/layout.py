"""Where everything of a drawn genotype goes: panels, title, legend; y grows downwards.

The lengths are in points, the unit of the fonts. SVG and PNG draw what is placed here.
"""

import dataclasses
import textwrap
from itertools import chain

from nasnet.cells import Genotype
from nasnet.viz.cell.graph import Node
from nasnet.viz.cell.panel import Box, Panel, place_cell, text_width
from nasnet.viz.palette import clean_title, legend_kinds, named_cells

TITLE_SIZE, LEGEND_SIZE = 16.0, 11.0
_TITLE_LINE, _LEGEND_LINE = 22.0, 24.0
_MARGIN, _PANEL_GAP, _TITLE_GAP = 14.0, 18.0, 10.0
_SWATCH, _SWATCH_GAP, _ENTRY_GAP = 14.0, 6.0, 20.0


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """Text on the middle line y; the writer centres titles at x and starts the others there."""

    text: str
    x: float
    y: float


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A whole drawing, from (0, 0) to (width, height).

    Attributes:
        title: lines, to be centred.
        panels: one a cell, from left to right.
        legend: swatches without labels, and a word right of each.
    """

    width: float
    height: float
    title: tuple[Word, ...]
    panels: tuple[Panel, ...]
    legend: tuple[tuple[Box, Word], ...]


def picture(genotype: Genotype, title: str | None = None) -> Picture:
    """The Normal and the Reduction cell side by side, a title above, a legend below."""
    cells = named_cells(genotype)
    height = max(place_cell(cell, name).height for name, cell in cells)
    panels = [place_cell(cell, name, height) for name, cell in cells]
    inner = sum(panel.width for panel in panels) + _PANEL_GAP * (len(panels) - 1)
    middle = _MARGIN + inner / 2
    lines = textwrap.wrap(clean_title(title), max(int(inner / (0.66 * TITLE_SIZE)), 1))
    words = [Word(line, middle, _MARGIN + _TITLE_LINE * (i + 0.5)) for i, line in enumerate(lines)]
    top = _MARGIN + (_TITLE_LINE * len(lines) + _TITLE_GAP if lines else 0.0)
    placed, x = [], _MARGIN
    for panel in panels:
        placed.append(panel.moved(x, top))
        x += panel.width + _PANEL_GAP
    bottom = top + height + _MARGIN / 2
    legend, bottom = _legend(placed, inner, bottom)
    return Picture(
        inner + 2 * _MARGIN, bottom + _MARGIN / 2, tuple(words), tuple(placed), tuple(legend)
    )


def _legend(panels: list[Panel], inner: float, top: float) -> tuple[list[tuple[Box, Word]], float]:
    """Swatches and words in as many centred rows as they need, and where the rows end."""
    entries = legend_kinds(chain.from_iterable((b.node for b in panel.boxes) for panel in panels))
    rows: list[list[tuple[str, str]]] = [[]]
    for entry in entries:
        if rows[-1] and _row_width([*rows[-1], entry]) > inner:
            rows.append([])
        rows[-1].append(entry)
    legend = []
    for row in rows:
        y, x = top + _LEGEND_LINE / 2, _MARGIN + (inner - _row_width(row)) / 2
        for kind, word in row:
            swatch = Box(Node(kind, "", kind), x + _SWATCH / 2, y, _SWATCH, _SWATCH)
            legend.append((swatch, Word(word, x + _SWATCH + _SWATCH_GAP, y)))
            x += _entry_width(word) + _ENTRY_GAP
        top += _LEGEND_LINE
    return legend, top


def _entry_width(word: str) -> float:
    return _SWATCH + _SWATCH_GAP + text_width(word, LEGEND_SIZE)


def _row_width(row: list[tuple[str, str]]) -> float:
    return sum(_entry_width(word) for _, word in row) + _ENTRY_GAP * (len(row) - 1)
