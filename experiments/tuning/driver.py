"""A tuning from settings to results, in a run directory."""

import contextlib
import dataclasses
import functools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasnet.cells.spaces.hyper import Configuration, HyperSpace
from nasnet.data import sources
from nasnet.data.dataset import Dataset
from nasnet.experiments.console.lines import stderr
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.images import chosen_images
from nasnet.experiments.searching.report import top
from nasnet.experiments.searching.running import carry_out, start_pool
from nasnet.experiments.tuning import exploring
from nasnet.experiments.tuning.models import export_best, trial_weights
from nasnet.experiments.tuning.report import draw_results, space_table
from nasnet.experiments.tuning.settings import SPACE, TUNING, WEIGHTS, TuneRun, TuneSettings
from nasnet.runtime import processes
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.base import Evaluator
from nasnet.search.evaluators.keras_fit import KerasFit
from nasnet.search.evaluators.keras_training import Splits, scaled
from nasnet.search.executors import Executor, InlineExecutor
from nasnet.search.loop import Search
from nasnet.search.stores import TrialStore

_STAGES = "stages"  # what models between two stages wait in
_HERE = "__main__:"  # a function that no other process can load


@dataclasses.dataclass(frozen=True)
class Examples:
    """What a tuning trains on: it writes itself into the run's folder.

    Attributes:
        splits: as a model is given them.
        facts: for a person.
        write: stores them in a folder, as `read_split` reads them.
    """

    splits: Splits
    facts: DataFacts
    write: Callable[[Path], None]


def of_dataset(settings: TuneSettings) -> Examples:
    """The images that settings name.

    Raises:
        ValueError: there are none.
    """
    size = settings.image_size
    dataset = sources.load(settings.data, seed=settings.seed, image_size=size)
    counts = settings.train_images, settings.val_images
    part = chosen_images(dataset, counts, seed=settings.seed, tests=True)
    used = f"models train on {len(part.x_train):,} images and are judged by {len(part.x_val):,}"
    facts = DataFacts.of(dataset, used)
    return Examples(_splits(part, settings), facts, functools.partial(sources.write_arrays, part))


def begin(settings: TuneSettings, path: Path | None, examples: Examples | None = None) -> TuneRun:
    """Makes the run directory of a new tuning: data, space, a store, the settings.

    Args:
        settings: what to do; of their number of trials the default is filled in.
        path: the run directory; a new one where it is None.
        examples: in place of the data that the settings name.

    Raises:
        ValueError: the settings, the function, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    processes.warm_up()
    space = exploring.find_space(settings)
    examples = examples or of_dataset(settings)
    exploring.check_first_step(settings, space, examples.splits)
    settings.chosen.make(space, settings.seed)
    trials = settings.bound
    if trials is not None and settings.trials is None and settings.chosen.name == "grid":
        trials = space.size()
    settings = dataclasses.replace(settings, trials=trials)
    run = TUNING.create(path)
    examples.write(run.data)
    (run.path / WEIGHTS).mkdir()
    write_atomically(run.path / SPACE, space.to_json() + "\n")
    with TrialStore(run.store):
        pass
    run.record(settings, examples.facts)
    stderr().print(space_table(space))
    return run


def reopen(path: Path, settings: TuneSettings) -> TuneRun:
    """A tuning to go on with, whose function must ask for what it asked for at its beginning.

    Raises:
        NotFoundError: there is none.
        ValueError: settings or the function have changed.
    """
    processes.warm_up()
    run = TUNING.open(path)
    run.changes(settings)
    exploring.check_same_space(run, settings)
    return TUNING.reopen(path, settings)


def run_tuning(run: TuneRun) -> bool:
    """Searches; True where all trials have ended or the time is up, False where Ctrl-C came first.

    Raises:
        ValueError: another process is searching here.
    """
    with run.lock():
        return _run(run, run.settings, exploring.read_space(run))


def _run(run: TuneRun, settings: TuneSettings, space: HyperSpace) -> bool:
    import_tensorflow()
    here = settings.model.startswith(_HERE)
    workers = 1 if here else settings.workers or os.cpu_count() or 1
    path = run.path.resolve()
    evaluator: Evaluator[Any] = KerasFit(
        settings.model, path / "data", path / WEIGHTS, settings.fit
    )
    if settings.budget.kind != "fixed":
        (path / _STAGES).mkdir(exist_ok=True)
        evaluator = evaluator.in_stages(path / _STAGES)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(TrialStore(run.store, create=False))
        executor: Executor[Any, Any] = (
            InlineExecutor(evaluator) if here else start_pool(evaluator, workers, settings.timeout)
        )
        stack.callback(executor.close)
        budgets = settings.budget.make(settings.fit.epochs)
        make = functools.partial(
            Search,
            space,
            settings.chosen.make(space, settings.seed),
            store,
            executor,
            settings.loop(workers),
            evaluator.rules(budgets=budgets),
        )
        search = carry_out(make, "tune", settings.bound, on_change=_Keeper(run).update)
    if settings.bound is not None and search.finished >= settings.bound:
        shutil.rmtree(path / _STAGES, ignore_errors=True)  # of models that were stopped
    draw_results(run, search.trials)
    if search.best is not None:
        export_best(run, search.best)
    return search.over


class _Keeper:
    """Keeps `best.json` at the best values so far, and the weights of the best trials alone."""

    def __init__(self, run: TuneRun) -> None:
        self._run, self._keep, self._seen = run, run.settings.keep, -1

    def update(self, search: Search) -> None:
        if search.finished == self._seen or search.best is None:
            return
        self._seen = search.finished
        text = Configuration.from_json(search.best.genotype).to_json()
        write_atomically(self._run.best, text + "\n")
        best = {trial.number for trial in top(search.trials, self._keep)}
        for trial in search.trials:
            if trial.done and trial.number not in best:
                trial_weights(self._run, trial).unlink(missing_ok=True)


def _splits(dataset: Dataset, settings: TuneSettings) -> Splits:
    pixels = settings.fit.pixels
    few = settings.fit.batch_size
    return Splits(
        (scaled(dataset.x_train[:few], pixels), dataset.y_train[:few]),
        (scaled(dataset.x_val[:few], pixels), dataset.y_val[:few]),
    )
