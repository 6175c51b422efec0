"""A table of our own: every network of a small space, trained once, so that look-ups replace it."""

import contextlib
import csv
import dataclasses
import gzip
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nasnet.cells import NASNET_A, network_cost
from nasnet.cells.spaces.operations import OperationSpace
from nasnet.controller.protocol import Proposal
from nasnet.data import sources as data
from nasnet.experiments.console.progress import SearchProgress, console, logging_to, say
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.directory import RunDirectory, create
from nasnet.experiments.searching.driver import stoppable
from nasnet.experiments.searching.settings import TrainSettings, pinned
from nasnet.experiments.searching.shared import start_pool
from nasnet.experiments.training.driver import load_with_test
from nasnet.runtime.files import write_atomically
from nasnet.search.evaluators import TrainChild
from nasnet.search.loop import Search
from nasnet.search.settings import LoopSettings
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.network import CellFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

BENCH_TABLE = "nasnet-bench-table"
RESUMABLE = ("workers", "timeout", "cells")
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


@dataclasses.dataclass(frozen=True)
class BenchTableSettings:
    """Settings of a table.

    Args:
        data: shapes10, mini-cifar10, a .npz file, or a folder of class folders.
        cells: networks in all, in the order of the space; 0 for all of it.
        seed: of the images drawn, and of each training.
        workers: children at a time; 0 for one a core.
        timeout: seconds that one child may take.
        train_images: images that a child trains on, as far as there are so many; 0 for all.
        stack: the child's plan.
        recipe: the child's training.
    """

    data: str = "shapes10"
    cells: int = 0
    seed: int = 0
    workers: int = 0
    timeout: float = 600.0
    train_images: int = 2000
    stack: Stack = Stack(repeats=1, filters=4)
    recipe: Recipe = Recipe(batch_size=16, learning_rate=0.05, augmentation="none")

    def __post_init__(self) -> None:
        for name in ("cells", "seed", "workers", "train_images"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least 0")
        if not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout}, expected above 0 seconds")


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


def begin(settings: BenchTableSettings, path: Path | None) -> RunDirectory:
    """Makes the run directory of a new table: images, an empty store, the settings.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    dataset = load_with_test(TrainSettings(data=settings.data, seed=settings.seed))
    say(f"data: {dataset.source}")
    count = min(settings.train_images, len(dataset.x_train)) or None
    part = data.subset(dataset, train=count, val=None, seed=settings.seed)
    network_cost(CellFrame(settings.stack, part.image_shape, len(part.classes)).network(NASNET_A))
    run = create(path, "bench-table", BENCH_TABLE)
    data.write_arrays(part, run.data)
    TrialStore(run.store).close()
    settings = pinned(settings, dataset.name)
    run.write_config(dataclasses.asdict(settings), source=dataset.source, classes=dataset.classes)
    return run


def open_bench_table(path: Path) -> RunDirectory:
    """The run directory of an earlier table.

    Raises:
        NotFoundError: there is none.
    """
    if not (path / "config.json").is_file():
        raise NotFoundError(f"{path} holds no bench table, expected a folder with config.json")
    return RunDirectory(path, BENCH_TABLE)


def reopen(path: Path, settings: BenchTableSettings) -> RunDirectory:
    """The same, to go on with `settings`.

    Raises:
        NotFoundError: there is none.
        ValueError: settings that make the table have changed; the text names them.
    """
    run = open_bench_table(path)
    run.resume(settings, RESUMABLE)
    return run


def measure(run: RunDirectory, settings: BenchTableSettings) -> list[Trial]:
    """Trains the networks that are missing, and returns all trials; Ctrl-C ends it early."""
    space = OperationSpace()
    networks = different_networks(space)
    total = min(settings.cells or len(networks), len(networks))
    workers = settings.workers or os.cpu_count() or 1
    dataset = data.read_arrays(run.data)
    frame = CellFrame(settings.stack, dataset.image_shape, len(dataset.classes))
    evaluator = TrainChild(run.data.resolve(), frame, settings.recipe, reports_test=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(run.lock())
        store = stack.enter_context(TrialStore(run.store, create=False))
        done = sum(trial.done for trial in store.trials())
        if done:
            say(f"resuming: {done} of {total} networks are trained")
        pool = start_pool(evaluator, workers, settings.timeout)
        stack.callback(pool.close)
        progress = SearchProgress(total, done)
        loop = LoopSettings(total, settings.seed, failure_reward=evaluator.failure_reward)
        search = Search(space, Enumeration(networks), store, pool, loop, on_change=progress.update)
        stack.enter_context(stoppable(search))
        stack.enter_context(logging_to(console))
        stack.enter_context(progress)
        search.run()
    return search.trials


def write_table(trials: Sequence[Trial], path: Path) -> int:
    """Writes the networks that were trained as CSV, compressed where the name ends in .gz.

    Returns:
        The number of rows.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    complete = [trial for trial in trials if trial.state == "complete"]
    writer.writerows(_row(trial) for trial in complete)
    content = text.getvalue().encode()
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
