"""The results of a comparison: curves, a table of standings, figures and files."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from nasnet.experiments.compare.comparison import planned, recorded
from nasnet.experiments.compare.settings import Comparison
from nasnet.runtime.files import csv_text, write_atomically
from nasnet.search.statistics import BASELINE, Standing, interval_of_curves, standings

Curves = Mapping[str, np.ndarray]  # by controller [R, T]
_LINEAR_BELOW = 1e-3  # regrets below this can hardly be told apart on a logarithmic axis
_METHOD = (
    "mean and 95 % interval of the mean (Student's t) over runs; p: Mann-Whitney U, two-sided, "
    f"against {BASELINE}, Holm-corrected over all rows"
)


@dataclasses.dataclass(frozen=True)
class Report:
    """What a comparison found.

    Args:
        value: what is compared, such as "test accuracy".
        curves: the value of each run behind each evaluation, or each percent of its time, by
            controller, [R, T].
        best: the best value there is; None where nobody knows.
        seconds: of the runs, by controller.
        standings: every controller at every check point.
        source: one line about the table or the data.
        step: what the curves' points are numbered by.
    """

    value: str
    curves: Curves
    best: float | None
    seconds: Mapping[str, float]
    standings: Sequence[Standing]
    source: str
    step: str = "evaluations"


def staircase(incumbents: Sequence[Sequence[Any]], column: int, length: int) -> np.ndarray:
    """A curve [length] from entries [evaluations, ...]; NaN before the first."""
    curve = np.full(length, math.nan)
    for entry in incumbents:
        curve[entry[0] - 1 :] = entry[column]
    return curve


def table_report(comparison: Comparison, best: float) -> Report:
    """The report on runs on a table: what the best by the search's column have in the other."""
    settings = comparison.settings
    found: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    for run in planned(settings):
        if result := recorded(comparison, run):
            curve = staircase(result["incumbents"], 2, settings.length)
            found.setdefault(run.controller, []).append(curve)
            seconds.setdefault(run.controller, []).append(result["seconds"])
    return make_report(settings.report or "test accuracy", found, seconds, comparison, best)


def make_report(
    value: str,
    found: Mapping[str, Sequence[np.ndarray]],
    seconds: Mapping[str, Sequence[float]],
    comparison: Comparison,
    best: float | None = None,
) -> Report:
    """The report on the curves [T] of the runs that have ended."""
    settings = comparison.settings
    curves = {name: np.stack(found[name]) for name in settings.names if found.get(name)}
    rows = standings(curves, settings.checkpoints, larger_is_better=True) if curves else []
    means = {name: float(np.mean(seconds[name])) for name in curves}
    step = "evaluations" if settings.seconds is None else "percent of the time"
    return Report(value, curves, best, means, rows, comparison.source, step)


def write_report(report: Report, results: dict[str, Any], folder: Path, title: str) -> None:
    """Writes `results.json`, `curves.csv`, `runs.csv`, and the figures, each whole or not."""
    from nasnet import viz

    write_atomically(folder / "results.json", json.dumps(results, indent=2) + "\n")
    write_atomically(folder / "curves.csv", _curves_csv(report))
    write_atomically(folder / "runs.csv", _runs_csv(report))
    checkpoints = sorted({row.evaluations for row in report.standings})
    values = {report.value: report.curves}
    if report.best is not None:
        values["regret"] = {n: report.best - curve for n, curve in report.curves.items()}
    for what, curves in values.items():
        bands = {name: _band(curve) for name, curve in curves.items()}
        label, below = f"{what} of the best so far", None
        if what == "regret":
            label, below = f"regret in {report.value} of the best so far", _LINEAR_BELOW
        figure = viz.comparison_figure(
            bands,
            value=label,
            step=report.step,
            checkpoints=checkpoints,
            linear_below=below,
            title=title,
        )
        for suffix in ("png", "svg"):
            viz.save_figure(figure, folder / f"{what.split()[-1]}.{suffix}")


def _band(values: np.ndarray) -> Any:
    from nasnet import viz

    mean, low, high = (curve.tolist() for curve in interval_of_curves(values))
    return viz.Band(mean, low, high)


def document(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    rows = []
    for standing in report.standings:
        row = {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in dataclasses.asdict(standing).items()
        }
        if report.best is not None:
            row["regret"] = _regret(report, standing)
        rows.append(row)
    return {
        "source": report.source,
        "value": report.value,
        "best": report.best,
        "step": report.step,
        "method": _METHOD,
        "seconds_a_run": {name: round(value, 3) for name, value in report.seconds.items()},
        "never_better_than_random": never_better(report),
        "standings": rows,
    }


def never_better(report: Report) -> list[str]:
    """The controllers that beat random search at no check point."""
    others = [name for name in report.curves if name != BASELINE]
    won = {row.controller for row in report.standings if row.verdict == "better"}
    return [name for name in others if name not in won] if BASELINE in report.curves else []


def summary_table(report: Report) -> Table:
    """The standings for people; accuracies in percent."""
    percent = "accuracy" in report.value
    scale, digits = (100, 2) if percent else (1, 4)
    table = Table(
        title=f"{report.value} of the best so far{', in percent' if percent else ''}",
        caption=_METHOD,
        box=SIMPLE,
        pad_edge=False,
    )
    table.add_column("after", justify="right", no_wrap=True)
    table.add_column("controller", no_wrap=True)
    for name in ("runs", "mean", "95 %", *(["regret"] if report.best is not None else []), "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"vs. {BASELINE}", no_wrap=True)
    unit = "" if report.step == "evaluations" else " %"
    checkpoint = None
    for row in report.standings:
        first = row.evaluations != checkpoint
        if first and checkpoint is not None:
            table.add_section()
        checkpoint = row.evaluations
        reach = "" if math.isnan(row.low) else f"± {scale * (row.high - row.mean):.{digits}f}"
        point = f"{row.evaluations:,}{unit}" if first else ""
        cells = [point, row.controller, str(row.runs)]
        cells += [f"{scale * row.mean:.{digits}f}", reach]
        if report.best is not None:
            cells.append(f"{scale * _regret(report, row):.{digits}f}")
        cells.append("" if row.p_corrected is None else f"{row.p_corrected:.2g}")
        table.add_row(*cells, row.verdict or "")
    return table


def _regret(report: Report, row: Standing) -> float:
    """The mean of the runs' regrets, exactly 0 where all found the best."""
    return float(
        np.mean((report.best or 0.0) - report.curves[row.controller][:, row.evaluations - 1])
    )


def _curves_csv(report: Report) -> str:
    rows = []
    for name, values in report.curves.items():
        mean, low, high = interval_of_curves(values)
        for i in range(len(mean)):
            rows.append((name, i + 1, len(values), mean[i], low[i], high[i]))
    return _csv(("controller", report.step, "runs", "mean", "low", "high"), rows)


def _runs_csv(report: Report) -> str:
    checkpoints = sorted({row.evaluations for row in report.standings})
    rows = [
        (name, i, *(curve[checkpoint - 1] for checkpoint in checkpoints))
        for name, values in report.curves.items()
        for i, curve in enumerate(values)
    ]
    return _csv(("controller", "run", *(f"after_{n}" for n in checkpoints)), rows)


def _csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    return csv_text(header, ([f"{v:.6f}" if isinstance(v, float) else v for v in r] for r in rows))
