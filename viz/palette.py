"""The colours and words that every engine draws with; told apart by people with colour blindness.

The hues are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), lightened to be filled.
"""

import dataclasses
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from nasnet.cells import Cell, Genotype
from nasnet.viz.cell.graph import Node

INK = "#1f2933"
FRAME = "#c9d1da"
PANEL = "#fafbfc"


@dataclasses.dataclass(frozen=True, slots=True)
class Paint:
    """The colours of a box and of the arrows that leave it."""

    fill: str
    line: str
    text: str = INK


_DARK, _SLATE, _WIRE = "#2f3b4a", "#8a97a8", "#5d6b7b"
PAINTS: Mapping[str, Paint] = MappingProxyType(
    {
        "previous": Paint("#dde3ea", _SLATE),
        "last": Paint(_DARK, _DARK, "#ffffff"),
        "identity": Paint("#ffffff", "#9aa5b1"),
        "convolution": Paint("#fbdcc0", "#d55e00"),
        "separable": Paint("#cfe4f5", "#0072b2"),
        "pooling": Paint("#c9ecdf", "#009e73"),
        "add": Paint("#fdf3b4", "#b39b00"),
        "concat": Paint("#f0d9e8", "#b0578f"),
        "output": Paint(_WIRE, _WIRE, "#ffffff"),
        "tanh": Paint("#cfe4f5", "#0072b2"),
        "relu": Paint("#fbdcc0", "#d55e00"),
        "sigmoid": Paint("#c9ecdf", "#009e73"),
    }
)
FALLBACK = Paint("#e6e0f4", "#6a51a3")
_LEGEND_WORDS = MappingProxyType({"add": "add", "concat": "concatenate"})
_UNLISTED = ("previous", "last", "output")  # their boxes name themselves


def paint(kind: str) -> Paint:
    """The colours of a kind of node; an unknown kind has colours too."""
    return PAINTS.get(kind, FALLBACK)


def wire_colour(tail: Node) -> str:
    """The colour of an arrow: each input has its own, so that eyes can follow it."""
    return paint(tail.kind).line if tail.kind in ("previous", "last") else _WIRE


def legend_kinds(nodes: Iterable[Node]) -> tuple[tuple[str, str], ...]:
    """(kind, word) of all kinds drawn that need a word, in the palette's order."""
    found = {node.kind for node in nodes} - set(_UNLISTED)
    known = [kind for kind in PAINTS if kind in found]
    return tuple(
        (kind, _LEGEND_WORDS.get(kind, kind)) for kind in [*known, *sorted(found - {*known})]
    )


def named_cells(genotype: Genotype) -> tuple[tuple[str, Cell], ...]:
    """The two cells, from left to right, with the words above them."""
    return ("Normal Cell", genotype.normal), ("Reduction Cell", genotype.reduction)


def clean_title(title: str | None) -> str:
    """One line of text that XML, DOT and fonts can hold; empty for None."""
    words = " ".join((title or "").split())
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs", "Cn") else c for c in words)
