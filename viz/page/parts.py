"""What a page is made of, as plain data; all texts are shown as they are, never as HTML."""

import base64
import dataclasses
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is part of the page.

    Attributes:
        source: a `data:` URL. As an image, an SVG can run no script.
        about: what is on it, for those who cannot see it.
    """

    kind: ClassVar[str] = "picture"
    source: str
    about: str


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    Attributes:
        data: traces of plotly.js.
        layout: of plotly.js; the page adds fonts and colours.
        about: a line above it.
    """

    kind: ClassVar[str] = "chart"
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    about: str


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: texts.
        pictures: what appears below the table when the row is clicked.
    """

    cells: tuple[str, ...]
    pictures: tuple[Picture, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table; the first row with pictures shows them from the beginning.

    Attributes:
        header: names of the columns.
        rows: as many cells each.
        about: a line above it.
    """

    kind: ClassVar[str] = "table"
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    about: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Commands:
    """Commands to type.

    Attributes:
        pairs: what each does, and the command.
    """

    kind: ClassVar[str] = "commands"
    pairs: tuple[tuple[str, str], ...]


Part = Text | Picture | Chart | Table | Commands


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """Parts below a heading.

    Attributes:
        title: the heading.
        parts: in order.
        folded: whether it is closed at first.
    """

    title: str
    parts: tuple[Part, ...]
    folded: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A whole page.

    Attributes:
        title: of the window and at the top.
        about: a line below it.
        facts: names and values that are seen first.
        sections: in order; those without parts are left out.
        reload: seconds after which the page is read again; None for never.
    """

    title: str
    about: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    reload: float | None = None


def picture_of_svg(svg: str, about: str) -> Picture:
    """An SVG document as a picture."""
    return _picture("svg+xml", svg.encode(), about)


def picture_of_png(png: bytes, about: str) -> Picture:
    """A PNG file as a picture."""
    return _picture("png", png, about)


def _picture(form: str, data: bytes, about: str) -> Picture:
    return Picture(f"data:image/{form};base64,{base64.b64encode(data).decode()}", about)
