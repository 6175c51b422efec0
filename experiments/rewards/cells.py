"""The cells that rewards are measured on, and what is known of them: `cells.csv`."""

import csv
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasnet.cells import CellSpace, Genotype
from nasnet.controller import make_controller
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.rewards.settings import RewardSettings
from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.experiments.searching.starting import KnownCell, encoded

TABLE = "cells.csv"
RANDOM = "random"
_AT_ONCE = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Truth:
    """What a reward should rank as.

    Attributes:
        cells: the measured ones, in their order.
        accuracies: of each, the mean of its seeds, [K].
        icc: intraclass correlation of these means; 1 where each has but one seed.
    """

    cells: tuple[KnownCell, ...]
    accuracies: np.ndarray
    icc: float

    def of(self, keys: Sequence[str]) -> np.ndarray:
        """The accuracies of cells by their keys, NaN where one is not known, [K]."""
        known = {c.genotype.key: a for c, a in zip(self.cells, self.accuracies, strict=True)}
        return np.array([known.get(key, math.nan) for key in keys])


def read_truth(text: str) -> Truth:
    """What another measurement found: its run directory, or its `cells.csv`.

    Raises:
        NotFoundError: there is no such file.
        ValueError: the file is not such a table.
    """
    from nasnet.search.reliability import reliability, repeated

    path = Path(text) / TABLE if Path(text).is_dir() else Path(text)
    if not path.is_file():
        raise NotFoundError(f"truth {text} has no {TABLE}, expected the run of a reward-quality")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in (rows[0] if rows else {}) if name.startswith("accuracy_")]
    if not columns or "genotype" not in rows[0]:
        raise ValueError(
            f"{path} has the columns {', '.join(rows[0] if rows else ()) or 'none'}; expected "
            "genotype, accuracy_0 and so on"
        )
    cells, values = [], []
    for i, row in enumerate(rows):
        try:
            measured = [float(row[name]) for name in columns if row[name]]
            cell = KnownCell(row.get("origin") or RANDOM, Genotype.from_json(row["genotype"]))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}, row {i + 1}: {error}") from None
        if measured:
            cells.append(cell)
            values.append(measured)
    whole = [row for row in values if len(row) == len(columns)]
    icc = 1.0
    if len(columns) > 1 and len(whole) > 1:
        icc = repeated(reliability(np.array(whole)).icc, len(columns))
    return Truth(tuple(cells), np.array([np.mean(row) for row in values]), icc)


def measured_cells(settings: RewardSettings) -> list[tuple[KnownCell, tuple[int, ...]]]:
    """Cells and their choices in the space.

    Raises:
        NotFoundError: there is no such cell or truth.
        ValueError: a cell is not in the space, or there are too few.
    """
    space = settings.search_space()
    if settings.truth is not None:
        known = list(read_truth(settings.truth).cells)
        found = [(cell, _choices(cell, space)) for cell in known]
        found = found[settings.skip :][: settings.cells]
        if len(found) < 2:
            raise ValueError(
                f"truth {settings.truth} has {len(known)} cells and skip is {settings.skip}, "
                "expected at least 2 behind them"
            )
        return found
    known = [KnownCell(*resolve_cell(text)) for text in settings.start_from]
    found = [(cell, _choices(cell, space)) for cell in known]
    seen = {space.decode(choices).key for _, choices in found}
    controller = make_controller("random", space, seed=settings.seed)
    wanted = settings.skip + settings.cells
    while len(found) < wanted:
        for proposal in controller.propose(_AT_ONCE):
            genotype = space.decode(proposal.choices)
            if genotype.key not in seen and len(found) < wanted:
                seen.add(genotype.key)
                found.append((KnownCell(RANDOM, genotype), proposal.choices))
    return found[settings.skip : wanted]


def _choices(cell: KnownCell, space: CellSpace) -> tuple[int, ...]:
    try:
        return encoded(cell, space)
    except ValueError as error:
        raise ValueError(f"{cell.origin} is not in the space: {error}") from None
