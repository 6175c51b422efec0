"""What a search scores cells by, and the training of shared weights that comes before it."""

import time
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nasnet.controller.protocol import Controller
from nasnet.experiments.console.progress import console, duration, say
from nasnet.experiments.runs.directory import RunDirectory
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search.evaluators import Conditions, Evaluator, find_evaluator
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.executors import Executor, ProcessPool
from nasnet.search.shared.settings import SharedSettings
from nasnet.search.shared.training import SharedEpoch, SharedTraining
from nasnet.stacking.network import CellFrame
from nasnet.stacking.recipe import Recipe


def make_evaluator(run: RunDirectory, settings: SearchSettings, frame: CellFrame) -> Evaluator[Any]:
    """What `settings.evaluator` names, on the data of a run directory."""
    conditions = Conditions(
        # The paths in a run directory are relative, but a worker may start anywhere.
        data=run.data.resolve(),
        folder=run.path.resolve(),
        frame=frame,
        space=settings.search_space(),
        recipe=settings.recipe,
        limits=settings.limits,
        batch_statistics=settings.batch_statistics,
    )
    return find_evaluator(settings.evaluator).make(conditions)


def start_pool(evaluator: Evaluator[Any], workers: int, timeout: float) -> ProcessPool[Any, Any]:
    """The processes that evaluate."""
    return ProcessPool(evaluator, workers, timeout=timeout, recycle=evaluator.lifetime)


def train_shared(
    evaluator: SharedWeights,
    settings: Any,
    images: int,
    pool: Executor[Any, Any],
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
