"""The measurement: every cell from every seed, as the waiting trials of one search."""

import contextlib
import dataclasses
import functools
import os
from pathlib import Path
from typing import Any

from nasnet.controller import make_controller
from nasnet.controller.protocol import Proposal
from nasnet.data import sources
from nasnet.experiments.console.lines import say
from nasnet.experiments.rewards.cells import measured_cells
from nasnet.experiments.rewards.settings import REWARD, RewardRun, RewardSettings
from nasnet.experiments.runs.images import begin_on_images
from nasnet.experiments.searching.running import carry_out, start_pool
from nasnet.experiments.searching.shared import train_shared
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators import Conditions, find_evaluator
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.evaluators.timed import Timed
from nasnet.search.loop import Search
from nasnet.search.settings import LoopSettings, child_seed
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.network import CellFrame


def begin(settings: RewardSettings, path: Path | None) -> RewardRun:
    """Makes the folder of a new measurement, with its data and the cells that are to be measured.

    Raises:
        NotFoundError: there is no such cell or truth.
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    trials = []
    for number, (cell, choices) in enumerate(measured_cells(settings)):
        genotype = settings.search_space().decode(choices)
        seed, proposal = child_seed(settings.seed, number), Proposal(choices)
        origin = {"origin": cell.origin}
        trial = Trial(number, proposal, genotype.to_json(), genotype.key, seed, metrics=origin)
        trials.append(trial)
    dataset = sources.load(settings.data, seed=settings.seed, image_size=settings.image_size)
    stores = {"nasnet.db": trials}
    counts = settings.train_images, settings.val_images
    return begin_on_images(REWARD, settings, dataset, path, counts=counts, stores=stores)


def measure(run: RewardRun) -> bool:
    """Measures what is missing; False where Ctrl-C came first.

    Raises:
        ValueError: another process is at work here, or shared weights cannot be gone on from.
    """
    settings = run.settings
    dataset = sources.read_arrays(run.data)
    space = settings.search_space()
    conditions = Conditions(
        data=run.data.resolve(),
        folder=run.path.resolve(),
        frame=CellFrame(settings.stack, dataset.image_shape, len(dataset.classes)),
        space=space,
        recipe=settings.recipe,
        batch_statistics=settings.batch_statistics,
    )
    evaluator: Any = find_evaluator(settings.evaluator).make(conditions)
    with run.lock(), TrialStore(run.store, create=False) as store:
        trials = _plan(store.trials(), settings)
        store.save([trial for trial in trials if not trial.attempt])
        workers = settings.workers or os.cpu_count() or 1
        if isinstance(evaluator, SharedWeights):
            import_tensorflow()
            with contextlib.closing(start_pool(evaluator, workers, settings.timeout)) as pool:
                images = {"train": len(dataset.x_train), "val": len(dataset.x_val)}
                training = train_shared(evaluator, settings, images, pool)
                if doubt := training.doubt(len(dataset.classes)):
                    say(doubt)
        with contextlib.closing(start_pool(Timed(evaluator), workers, settings.timeout)) as pool:
            loop = LoopSettings(len(trials), settings.seed, reuse=False)
            nobody = make_controller("random", space, seed=settings.seed)
            make = functools.partial(Search, space, nobody, store, pool, loop, evaluator.rules())
            return carry_out(make, "reward-quality", len(trials)).finished >= len(trials)


def read(run: RewardRun) -> list[list[Trial]]:
    """The trials so far, of each cell its seeds."""
    with TrialStore(run.store, create=False) as store:
        cells: dict[str, list[Trial]] = {}
        for trial in store.trials():
            cells.setdefault(trial.key, []).append(trial)
    return list(cells.values())


def _plan(trials: list[Trial], settings: RewardSettings) -> list[Trial]:
    """All trials: those of the first seed are there from the beginning, and say which cells."""
    cells = dict.fromkeys(trial.key for trial in trials)
    first, planned = trials[: len(cells)], list(trials)
    for number in range(len(planned), len(first) * settings.seeds):
        trial = first[number % len(first)]
        fresh = Trial(number, trial.proposal, trial.genotype, trial.key, 0)
        metrics = {"origin": trial.origin}
        seed = child_seed(settings.seed, number)
        planned.append(dataclasses.replace(fresh, seed=seed, metrics=metrics))
    return planned
