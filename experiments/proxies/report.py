"""What a comparison of proxies says: rank correlations, as JSON, CSV, a table and a figure."""

import dataclasses
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from nasnet.runtime.files import csv_text, write_atomically
from nasnet.search.rank_correlation import kendall_tau, spearman, tau_interval, top_recall
from nasnet.search.trial import Trial

TOP = 10
_LOGARITHMS = ("synflow", "parameters", "mult_adds")


@dataclasses.dataclass(frozen=True, slots=True)
class Quality:
    """How well one proxy ranks cells.

    Attributes:
        proxy: its name.
        cells: how many have both the proxy and an accuracy.
        tau: Kendall's tau-b with the accuracy of the stand-alone child.
        tau_low: lower end of its 95 % bootstrap interval.
        tau_high: upper end.
        spearman: Spearman's rho.
        top_recall: share of the truly best tenth, at least `TOP` cells, among the proxy's best.
        seconds: median for one cell.
    """

    proxy: str
    cells: int
    tau: float
    tau_low: float
    tau_high: float
    spearman: float
    top_recall: float
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """One cell: number, key, accuracy alone (None where it failed), and proxies by name."""

    number: int
    key: str
    accuracy: float | None
    seconds: float
    proxies: dict[str, dict[str, Any]]


def join(children: Sequence[Trial], measured: Sequence[Trial]) -> list[Cell]:
    """The cells that both have ended, in order.

    Raises:
        ValueError: the two are not of the same cells.
    """
    cells = []
    for child, proxies in zip(children, measured, strict=False):
        if child.key != proxies.key:
            raise ValueError(
                f"cell {child.number} is {child.key} among children and {proxies.key} among "
                "proxies, expected the same"
            )
        if child.done and proxies.done:
            accuracy = child.reward if child.state == "complete" else None
            found = proxies.measured if proxies.state == "complete" else {}
            cells.append(Cell(child.number, child.key, accuracy, child.seconds, found))
    return cells


def qualities(cells: Sequence[Cell]) -> list[Quality]:
    """Every proxy, the best tau first."""
    rows = []
    for name in dict.fromkeys(name for cell in cells for name in cell.proxies):
        pairs = [
            (cell.proxies[name]["reward"], cell.accuracy)
            for cell in cells
            if cell.accuracy is not None and cell.proxies.get(name, {}).get("reward") is not None
        ]
        if len(pairs) < 3:
            continue
        x, y = np.array(pairs, float).T
        seconds = [cell.proxies[name]["seconds"] for cell in cells if name in cell.proxies]
        low, high = tau_interval(x, y)
        rows.append(
            Quality(
                name,
                len(pairs),
                kendall_tau(x, y),
                low,
                high,
                spearman(x, y),
                top_recall(x, y, min(TOP, len(pairs))),
                float(np.median(seconds)),
            )
        )
    return sorted(rows, key=lambda row: -math.inf if math.isnan(row.tau) else row.tau, reverse=True)


def document(cells: Sequence[Cell], rows: Sequence[Quality]) -> dict[str, Any]:
    """All of it as JSON values."""
    known = [cell.accuracy for cell in cells if cell.accuracy is not None]
    accuracy: dict[str, Any] = {"cells": len(known)}
    if known:
        values = np.array(known)
        for name in ("mean", "std", "min", "max"):
            accuracy[name] = round(float(getattr(values, name)()), 4)
        accuracy["seconds"] = round(float(np.median([cell.seconds for cell in cells])), 2)
    return {
        "stand_alone_accuracy": accuracy,
        "top": min(TOP, len(known)),
        "proxies": [
            {name: _rounded(value) for name, value in dataclasses.asdict(row).items()}
            for row in rows
        ],
        "cells": [dataclasses.asdict(cell) for cell in cells],
    }


def write(cells: Sequence[Cell], rows: Sequence[Quality], folder: Path, title: str) -> None:
    """Writes `proxies.json`, `proxies.csv` (a row a cell) and `proxies.png`."""
    from nasnet import viz

    text = json.dumps(document(cells, rows), indent=2, allow_nan=False) + "\n"
    write_atomically(folder / "proxies.json", text)
    names = [row.proxy for row in rows]
    table = [
        (c.number, c.key, c.accuracy, *(c.proxies.get(n, {}).get("reward") for n in names))
        for c in cells
    ]
    head = ("number", "key", "accuracy", *names)
    write_atomically(folder / "proxies.csv", csv_text(head, table))
    panels = [
        viz.ProxyPanel(
            row.proxy.replace("_", " ") + (", log10" if row.proxy in _LOGARITHMS else ""),
            [cell.proxies.get(row.proxy, {}).get("reward") for cell in cells],
            row.tau,
            (row.tau_low, row.tau_high),
        )
        for row in rows
    ]
    figure = viz.proxies_figure([cell.accuracy for cell in cells], panels, title=title)
    viz.save_figure(figure, folder / "proxies.png")


def summary_table(rows: Sequence[Quality]) -> Table:
    """The proxies as a table, the best first."""
    table = Table(title=f"rank correlation with accuracy alone, {rows[0].cells} cells")
    table.add_column("proxy", no_wrap=True)
    for name in ("tau", "95 %", "rho", f"top {TOP}", "s a cell"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.proxy,
            f"{row.tau:.2f}",
            f"{row.tau_low:.2f} to {row.tau_high:.2f}",
            f"{row.spearman:.2f}",
            f"{row.top_recall:.1f}",
            f"{row.seconds:.2f}",
        )
    return table


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 4) if math.isfinite(value) else None
