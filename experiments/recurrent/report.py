"""What came out of a search of recurrent cells."""

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasnet.cells.recurrent.reading import read_recurrent
from nasnet.experiments.console.lines import command, print_json, stdout
from nasnet.experiments.recurrent.driver import TRAININGS
from nasnet.experiments.recurrent.settings import RecurrentRun
from nasnet.runtime.files import write_atomically
from nasnet.search.statistics import interval

if TYPE_CHECKING:
    from rich.table import Table

FOUND = "found"


def results(run: RecurrentRun) -> list[dict[str, Any]]:
    """The results of all trainings that have ended, as JSON values."""
    paths = sorted((run.path / TRAININGS).glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


def summaries(rows: Sequence[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Perplexities of groups of trainings, the lowest on validation text first.

    Of a group the mean over all its trainings, on validation and on test text, and the 95 %
    interval of the latter's mean over seeds by Student's t; bits are of one symbol of test text.

    Args:
        rows: of `results`.
        by: "name" for each cell, "group" for the found and the random ones together.
    """
    found = []
    for name in dict.fromkeys(row[by] for row in rows):
        of = [row for row in rows if row[by] == name]
        by_seed: dict[int, list[float]] = {}
        for row in of:
            by_seed.setdefault(row["seed"], []).append(math.exp(row["test_loss"]))
        tests = [statistics.fmean(values) for values in by_seed.values()]
        mean, low, high = interval(np.array(tests))
        found.append(
            {
                by: name,
                "trainings": len(of),
                "seeds": len(tests),
                "units": of[0]["units"],
                "parameters": of[0]["parameters"],
                "val_perplexity": statistics.fmean(math.exp(row["val_loss"]) for row in of),
                "test_perplexity": mean,
                "test_interval": None if math.isnan(low) else [low, high],
                "bits": statistics.fmean(row["test_loss"] for row in of) / math.log(2),
            }
        )
    return sorted(found, key=lambda row: row["val_perplexity"])


def write_best(run: RecurrentRun, rows: Sequence[dict[str, Any]]) -> Path | None:
    """Keeps and draws the found cell with the lowest perplexity on validation text."""
    from nasnet import viz

    cells = {row["name"]: row["cell"] for row in rows if row["group"] == FOUND}
    ranks = summaries([row for row in rows if row["name"] in cells], "name")
    if not ranks:
        return None
    best = read_recurrent(json.dumps(cells[ranks[0]["name"]]))
    if best is None:
        raise ValueError(f"{run.path} has a found cell of an unknown format")
    write_atomically(run.best, best.to_json(indent=2) + "\n")
    title = f"{run.path.name}: validation perplexity {ranks[0]['val_perplexity']:.3f}"
    for suffix in ("svg", "png"):
        viz.draw_recurrent(best, run.path / f"best.{suffix}", title=title)
    return run.best


def print_results(run: RecurrentRun, *, as_json: bool) -> None:
    """Says what came out so far, and what to type next."""
    rows = results(run)
    best = write_best(run, rows)
    cells, groups = summaries(rows, "name"), summaries(rows, "group")
    document = {"run": str(run.path), "cells": cells, "groups": groups}
    write_atomically(run.path / "results.json", json.dumps(document, indent=2) + "\n")
    if as_json:
        print_json(document)
        return
    out = stdout()
    if rows:
        out.print(_table(cells, "name"))
        out.print(_table(groups, "group"))
    out.print(f"results are in {run.path}", soft_wrap=True)
    if best is not None:
        out.print(f"next: {command('nasnet', 'draw', best)}", soft_wrap=True)


def _table(rows: list[dict[str, Any]], by: str) -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column({"name": "cell", "group": "cells"}[by], no_wrap=True)
    for name in ("trained", "H", "parameters", "valid ppl", "test ppl (95 %)", "bits"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        test = f"{row['test_perplexity']:.3f}"
        if row["test_interval"] is not None:
            test += " ({:.3f} to {:.3f})".format(*row["test_interval"])
        counts = (str(row["trainings"]), str(row["units"]), f"{row['parameters']:,}")
        table.add_row(row[by], *counts, f"{row['val_perplexity']:.3f}", test, f"{row['bits']:.3f}")
    return table
