"""A comparison by real searches, and the best cells of each controller trained at equal size."""

import csv
import dataclasses
import io
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from nasnet.cells import NASNET_A, Genotype, network_cost
from nasnet.experiments.compare.comparison import ComparisonFolder, Run, planned
from nasnet.experiments.compare.report import Report, make_report
from nasnet.experiments.compare.settings import CompareSettings
from nasnet.experiments.console.progress import say
from nasnet.experiments.console.reporting import millions, reward_name, top
from nasnet.experiments.networks.cell_argument import read_trials
from nasnet.experiments.runs.directory import SEARCH, RunDirectory, clear_unmade
from nasnet.experiments.searching import driver
from nasnet.experiments.searching.settings import SearchSettings, TrainSettings, pinned
from nasnet.experiments.training import driver as training
from nasnet.runtime.files import write_atomically
from nasnet.search.trial import Trial
from nasnet.stacking.network import CellFrame, CellNetwork

REFERENCE = "nasnet-a"
_COLUMNS = (
    "name",
    "controller",
    "search_accuracy",
    "filters",
    "parameters",
    "mult_adds",
    "val_accuracy",
    "test_accuracy",
)


def run_all(folder: ComparisonFolder, settings: CompareSettings) -> bool:
    """Makes or ends the searches that are missing; False where Ctrl-C came first.

    Raises:
        ValueError: the settings or the data cannot be used, or a search had other settings.
    """
    runs = list(planned(settings))
    for i, run in enumerate(runs):
        wanted, path = search_settings(settings, run), folder.runs / run.name
        clear_unmade(path)
        if finished(path, settings.budget):
            continue
        say(f"search {i + 1} of {len(runs)}: {run.name}")
        directory = driver.reopen(path, wanted) if path.is_dir() else driver.begin(wanted, path)
        if not driver.run_search(directory, wanted):
            return False
    return True


def search_settings(settings: CompareSettings, run: Run) -> SearchSettings:
    """The settings of one search of the comparison."""
    return dataclasses.replace(
        settings.search,
        data=settings.data,
        trials=settings.budget,
        controller=settings.chosen[run.controller].text,
        seed=run.seed,
    )


def finished(path: Path, trials: int) -> bool:
    """Whether a search is there and has ended."""
    return len(_ended(path)) >= trials


def _ended(path: Path) -> list[Trial]:
    if not (path / "config.json").is_file():
        return []
    return [trial for trial in read_trials(RunDirectory(path, SEARCH)) if trial.done]


def search_report(folder: ComparisonFolder, settings: CompareSettings) -> Report:
    """The report on the searches that have ended: the reward of the best so far."""
    found: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    for run in planned(settings):
        trials = _ended(folder.runs / run.name)[: settings.budget]
        if len(trials) == settings.budget:
            rewards = [trial.reward if trial.state == "complete" else -math.inf for trial in trials]
            found.setdefault(run.controller, []).append(_running_best(rewards))
            seconds.setdefault(run.controller, []).append(sum(trial.seconds for trial in trials))
    source = folder.read_config()["source"]
    return make_report(reward_name(settings.search), found, seconds, settings, source)


def _running_best(rewards: Sequence[float | None]) -> np.ndarray:
    """The best so far; before the first child that did not fail, the worst of those that did not.

    Args:
        rewards: of any size and sign, [T]; minus infinity for a child that failed.
    """
    values = np.array(rewards, np.float64)
    worst = values[np.isfinite(values)].min(initial=np.inf)
    return np.maximum.accumulate(np.maximum(values, worst if np.isfinite(worst) else 0.0))


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A cell to train again.

    Args:
        name: of its folder.
        controller: that found it; the reference's own name for NASNet-A.
        genotype: the cell.
        search_accuracy: its reward in the search; None for NASNet-A.
    """

    name: str
    controller: str
    genotype: Genotype
    search_accuracy: float | None = None


def candidates(folder: ComparisonFolder, settings: CompareSettings) -> list[Candidate]:
    """NASNet-A, and the best different cells of each controller over all of its searches."""
    found = [Candidate(REFERENCE, REFERENCE, NASNET_A)]
    for name in settings.names:
        trials = [
            trial
            for run in planned(settings)
            if run.controller == name
            for trial in _ended(folder.runs / run.name)
        ]
        best = {trial.key: trial for trial in reversed(top(trials, len(trials)))}
        ranked = sorted(best.values(), key=lambda trial: -(trial.reward or 0.0))
        for place, trial in enumerate(ranked[: settings.retrain], start=1):
            genotype = Genotype.from_json(trial.genotype)
            found.append(Candidate(f"{name}-{place}", name, genotype, trial.reward))
    return found


def filters_within(network: CellNetwork, parameters: int) -> int:
    """The most filters with which a network has at most so many trainable parameters.

    Raises:
        ValueError: even the fewest filters give more.
    """

    def count(filters: int) -> int:
        stack = dataclasses.replace(network.stack, filters=filters)
        return network_cost(dataclasses.replace(network, stack=stack))[0].trainable_parameters

    low = 2**network.stack.stem_cells
    if count(low) > parameters:
        raise ValueError(
            f"network with {low} filters has {count(low):,} parameters, expected at most "
            f"{parameters:,}"
        )
    high = 2 * low
    while count(high) <= parameters:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) <= parameters else (low, middle)
    return low


def retrain_all(folder: ComparisonFolder, settings: CompareSettings) -> list[dict[str, Any]]:
    """Trains the best cells with one recipe and equal numbers of parameters, and NASNet-A.

    NASNet-A has the plan's filters; the others have as many as bring them to its parameters, or as
    close below as possible. What was trained before stays.

    Returns:
        A row for each cell; they are in `retrained.csv` and `retrained.json`, too.
    """
    final = dataclasses.replace(settings.final, data=settings.data)
    dataset = training.load_with_test(final)
    final = pinned(final, dataset.name)
    frame = CellFrame(final.stack, dataset.image_shape, len(dataset.classes))
    cost, _ = network_cost(frame.network(NASNET_A))
    chosen = candidates(folder, settings)
    rows = []
    for i, candidate in enumerate(chosen):
        filters = final.stack.filters
        if candidate.name != REFERENCE:
            limit = cost.trainable_parameters
            filters = filters_within(frame.network(candidate.genotype), limit)
        plan = dataclasses.replace(final.stack, filters=filters)
        say(f"training {i + 1} of {len(chosen)}: {candidate.name}, {filters} filters")
        wanted = dataclasses.replace(final, stack=plan)
        result = _train(folder.path / "retrained" / candidate.name, candidate, wanted)
        values = {**dataclasses.asdict(candidate), **result, "filters": filters}
        rows.append({column: values[column] for column in _COLUMNS})
        _write(folder.path, rows)
    return rows


def _train(path: Path, candidate: Candidate, settings: TrainSettings) -> dict[str, Any]:
    clear_unmade(path)
    if (path / "result.json").is_file():
        found = Genotype.from_json((path / "genotype.json").read_text())
        if found == candidate.genotype:
            return json.loads((path / "result.json").read_text())
        shutil.rmtree(path)  # more searches have found a better cell for this place
    if path.is_dir():
        run = training.reopen(path, settings)
    else:
        run = training.begin(settings, candidate.name, candidate.genotype, path)
    return training.train(run)


def _write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    from nasnet import viz

    write_atomically(folder / "retrained.json", json.dumps(rows, indent=2) + "\n")
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(folder / "retrained.csv", text.getvalue())
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(row["controller"], []).append(row["test_accuracy"])
    value = "test accuracy after training at equal size"
    figure = viz.groups_figure(groups, value=value, reference=REFERENCE)
    for suffix in ("png", "svg"):
        viz.save_figure(figure, folder / f"retrained.{suffix}")


def retrained_table(rows: Sequence[dict[str, Any]]) -> Table:
    """The cells that were trained again, for people."""
    table = Table(title="trained at equal size", box=SIMPLE, pad_edge=False)
    table.add_column("cell", no_wrap=True)
    for name in ("filters", "parameters", "mult-adds", "validation", "test"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row["name"],
            str(row["filters"]),
            f"{row['parameters']:,}",
            millions(row["mult_adds"]),
            f"{row['val_accuracy']:.4f}",
            f"{row['test_accuracy']:.4f}",
        )
    return table
