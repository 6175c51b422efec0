"""What a search scores cells by, and the training of shared weights that comes before it."""

import time
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nasnet.cells import Genotype
from nasnet.controller.protocol import Controller
from nasnet.experiments.console.progress import console, duration, say
from nasnet.experiments.runs.directory import RunDirectory
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search.evaluators import Evaluator, TrainChild
from nasnet.search.executors import Executor, ProcessPool
from nasnet.search.proxies import COUNTS, ZERO_COST, Count, ZeroCost
from nasnet.search.shared import SharedWeights
from nasnet.search.shared_settings import SharedSettings
from nasnet.search.shared_training import SharedEpoch, SharedTraining
from nasnet.stacking.recipe import Recipe

SHARED_FOLDER = "shared"
# Children under shared weights are gone in a second; a worker's start is some ten seconds.
_SHARED_RECYCLE = 5000


def make_evaluator(
    run: RunDirectory, settings: SearchSettings, *, classes: int
) -> Evaluator[Genotype]:
    """What `settings.evaluator` names, on the data of a run directory."""
    # The paths in a run directory are relative, but a worker may start anywhere.
    folder = run.data.resolve()
    if settings.evaluator == "shared":
        return SharedWeights(
            folder,
            run.path.resolve() / SHARED_FOLDER,
            classes,
            settings.search_space(),
            settings.stack,
            settings.recipe,
        )
    if settings.evaluator in ZERO_COST:
        return ZeroCost(settings.evaluator, folder, classes, settings.stack)
    if settings.evaluator in COUNTS:
        return Count(settings.evaluator, folder, classes, settings.stack)
    return TrainChild(
        folder,
        classes,
        settings.stack,
        settings.recipe,
        batch_statistics=settings.batch_statistics,
    )


def start_pool(evaluator: Evaluator, workers: int, timeout: float) -> ProcessPool:
    """The processes that evaluate."""
    if isinstance(evaluator, SharedWeights):
        return ProcessPool(evaluator, workers, timeout=timeout, recycle=_SHARED_RECYCLE)
    return ProcessPool(evaluator, workers, timeout=timeout)


def train_shared(
    evaluator: SharedWeights,
    settings: Any,
    images: int,
    pool: Executor,
    controller: Controller | None,
) -> None:
    """Trains the weights that `evaluator` scores under, or what is left of their training.

    Args:
        evaluator: names their folder, which is made.
        settings: of a search, or anything with its `shared`, `recipe` and `seed`.
        images: number of training images.
        pool: of that evaluator.
        controller: freshly constructed; it samples and learns where `settings.shared.sampling` is
            "controller".

    Raises:
        ValueError: a state that is there cannot be gone on from, or a worker failed.
        Diverged: a child's loss is not finite.
    """
    shared: SharedSettings = settings.shared
    recipe: Recipe = settings.recipe
    evaluator.folder.mkdir(exist_ok=True)
    training = SharedTraining(
        evaluator.folder,
        evaluator.layout(),
        shared,
        recipe,
        images=images,
        seed=settings.seed,
        controller=controller if shared.sampling == "controller" else None,
    )
    done = len(training.epochs)
    if done == shared.epochs:
        return
    trained, _ = evaluator.layout().sizes
    say(f"shared weights: {trained:,} parameters, {done} of {shared.epochs} epochs done")
    with _EpochBar(shared.epochs, done) as bar:
        training.run(pool, on_step=bar.step, on_epoch=bar.epoch)


class _EpochBar:
    """Steps as a live bar in a terminal; elsewhere a line an epoch."""

    def __init__(self, epochs: int, done: int) -> None:
        self._epochs, self._first = epochs, done
        self._started = time.monotonic()
        columns = (
            TextColumn("[bold]shared weights[/] {task.fields[line]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total} steps · ETA"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("shared", total=None, line="starting")

    def __enter__(self) -> "_EpochBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)

    def epoch(self, epoch: SharedEpoch) -> None:
        line = f"epoch {epoch.number}/{self._epochs} · loss {epoch.loss:.4f}"
        if epoch.reward is not None:
            line += f" · mean reward {epoch.reward:.4f}"
        self._bar.update(self._task, line=line)
        elapsed = time.monotonic() - self._started
        left = elapsed / (epoch.number - self._first) * (self._epochs - epoch.number)
        say(f"shared weights: {line} · {duration(elapsed)}, ETA {duration(left)}")
