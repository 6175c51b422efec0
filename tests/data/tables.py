"""The tables of docs/data.md: what each way to lay out data becomes, found by trying it.

    python -m tests.data.tables

writes them anew; a test holds them to what the readers do.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.data.arrays import table as arrays
from tests.data.folders import trying as folders

PAGE = Path(__file__).parents[2] / "docs" / "data.md"

# Functions that try everything and give a whole table, by the name that marks its place.
TABLES: dict[str, Callable[[], str]] = {
    "arrays": lambda: markdown(arrays.HEADER, arrays.rows()),
    "layouts": lambda: markdown(folders.HEADER, folders.rows()),
}


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what is in its cells may hold any characters."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def placed(text: str, name: str, table: str) -> str:
    """The text of a page with the table between `<!-- name -->` and `<!-- /name -->` replaced."""
    marked = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError(f"the page has no place for the table {name!r}, expected its two marks")
    return marked.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        text = placed(text, name, table())
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
