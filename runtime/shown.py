"""How values show themselves in notebooks.

What is drawn is drawn by `nasnet.viz`, which knows what it draws; the values know only that they
can be.
"""

import html
import importlib
import sys
from collections.abc import Iterable, Sequence
from typing import Any

_DRAWERS = "nasnet.viz.shown"  # by its name, for it knows all that is shown


class Drawn:
    """A value that notebooks show as its drawing."""

    __slots__ = ()

    def _repr_svg_(self) -> str:
        """The drawing, an SVG document."""
        return importlib.import_module(_DRAWERS).svg(self)


def in_notebook() -> bool:
    """Whether this is a notebook, which shows what is displayed and displayed again."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as HTML; what is in it is escaped."""
    lines = [_row("th", header), *(_row("td", row) for row in rows)]
    return f"<table>{''.join(lines)}</table>"


def _row(tag: str, values: Sequence[Any]) -> str:
    cells = "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values)
    return f"<tr>{cells}</tr>"
