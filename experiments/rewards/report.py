"""What measurements of rewards say: reliability, rank correlation with a truth, and the price."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from nasnet.experiments.rewards.cells import TABLE, Truth
from nasnet.runtime.files import csv_text, write_atomically
from nasnet.search.rank_correlation import mean_tau, tau_interval
from nasnet.search.reliability import reliability, repeated, tau_ceiling
from nasnet.search.trial import Trial

Measured = Sequence[Sequence[Trial]]  # of each cell its seeds
ACCURACY = "accuracy"
_COUNTS = ("parameters", "mult_adds")


@dataclasses.dataclass(frozen=True, slots=True)
class Quality:
    """How good a score of cells is as a reward.

    Attributes:
        reward: the measurement's name.
        score: what is taken of a measured child: its reward, or another of its metrics.
        cells: that have the score from every seed.
        seeds: measurements of each.
        mean: of all.
        between: standard deviation between cells, without that of seeds.
        within: standard deviation between seeds of a cell; None with one seed.
        icc: intraclass correlation, the cells' share of a measurement's variance; None likewise.
        icc_low: lower end of its 95 % interval.
        icc_high: upper end.
        ceiling: the highest tau that the noise leaves, that of the truth included; None likewise.
        tau: Kendall's tau of one seed with the truth, the mean over seeds; None without a truth.
        tau_low: lower end of its 95 % bootstrap interval over cells.
        tau_high: upper end.
        tau_of_mean: tau of the mean of all seeds, which costs so many times as much.
        cpu_seconds: median for one measurement.
    """

    reward: str
    score: str
    cells: int
    seeds: int
    mean: float
    between: float
    within: float | None
    icc: float | None
    icc_low: float | None
    icc_high: float | None
    ceiling: float | None
    tau: float | None
    tau_low: float | None
    tau_high: float | None
    tau_of_mean: float | None
    cpu_seconds: float


def scores(trial: Trial, evaluator: str) -> dict[str, float]:
    """Everything by which a measured child may be judged, larger being better.

    Args:
        trial: a complete one.
        evaluator: what gave the reward.
    """
    metrics = trial.metrics
    found = {evaluator: trial.reward} if "val_accuracy" not in metrics else {}
    if "val_accuracy" in metrics:
        found[ACCURACY] = metrics["val_accuracy"]
        found["loss"] = -metrics["val_loss"]
        for epoch in metrics.get("epochs", ()):
            at = "" if epoch["number"] == len(metrics["epochs"]) else f" {epoch['number']}"
            found[f"training loss{at}"] = -epoch["loss"]
            found[f"training accuracy{at}"] = epoch["accuracy"]
    return {name: float(value) for name, value in found.items() if value is not None}


def qualities(
    reward: str, measured: Measured, evaluator: str, truth: Truth | None = None
) -> list[Quality]:
    """Every score of a measurement, as far as two cells have it from all seeds.

    Args:
        reward: the measurement's name.
        measured: its trials, done or not.
        evaluator: what gave the rewards.
        truth: what the scores are compared with.
    """
    whole = [seeds for seeds in measured if all(t.state == "complete" for t in seeds)]
    if len(whole) < 2:
        return []
    keys = [seeds[0].key for seeds in whole]
    accuracies = None if truth is None else truth.of(keys)
    seconds = [t.metrics.get("cpu_seconds", t.seconds) for seeds in whole for t in seeds]
    table = [[scores(trial, evaluator) for trial in seeds] for seeds in whole]
    rows = []
    for name in table[0][0]:
        values = np.array([[scored[name] for scored in seeds] for seeds in table])
        rows.append(_quality(reward, name, values, accuracies, truth, float(np.median(seconds))))
    return rows


def _quality(
    reward: str,
    score: str,
    values: np.ndarray,
    accuracies: np.ndarray | None,
    truth: Truth | None,
    seconds: float,
) -> Quality:
    found = reliability(values)
    tau = low = high = of_mean = None
    if accuracies is not None and truth is not None:
        known = np.isfinite(accuracies)
        if known.sum() >= 3:
            compared = values[known], accuracies[known]
            tau, (low, high) = mean_tau(*compared), tau_interval(*compared)
            of_mean = mean_tau(compared[0].mean(1, keepdims=True), compared[1])
    icc = _finite(found.icc)
    ceiling = None if icc is None else tau_ceiling(icc, 1.0 if truth is None else truth.icc)
    return Quality(
        reward=reward,
        score=score,
        cells=found.architectures,
        seeds=found.seeds,
        mean=found.mean,
        between=found.between,
        within=_finite(found.within),
        icc=icc,
        icc_low=_finite(found.icc_low),
        icc_high=_finite(found.icc_high),
        ceiling=ceiling,
        tau=_finite(tau),
        tau_low=_finite(low),
        tau_high=_finite(high),
        tau_of_mean=_finite(of_mean),
        cpu_seconds=seconds,
    )


def document(rows: Sequence[Quality]) -> list[dict[str, Any]]:
    """The rows as JSON values."""
    return [
        {name: round(v, 4) if isinstance(v, float) else v for name, v in row.items()}
        for row in map(dataclasses.asdict, rows)
    ]


def write(folder: Path, measured: Measured, rows: Sequence[Quality], evaluator: str) -> None:
    """Writes `reward.json`, the rows, and `cells.csv`, a line a cell."""
    write_atomically(folder / "reward.json", json.dumps(document(rows), indent=2) + "\n")
    found = [[_scored(trial, evaluator) for trial in seeds] for seeds in measured]
    names = list(dict.fromkeys(name for seeds in found for scored in seeds for name in scored))
    count = max(map(len, measured), default=0)
    # One column a seed; what belongs to the network alone has one.
    head = ["number", "origin", "key", *_COUNTS]
    head += [f"{name}_{i}".replace(" ", "_") for name in names for i in range(count)]
    head += [*(f"cpu_seconds_{i}" for i in range(count)), "genotype"]
    table = []
    for number, (seeds, scored) in enumerate(zip(measured, found, strict=True)):
        network = next((t.metrics for t in seeds if t.state == "complete"), {})
        line: list[Any] = [number, seeds[0].origin, seeds[0].key]
        line += [network.get(name) for name in _COUNTS]
        line += [_written(scored[i].get(n)) for n in names for i in range(count)]
        line += [seeds[i].metrics.get("cpu_seconds") for i in range(count)]
        table.append([*line, seeds[0].genotype])
    write_atomically(folder / TABLE, csv_text(head, table))


def summary_tables(rows: Sequence[Quality]) -> list[Table]:
    """The rows for a person: how far they are luck and, where there is a truth, how they rank."""
    several = len({row.reward for row in rows}) > 1
    names = [f"{row.reward}: {row.score}" if several else row.score for row in rows]
    noise = [
        (
            f"{row.mean:.3f}",
            f"{row.between:.4f}",
            _digits(row.within, 4),
            _with_interval(row.icc, row.icc_low, row.icc_high),
            f"{row.cpu_seconds:.1f}",
        )
        for row in rows
    ]
    title = f"rewards of {rows[0].cells} cells"
    tables = [_table(title, names, ("mean", "sd cells", "sd seeds", "ICC (95 %)", "CPU s"), noise)]
    if any(row.tau is not None for row in rows):
        ranks = [
            (
                _with_interval(row.tau, row.tau_low, row.tau_high),
                _digits(row.tau_of_mean),
                _digits(row.ceiling),
                f"{row.cpu_seconds:.1f}",
            )
            for row in rows
        ]
        title = "rank correlation with the truth"
        head = ("tau (95 %)", "of the mean of all seeds", "at most", "CPU s")
        tables.append(_table(title, names, head, ranks))
    return tables


def _table(
    title: str, names: Sequence[str], head: Sequence[str], lines: Sequence[Sequence[str]]
) -> Table:
    table = Table(title=title, box=SIMPLE, pad_edge=False)
    table.add_column("score", overflow="fold")
    for name in head:
        table.add_column(name, justify="right", no_wrap=True)
    for name, line in zip(names, lines, strict=True):
        table.add_row(name, *line)
    return table


def luck(rows: Sequence[Quality]) -> str:
    """A sentence on how far the first score is luck; empty where nothing can be said."""
    row = rows[0]
    if row.icc is None:
        return ""
    three = repeated(row.icc, 3)
    return (
        f"{1 - row.icc:.0%} of what tells two rewards ({row.score}) apart is luck; of the mean of "
        f"three seeds {1 - three:.0%}"
    )


def draw(rows: Sequence[Quality], path: Path, title: str) -> None:
    """Draws tau against CPU-seconds, a point a row that has both.

    Raises:
        ValueError: no row has them.
    """
    from nasnet import viz

    points = [
        viz.RewardPoint(
            f"{row.reward}: {row.score}", row.cpu_seconds, row.tau, (row.tau_low, row.tau_high)
        )
        for row in rows
        if row.tau is not None and row.tau_low is not None and row.tau_high is not None
    ]
    viz.save_figure(viz.rewards_figure(points, title=title), path)


def _scored(trial: Trial, evaluator: str) -> Mapping[str, float]:
    return scores(trial, evaluator) if trial.state == "complete" else {}


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _digits(value: float | None, count: int = 2) -> str:
    return "" if value is None else f"{value:.{count}f}"


def _with_interval(value: float | None, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return _digits(value)
    return f"{_digits(value)} ({low:.2f} to {high:.2f})"
