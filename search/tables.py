"""Evaluation by look-up: what others measured once, so that controllers can be compared in seconds.

A table has columns to search on, one for each budget that was measured, and one to report, which no
controller sees.
"""

import csv
import dataclasses
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Decision, TableSpace
from nasnet.search.evaluators.base import Evaluator
from nasnet.search.tasks import Evaluation, Stage, Train

SUFFIXES = (".csv", ".csv.gz", ".npz")


@dataclasses.dataclass(frozen=True, slots=True)
class Columns:
    """Where a table keeps what.

    Args:
        names: the columns that together name an architecture.
        search: validation accuracy, the reward; of several budgets, the smallest first.
        report: test accuracy.
        scale: by which accuracies are multiplied to lie in 0 to 1: 0.01 for percent.
    """

    names: tuple[str, ...]
    search: tuple[str, ...]
    report: str
    scale: float = 1.0


class Table:
    """Accuracies by the name of an architecture.

    Args:
        source: what errors call the table.
        names: of the rows, all different, [N].
        search: validation accuracy at each budget, [S, N].
        report: test accuracy, [N].

    Raises:
        ValueError: a name comes twice, or a value is not a finite number.
    """

    def __init__(
        self, source: str, names: Iterable[str], search: np.ndarray, report: np.ndarray
    ) -> None:
        self.source = source
        self.rows = {name: i for i, name in enumerate(names)}
        self.search, self.report = search, report
        for what, values in (*(("search", column) for column in search), ("report", report)):
            if len(values) != len(self.rows):
                raise ValueError(
                    f"table {source} has {len(self.rows)} different names in {len(values)} rows, "
                    "expected each once"
                )
            if not np.isfinite(values).all():
                row = int(np.flatnonzero(~np.isfinite(values))[0])
                raise ValueError(
                    f"table {source}: {what} value of row {row + 1} is {values[row]}, "
                    "expected a finite number"
                )
        if not self.rows:
            raise ValueError(f"table {source} has 0 rows, expected at least 1")

    def row(self, name: str) -> int:
        """The row of an architecture.

        Raises:
            ValueError: there is none.
        """
        if name not in self.rows:
            raise ValueError(f"table {self.source} has no row {name!r}, expected one")
        return self.rows[name]

    def check_covers(self, names: Iterable[str]) -> None:
        """Raises ValueError unless every one of `names` has a row."""
        wanted = list(dict.fromkeys(names))
        missing = [name for name in wanted if name not in self.rows]
        if missing:
            raise ValueError(
                f"table {self.source} has no row {missing[0]!r} and lacks {len(missing):,} of "
                f"{len(wanted):,} architectures, expected all of the space"
            )


@dataclasses.dataclass(frozen=True)
class TableLookup(Evaluator[Train[Any]]):
    """An evaluator whose reward is the table's validation accuracy at the last budget.

    Args:
        table: where to look.
        name: an architecture's name there.
    """

    table: Table
    name: Callable[[Any], str]

    def __call__(self, task: Train[Any], /) -> Evaluation:
        """The architecture's row; what it names as test accuracy is left out."""
        row = self.table.row(self.name(task.architecture))
        return Evaluation(float(self.table.search[-1][row]))


@dataclasses.dataclass(frozen=True)
class StagedLookup(Evaluator[Stage[Any]]):
    """The same of a search with budgets: a stage's epochs count the budgets, from 1.

    Args:
        table: where to look.
        name: an architecture's name there.
    """

    task = Stage

    table: Table
    name: Callable[[Any], str]

    def __call__(self, task: Stage[Any], /) -> Evaluation:
        """The architecture's row at the stage's budget."""
        row = self.table.row(self.name(task.architecture))
        return Evaluation(float(self.table.search[task.epochs - 1][row]))


def read_table(path: Path, columns: Columns) -> Table:
    """A table from a file with the suffix .csv, .csv.gz or .npz (one array [N] a column).

    Raises:
        ValueError: there is no such file, it cannot be read as its suffix says, a column is
            missing, or a value is no number.
    """
    found = _read(path, (*columns.names, *columns.search, columns.report))
    *search, report = (
        _numbers(path, column, found[column]) * columns.scale
        for column in (*columns.search, columns.report)
    )
    named = zip(*(map(str, found[column]) for column in columns.names), strict=True)
    return Table(str(path), map(",".join, named), np.stack(search), report)


def read_space(path: Path, decisions: Sequence[str]) -> TableSpace:
    """The space whose decisions are columns of a table, with all of their different values.

    Raises:
        ValueError: there is no such file, it cannot be read as its suffix says, or a column is
            missing or given twice.
    """
    if len({*decisions}) < len(decisions):
        raise ValueError(f"decisions is {', '.join(decisions)}, expected different columns")
    found = _read(path, decisions)
    return TableSpace(
        Decision(column, tuple(sorted({*map(str, found[column])}, key=_in_order)))
        for column in decisions
    )


def _in_order(value: str) -> tuple[float, str]:
    """By size where values are numbers."""
    try:
        return float(value), value
    except ValueError:
        return float("inf"), value


def _read(path: Path, wanted: Iterable[str]) -> Mapping[str, Any]:
    """The columns of a file, all of `wanted` among them."""
    if not path.name.lower().endswith(SUFFIXES):
        raise ValueError(f"table is {path.name!r}, expected a file ending in {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise ValueError(f"table is {str(path)!r}, expected a file that exists")
    data = path.read_bytes()
    try:
        found = _npz(data) if path.suffix.lower() == ".npz" else _csv(data, path)
    except (ValueError, OSError, EOFError, zlib.error, zipfile.BadZipFile, csv.Error) as error:
        raise ValueError(f"table {path} cannot be read: {error}") from None
    for column in wanted:
        if column not in found:
            known = ", ".join(found) or "none"
            raise ValueError(f"table {path} has no column {column!r}, expected one of: {known}")
    return found


def _csv(data: bytes, path: Path) -> Mapping[str, Any]:
    """Columns of text, by the names in the first line."""
    text = (gzip.decompress(data) if path.suffix.lower() == ".gz" else data).decode()
    header, *rows = csv.reader(io.StringIO(text), strict=True) or [[]]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} values, expected {len(header)}")
    return (
        dict(zip(header, zip(*rows, strict=True), strict=True))
        if rows
        else dict.fromkeys(header, ())
    )


def _npz(data: bytes) -> Mapping[str, Any]:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        columns = {name: archive[name] for name in archive.files}
    for name, column in columns.items():
        if column.ndim != 1:
            raise ValueError(f"array {name} has {column.ndim} axes, expected 1")
    return columns


def _numbers(path: Path, column: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values, np.float64)
    except (ValueError, TypeError):
        for row, value in enumerate(values, start=1):
            try:
                float(value)
            except (ValueError, TypeError):
                raise ValueError(
                    f"table {path}: {column} of row {row} is {value!r}, expected a number"
                ) from None
        raise
