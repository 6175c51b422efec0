"""How well cheap proxies rank random cells: settings, folder, and the measurements.

Each kind of measurement is a random search with the same seed, and so of the same cells, with a
store of its own: it goes on where it was stopped.
"""

import contextlib
import dataclasses
import functools
import os
from pathlib import Path
from typing import Any

from nasnet.controller import make_controller
from nasnet.data import sources
from nasnet.experiments.console.lines import say
from nasnet.experiments.proxies.settings import PROXIES, ProxyRun, ProxySettings
from nasnet.experiments.runs.images import begin_on_images
from nasnet.experiments.searching.running import carry_out, start_pool
from nasnet.experiments.searching.shared import train_shared
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators import EVALUATORS, Conditions, Evaluator, TrainChild
from nasnet.search.evaluators.proxies import Several, ShortTraining
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.loop import Search
from nasnet.search.settings import LoopSettings
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.network import CellFrame

CHILDREN, MEASURED = "children.db", "proxies.db"
WHAT = {CHILDREN: "stand-alone", MEASURED: "proxies"}


def begin(settings: ProxySettings, path: Path | None) -> ProxyRun:
    """Makes the folder of a new comparison, with its data.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    dataset = sources.load(settings.data, seed=settings.seed, image_size=settings.image_size)
    stores: dict[str, list[Trial]] = {CHILDREN: [], MEASURED: []}
    counts = settings.train_images, settings.val_images
    return begin_on_images(PROXIES, settings, dataset, path, counts=counts, stores=stores)


def measure(run: ProxyRun) -> bool:
    """Trains shared weights and children and takes all proxies; True where all of it is done.

    Raises:
        ValueError: another process is at work here, or a state cannot be gone on from.
    """
    settings = run.settings
    workers = settings.workers or os.cpu_count() or 1
    with run.lock():
        dataset = sources.read_arrays(run.data)
        conditions = Conditions(
            data=run.data.resolve(),
            folder=run.path.resolve(),
            frame=CellFrame(settings.stack, dataset.image_shape, len(dataset.classes)),
            space=settings.space(),
            recipe=settings.recipe,
        )
        shared, child = SharedWeights.make(conditions), TrainChild.make(conditions)
        import_tensorflow()
        pool = start_pool(shared, workers, settings.timeout)
        try:
            images = {"train": len(dataset.x_train), "val": len(dataset.x_val)}
            training = train_shared(shared, settings, images, pool)
        finally:
            pool.close()
        if doubt := training.doubt(len(dataset.classes)):
            say(doubt)
        measured = proxies(settings, conditions)
        # Other weights and other images: chance must not speak for a proxy.
        return _score_cells(run, child, CHILDREN, settings.seed) and _score_cells(
            run, measured, MEASURED, settings.seed + 1
        )


def proxies(settings: ProxySettings, conditions: Conditions) -> Several:
    """All proxies by name."""
    shared, child = SharedWeights.make(conditions), TrainChild.make(conditions)
    one_epoch = dataclasses.replace(settings.recipe, epochs=1)
    short = ShortTraining(dataclasses.replace(child, recipe=one_epoch), settings.short_images)
    evaluators: list[tuple[str, Evaluator[Any]]] = [
        ("shared", shared),
        ("warm_start", dataclasses.replace(short, shared=shared)),
        ("short", short),
    ]
    evaluators += [(n, kind.make(conditions)) for n, kind in EVALUATORS.items() if kind.untrained]
    if settings.repeat:
        evaluators.append(("repeat", child))
    return Several(tuple(evaluators))


def _score_cells(run: ProxyRun, evaluator: Evaluator[Any], name: str, seed: int) -> bool:
    """Scores the random cells that have no score yet; False where Ctrl-C came first."""
    settings = run.settings
    with TrialStore(run.path / name) as store:
        if sum(trial.done for trial in store.trials()) >= settings.cells:
            return True
        space = settings.space()
        pool = start_pool(evaluator, settings.workers or os.cpu_count() or 1, settings.timeout)
        with contextlib.closing(pool):
            controller = make_controller("random", space, seed=settings.seed)
            loop, rules = LoopSettings(settings.cells, seed), evaluator.rules()
            make = functools.partial(Search, space, controller, store, pool, loop, rules)
            search = carry_out(make, WHAT[name], settings.cells)
        return search.finished >= settings.cells


def read(run: ProxyRun) -> tuple[list[Trial], list[Trial]]:
    """The stand-alone children and the proxies' trials so far, by number."""
    found: list[list[Trial]] = []
    for path in (run.path / CHILDREN, run.path / MEASURED):
        trials: list[Trial] = []
        if path.is_file():
            with TrialStore(path, create=False) as store:
                trials = store.trials()
        found.append(trials)
    return found[0], found[1]
