"""A search from settings to results, in a run directory."""

import contextlib
import functools
import os
import shutil
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasnet.cells import SearchSpace
from nasnet.controller.protocol import Controller, MultiObjective
from nasnet.data import sources
from nasnet.experiments.runs.images import begin_on_images, chosen_images
from nasnet.experiments.runs.pictures import draw_architecture
from nasnet.experiments.searching.cluster import on_cluster
from nasnet.experiments.searching.pareto import write_pareto
from nasnet.experiments.searching.report import reward_name
from nasnet.experiments.searching.running import carry_out, start_pool
from nasnet.experiments.searching.settings import SEARCH, SearchRun, SearchSettings
from nasnet.experiments.searching.shared import make_controller, make_evaluator, train_shared
from nasnet.experiments.searching.spaces import example
from nasnet.experiments.searching.starting import starting_trials
from nasnet.experiments.searching.stored import keep_config
from nasnet.runtime import processes
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.clock import Clock
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.executors import Executor
from nasnet.search.limits import CostCheck
from nasnet.search.loop import Search
from nasnet.search.objectives import CostJudge, WithCosts
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.architectures import ImageFrame, read_architecture

STAGES_FOLDER = "stages"  # what children between two stages wait in


def begin(settings: SearchSettings, path: Path | None) -> SearchRun:
    """Makes the run directory of a new search: data, a store with known cells, the settings.

    Raises:
        NotFoundError: there is no such cell or run to start from.
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    processes.warm_up()
    dataset = sources.load(settings.data, seed=settings.seed, image_size=settings.image_size)
    space, counts, first = settings.search_space(), settings.images, list[Trial]()
    _check_size(space, dataset)
    if settings.start_from:
        first = starting_trials(settings, chosen_images(dataset, counts, seed=settings.seed))
    stores = {settings.store or "nasnet.db": first}
    run = begin_on_images(
        SEARCH, settings, dataset, path, counts=counts, stores=stores, architecture=example(space)
    )
    if settings.store is not None:
        with TrialStore(settings.store, create=False, exclusive=True) as store:
            keep_config(run, store)
    return run


def _check_size(space: SearchSpace[Any], dataset: sources.Dataset) -> None:
    """Refuses images of another size than that which a space's rules are for."""
    size, (height, width, _) = getattr(space, "image_size", None), dataset.image_shape
    if size is not None and {height, width} != {size}:
        raise ValueError(
            f"image_size of the space is {size}, but images are {height} x {width}; expected "
            f"--image-size {size}, or that of the images behind the space's name"
        )


def run_search(run: SearchRun) -> bool:
    """Searches; True where all trials have ended or the time is up, False where Ctrl-C came first.

    Raises:
        ValueError: another process is searching here.
    """
    with run.lock():
        return _run(run, run.settings)


def _run(run: SearchRun, settings: SearchSettings) -> bool:
    workers = settings.workers or os.cpu_count() or 1
    dataset = sources.read_arrays(run.data)
    frame = ImageFrame(settings.stack, dataset.image_shape, len(dataset.classes))
    evaluator = make_evaluator(run, settings, frame)
    if settings.budget.kind != "fixed":
        folder = run.path.resolve() / STAGES_FOLDER
        folder.mkdir(exist_ok=True)
        evaluator = evaluator.in_stages(folder)
    space = settings.search_space()
    with contextlib.ExitStack() as stack:
        place = settings.store or run.store
        store = stack.enter_context(TrialStore(place, create=False, exclusive=True))
        keep_config(run, store)
        clock = Clock(store, settings.seconds)
        here = settings.executor == "pool"
        if here or evaluator.shares_weights:  # one machine trains the weights
            pool: Executor[Any, Any] = start_pool(evaluator, workers, settings.timeout)
            stack.callback(pool.close)
        chosen = settings.chosen
        if chosen.kind.tensorflow or evaluator.shares_weights:
            import_tensorflow()
        controller: Controller = make_controller(settings, space)
        if evaluator.shares_weights:
            shared = typing.cast(SharedWeights, evaluator)
            images = {"train": len(dataset.x_train), "val": len(dataset.x_val)}
            training = train_shared(shared, settings, images, pool, controller, clock)
            if doubt := training.doubt(len(dataset.classes)):
                raise ValueError(doubt)
        if not here:
            if evaluator.shares_weights:
                pool.close()
            pool = stack.enter_context(on_cluster(evaluator, settings, workers))
        check = CostCheck(settings.limits, frame)
        costs = settings.objectives[1:]
        if costs:
            several = typing.cast(MultiObjective, controller)
            controller = WithCosts(several, space, CostJudge(costs, check), costs=len(costs))
        make = functools.partial(
            Search,
            space,
            controller,
            store,
            pool,
            settings.loop(workers),
            evaluator.rules(
                budgets=settings.budget.make(settings.recipe.epochs),
                limit=check if settings.limits.counted else None,
            ),
        )
        clock.keep(now=True)
        best, mirror = _BestWriter(run), _mirror(run, settings, space)

        def on_change(search: Search) -> None:
            best.update(search)
            mirror(search, False)

        search = carry_out(make, "search", settings.bound, on_change=on_change)
        mirror(search, True)
    if settings.bound is not None and search.finished >= settings.bound:
        shutil.rmtree(run.path / STAGES_FOLDER, ignore_errors=True)  # of children that were stopped
    draw_results(run, search.trials, search.best, frame)
    return search.over


def _mirror(
    run: SearchRun, settings: SearchSettings, space: SearchSpace[Any]
) -> Callable[[Search, bool], None]:
    """What writes a search into its mirror, at once or with what comes soon; or nothing."""
    if settings.mirror_optuna is None:
        return lambda search, now: None
    from nasnet.search.mirror import OptunaMirror

    mirror = OptunaMirror(settings.mirror_optuna, run.path.resolve().name, space)
    return lambda search, now: mirror.write(search.trials, now=now)


class _BestWriter:
    """Keeps `best.json` at the best architecture so far."""

    def __init__(self, run: SearchRun) -> None:
        self._run = run
        self._number: int | None = None

    def update(self, search: Search) -> None:
        best = search.best
        if best is not None and best.number != self._number:
            found = read_architecture(best.genotype)
            write_atomically(self._run.best, found.to_json(indent=2) + "\n")
            self._number = best.number


def draw_results(
    run: SearchRun, trials: list[Trial], best: Trial | None, frame: ImageFrame
) -> None:
    """Draws the search's curve and its best architecture into the run directory."""
    from nasnet import viz

    ended = [trial for trial in trials if trial.done]
    if not ended:
        return
    rewards = [None if trial.failed else trial.reward for trial in ended]
    worth = reward_name(run.recorded)
    figure = viz.search_figure(rewards, title=run.path.name, label=worth)
    viz.save_figure(figure, run.path / "search.png")
    write_pareto(run.path, trials)
    if best is not None:
        found = read_architecture(best.genotype)
        title = f"{run.path.name}, trial {best.number}: {worth} {best.reward:.3f}"
        for suffix in ("gv", "svg", "png"):
            draw_architecture(found, frame, run.path / f"best.{suffix}", title=title)
