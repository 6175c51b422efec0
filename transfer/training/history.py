"""The course of a training as a CSV file that a resumed run repeats to the letter."""

import csv
from collections.abc import Mapping
from pathlib import Path

from nasnet.runtime.files import csv_text, write_atomically

COLUMNS = (
    "kind",
    "epoch",
    "step",
    "learning_rate",
    "loss",
    "top1",
    "top5",
    "images",
    "bad_images",
    "loss_scale",
)
Row = dict[str, str]


class History:
    """Rows of two kinds: "train", the mean since the last one, and "validation".

    Rows are appended as they come, so that the file can be watched; with every checkpoint it is
    written anew as a whole. No times are in it: a run that was killed and resumed has the same file
    as one that was not.

    Args:
        path: the file.
        step: rows of later steps are dropped; 0 for a new history.
        write: whether there is a file; else rows are in memory alone.
    """

    def __init__(self, path: Path, *, step: int = 0, write: bool = True) -> None:
        self._path, self._write = path, write
        rows = read_history(path) if step and path.is_file() else []
        self.rows = [row for row in rows if int(row["step"]) <= step]
        self.flush()

    def add(self, row: Mapping[str, str | int | float]) -> None:
        """Appends a row; columns that it has not stay empty."""
        self.rows.append({name: _text(row.get(name, "")) for name in COLUMNS})
        if self._write:
            with self._path.open("a", newline="") as file:
                csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(self.rows[-1])

    def flush(self) -> None:
        """Writes the whole file aside and renames it."""
        if self._write:
            write_atomically(self._path, csv_text(COLUMNS, ([*row.values()] for row in self.rows)))

    def last(self, kind: str) -> Row | None:
        """The last row of a kind."""
        return next((row for row in reversed(self.rows) if row["kind"] == kind), None)


def read_history(path: Path) -> list[Row]:
    """All whole rows of a history file."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if None not in row.values() and row.keys() == set(COLUMNS)]


def _text(value: str | int | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
