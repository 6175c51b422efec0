"""The best cells of each controller, trained again at equal size."""

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from nasnet.cells import NASNET_A, network_cost
from nasnet.experiments.compare.comparison import planned, runs_folder
from nasnet.experiments.compare.searches import ended
from nasnet.experiments.compare.settings import Comparison
from nasnet.experiments.console.lines import millions, say
from nasnet.experiments.runs.run import clear_unmade
from nasnet.experiments.searching.report import top
from nasnet.experiments.searching.settings import SEARCH, SearchRun
from nasnet.experiments.training import driver
from nasnet.experiments.training.data import of_search, open_data
from nasnet.experiments.training.settings import TrainSettings
from nasnet.runtime.files import csv_text, write_atomically
from nasnet.stacking.architectures import ImageArchitecture, ImageFrame, read_architecture
from nasnet.stacking.network import CellNetwork

REFERENCE = "nasnet-a"
RESULT = "retrained.json"
_SPLITS = {"val": "validation", "test": "test"}
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


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A cell to train again.

    Args:
        name: of its folder.
        controller: that found it; the reference's own name for NASNet-A.
        genotype: its architecture.
        search_accuracy: its reward in the search; None for NASNet-A.
    """

    name: str
    controller: str
    genotype: ImageArchitecture
    search_accuracy: float | None = None


def candidates(comparison: Comparison) -> list[Candidate]:
    """The best different cells of each controller over all of its searches, and first NASNet-A.

    Where layers are searched, they are compared with each other alone.
    """
    settings = comparison.settings
    found = [Candidate(REFERENCE, REFERENCE, NASNET_A)] if settings.search.of_cells else []
    for name in settings.names:
        trials = [
            trial
            for run in planned(settings)
            if run.controller == name
            for trial in ended(runs_folder(comparison) / run.name)
            if not trial.origin  # what all searches started from, none of them has found
        ]
        best = {trial.key: trial for trial in reversed(top(trials, len(trials)))}
        ranked = sorted(best.values(), key=lambda trial: -(trial.reward or 0.0))
        for place, trial in enumerate(ranked[: settings.retrain], start=1):
            architecture = read_architecture(trial.genotype)
            found.append(Candidate(f"{name}-{place}", name, architecture, trial.reward))
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


def read(comparison: Comparison) -> list[dict[str, Any]]:
    """The rows of `retrain_all`."""
    return json.loads((comparison.path / RESULT).read_text())


def retrain_all(comparison: Comparison) -> None:
    """Trains the best cells with one recipe and equal numbers of parameters, and NASNet-A.

    NASNet-A has the plan's filters; the others have as many as bring them to its parameters, or as
    close below as possible; layers are what they are. What was trained before stays.
    `retrained.csv` and `retrained.json` have a row for each cell.
    """
    settings = comparison.settings
    final = dataclasses.replace(settings.final, data=settings.data)
    searched = [
        SEARCH.open(path)
        for run in planned(settings)
        if ended(path := runs_folder(comparison) / run.name)
    ]
    final = of_search(final, searched)
    dataset = open_data(final, searched).dataset
    frame = ImageFrame(final.stack, dataset.image_shape, len(dataset.classes))
    chosen = candidates(comparison)
    rows = []
    for i, candidate in enumerate(chosen):
        filters, network = None, frame.network(candidate.genotype)
        if isinstance(network, CellNetwork):
            filters = final.stack.filters
            if candidate.name != REFERENCE:
                cost, _ = network_cost(frame.network(NASNET_A))
                filters = filters_within(network, cost.trainable_parameters)
        size = "" if filters is None else f", {filters} filters"
        say(f"training {i + 1} of {len(chosen)}: {candidate.name}{size}")
        plan = final.stack if filters is None else dataclasses.replace(final.stack, filters=filters)
        wanted = dataclasses.replace(final, stack=plan)
        path = comparison.path / "retrained" / candidate.name
        result = _train(path, candidate, wanted, searched)
        values = {**dataclasses.asdict(candidate), **result, "filters": filters}
        rows.append({column: values[column] for column in _COLUMNS})
        _write(comparison.path, rows)


def _train(
    path: Path, candidate: Candidate, settings: TrainSettings, searched: Sequence[SearchRun]
) -> dict[str, Any]:
    clear_unmade(path)
    if (path / "result.json").is_file():
        found = read_architecture((path / "genotype.json").read_text())
        if found == candidate.genotype:
            return json.loads((path / "result.json").read_text())
        shutil.rmtree(path)  # more searches have found a better cell for this place
    if path.is_dir():
        run = driver.reopen(path, settings)
    else:
        run = driver.begin(settings, candidate.name, candidate.genotype, path, searched)
    return driver.train(run)


def _write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    from nasnet import viz

    write_atomically(folder / RESULT, json.dumps(rows, indent=2) + "\n")
    table = csv_text(_COLUMNS, ([row[column] for column in _COLUMNS] for row in rows))
    write_atomically(folder / "retrained.csv", table)
    # The searches may have seen all images, and then there are none to test with.
    split = "val" if rows[0]["test_accuracy"] is None else "test"
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(row["controller"], []).append(row[f"{split}_accuracy"])
    value = f"{_SPLITS[split]} accuracy after training{' at equal size' * (REFERENCE in groups)}"
    reference = REFERENCE if REFERENCE in groups else None
    figure = viz.groups_figure(groups, value=value, reference=reference)
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
            "" if row["filters"] is None else str(row["filters"]),
            f"{row['parameters']:,}",
            millions(row["mult_adds"]),
            f"{row['val_accuracy']:.4f}",
            "" if row["test_accuracy"] is None else f"{row['test_accuracy']:.4f}",
        )
    return table
