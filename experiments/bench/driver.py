"""A table of our own: every network of a small space, trained once, so that look-ups replace it."""

import contextlib
import functools
import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nasnet.cells.spaces.operations import OperationSpace
from nasnet.controller.protocol import Proposal
from nasnet.data import sources
from nasnet.experiments.bench.settings import BENCH_TABLE, BenchTableRun, BenchTableSettings
from nasnet.experiments.runs.images import begin_on_images
from nasnet.experiments.searching.running import carry_out, start_pool
from nasnet.experiments.training.data import open_data
from nasnet.experiments.training.settings import TrainSettings
from nasnet.runtime.files import csv_text, write_atomically
from nasnet.search.evaluators import TrainChild
from nasnet.search.loop import Search
from nasnet.search.settings import LoopSettings
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.network import CellFrame

COLUMNS = (
    "key",
    "choices",
    "val_accuracy",
    "test_accuracy",
    "parameters",
    "mult_adds",
    "seconds",
    "seed",
)


class Enumeration:
    """A controller that proposes given choices one after the other, and learns nothing.

    Args:
        choices: what is proposed, one option's index for each decision.
    """

    def __init__(self, choices: Sequence[tuple[int, ...]]) -> None:
        self._choices, self._next = choices, 0

    def propose(self, count: int) -> list[Proposal]:
        """The next proposals."""
        self._next += count
        return [Proposal(choices) for choices in self._choices[self._next - count : self._next]]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """There is nothing to learn."""

    def state(self) -> bytes:
        """The number of proposals made."""
        return str(self._next).encode()

    def restore(self, state: bytes) -> None:
        """Goes on behind so many proposals."""
        self._next = int(state)


def different_networks(space: OperationSpace) -> list[tuple[int, ...]]:
    """The choices of each network of the space, the first where several stand for one."""
    first: dict[str, tuple[int, ...]] = {}
    for choices in space:
        first.setdefault(space.decode(choices).key, choices)
    return list(first.values())


def begin(settings: BenchTableSettings, path: Path | None) -> BenchTableRun:
    """Makes the run directory of a new table: images, an empty store, the settings.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    dataset = open_data(TrainSettings(settings.data, settings.seed)).dataset
    counts, stores = (settings.train_images, 0), {"nasnet.db": list[Trial]()}
    return begin_on_images(
        BENCH_TABLE, settings, dataset, path, counts=counts, stores=stores, tests=True
    )


def measure(run: BenchTableRun) -> bool:
    """Trains the networks that are missing; False where Ctrl-C came first."""
    settings, space = run.settings, OperationSpace()
    networks = different_networks(space)
    total = min(settings.cells or len(networks), len(networks))
    dataset = sources.read_arrays(run.data)
    frame = CellFrame(settings.stack, dataset.image_shape, len(dataset.classes))
    evaluator = TrainChild(run.data.resolve(), frame, settings.recipe, reports_test=True)
    loop, rules = LoopSettings(total, settings.seed), evaluator.rules()
    with run.lock(), TrialStore(run.store, create=False) as store:
        pool = start_pool(evaluator, settings.workers or os.cpu_count() or 1, settings.timeout)
        with contextlib.closing(pool):
            make = functools.partial(Search, space, Enumeration(networks), store, pool, loop, rules)
            return carry_out(make, "bench-table", total).finished >= total


def write_table(trials: Sequence[Trial], path: Path) -> int:
    """Writes the networks that were trained as CSV, compressed where the name ends in .gz.

    Returns:
        The number of rows.
    """
    complete = [trial for trial in trials if trial.state == "complete"]
    content = csv_text(COLUMNS, map(_row, complete)).encode()
    # No time stamp inside: equal tables are equal files.
    write_atomically(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return len(complete)


def _row(trial: Trial) -> list[Any]:
    metrics = trial.metrics
    return [
        trial.key,
        json.dumps(trial.proposal.choices),
        f"{metrics['val_accuracy']:.4f}",
        f"{metrics['test_accuracy']:.4f}",
        metrics["parameters"],
        metrics["mult_adds"],
        f"{trial.seconds:.2f}",
        trial.seed,
    ]
