"""Where everything of a drawn genotype goes: panels, title, legend; y grows downwards.

The lengths are in points, the unit of the fonts. SVG and PNG draw what is placed here.
"""

import dataclasses
from itertools import chain

from nasnet.cells import Genotype
from nasnet.viz.cell.panel import Panel, place_cell
from nasnet.viz.palette import legend_kinds, named_cells
from nasnet.viz.shapes import Spot, Text, legend, title_lines

_MARGIN, _PANEL_GAP, _ENTRY_GAP = 14.0, 18.0, 20.0


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A whole drawing, from (0, 0) to (width, height).

    Attributes:
        title: lines, to be centred.
        panels: one a cell, from left to right.
        legend: (kind, place of a swatch, word right of it).
    """

    width: float
    height: float
    title: tuple[Text, ...]
    panels: tuple[Panel, ...]
    legend: tuple[tuple[str, Spot, Text], ...]


def picture(genotype: Genotype, title: str | None = None) -> Picture:
    """The Normal and the Reduction cell side by side, a title above, a legend below."""
    cells = named_cells(genotype)
    height = max(place_cell(cell, name).height for name, cell in cells)
    panels = [place_cell(cell, name, height) for name, cell in cells]
    inner = sum(panel.width for panel in panels) + _PANEL_GAP * (len(panels) - 1)
    words, top = title_lines(title, _MARGIN, inner)
    placed, x = [], _MARGIN
    for panel in panels:
        placed.append(panel.moved(x, top))
        x += panel.width + _PANEL_GAP
    kinds = legend_kinds(chain.from_iterable((b.node for b in panel.boxes) for panel in panels))
    below = top + height + _MARGIN / 2
    entries, bottom = legend([word for _, word in kinds], _MARGIN, inner, below, _ENTRY_GAP)
    return Picture(
        inner + 2 * _MARGIN,
        bottom + _MARGIN / 2,
        words,
        tuple(placed),
        tuple((kind, *entry) for (kind, _), entry in zip(kinds, entries, strict=True)),
    )
