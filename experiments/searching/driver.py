"""A search from settings to results, in a run directory."""

import contextlib
import dataclasses
import os
import shutil
import signal
import threading
import typing
from collections.abc import Iterator
from pathlib import Path

from nasnet.cells import NASNET_A, Genotype, network_cost
from nasnet.controller.protocol import Controller, MultiObjective
from nasnet.data import sources
from nasnet.experiments.console.progress import SearchProgress, console, logging_to, say
from nasnet.experiments.console.reporting import reward_name
from nasnet.experiments.runs.directory import SEARCH, RunDirectory, create, open_run
from nasnet.experiments.searching.pareto import write_pareto
from nasnet.experiments.searching.settings import RESUMABLE, SearchSettings, pinned
from nasnet.experiments.searching.shared import make_evaluator, start_pool, train_shared
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.limits import CostCheck
from nasnet.search.loop import Search
from nasnet.search.objectives import CostJudge, WithCosts
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.network import CellFrame

STAGES_FOLDER = "stages"  # what children between two stages wait in


def begin(settings: SearchSettings, path: Path | None) -> RunDirectory:
    """Makes the run directory of a new search: data, an empty store, the settings.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    dataset = sources.load(settings.data, seed=settings.seed, image_size=settings.image_size)
    say(f"data: {dataset.source}")
    part = sources.subset(
        # A search has no business with test images, so they do not enter its folder.
        dataclasses.replace(dataset, x_test=None, y_test=None),
        train=min(settings.train_images, len(dataset.x_train)) or None,
        val=min(settings.val_images, len(dataset.x_val)) or None,
        seed=settings.seed,
    )
    frame = CellFrame(settings.stack, part.image_shape, len(part.classes))
    network_cost(frame.network(NASNET_A), aux_head=settings.recipe.aux_weight > 0)
    run = create(path, "search", SEARCH)
    sources.write_arrays(part, run.data)
    TrialStore(run.store).close()
    settings = pinned(settings, dataset.name)
    # Written last: a folder with a config is a whole run directory.
    run.write_config(dataclasses.asdict(settings), source=dataset.source, classes=dataset.classes)
    return run


def reopen(path: Path, settings: SearchSettings) -> RunDirectory:
    """The run directory of an earlier search, with the settings to go on with.

    Raises:
        NotFoundError: there is no search in `path`.
        ValueError: settings that make the search have changed; the text names them.
    """
    run = open_run(path)
    if settings.grow and "policy" in run.read_config()["settings"]:
        raise ValueError(
            f"{path} was begun by version 0.1, which drew cells that grow in other sizes; expected "
            "a search that this version began"
        )
    run.resume(settings, RESUMABLE)
    say(f"data: {run.read_config()['source']}")
    return run


def run_search(run: RunDirectory, settings: SearchSettings) -> bool:
    """Searches; True where all trials have ended, False where Ctrl-C came first.

    Raises:
        ValueError: another process is searching here.
    """
    with run.lock():
        return _run(run, settings)


def _run(run: RunDirectory, settings: SearchSettings) -> bool:
    workers = settings.workers or os.cpu_count() or 1
    dataset = sources.read_arrays(run.data)
    frame = CellFrame(settings.stack, dataset.image_shape, len(dataset.classes))
    evaluator = make_evaluator(run, settings, frame)
    if settings.budget.kind != "fixed":
        folder = run.path.resolve() / STAGES_FOLDER
        folder.mkdir(exist_ok=True)
        evaluator = evaluator.in_stages(folder)
    space = settings.search_space()
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(TrialStore(run.store, create=False))
        pool = start_pool(evaluator, workers, settings.timeout)
        stack.callback(pool.close)
        chosen = settings.chosen
        if chosen.kind.tensorflow or evaluator.shares_weights:
            import_tensorflow()
        controller: Controller = chosen.make(space, settings.seed)
        if isinstance(evaluator, SharedWeights):
            train_shared(evaluator, settings, len(dataset.x_train), pool, controller)
        done = sum(trial.done for trial in store.trials())
        if done:
            say(f"resuming: {done} of {settings.trials} trials are done")
        progress = SearchProgress(settings.trials, done)
        writer = _BestWriter(run)

        def show(search: Search) -> None:
            progress.update(search)
            writer.update(search.best)

        check = CostCheck(settings.limits, frame)
        costs = settings.objectives[1:]
        if costs:
            several = typing.cast(MultiObjective, controller)
            controller = WithCosts(several, space, CostJudge(costs, check), costs=len(costs))
        search = Search(
            space,
            controller,
            store,
            pool,
            settings.loop(workers, evaluator.failure_reward),
            task=evaluator.task,
            budgets=settings.budget.make(settings.recipe.epochs),
            limit=check if settings.limits.counted else None,
            on_change=show,
        )
        stack.enter_context(stoppable(search))
        stack.enter_context(logging_to(console))
        stack.enter_context(progress)
        search.run()
    if search.finished >= settings.trials:
        shutil.rmtree(run.path / STAGES_FOLDER, ignore_errors=True)  # of children that were stopped
    draw_results(run, search.trials, search.best)
    return search.finished >= settings.trials


class _BestWriter:
    """Keeps `best.json` at the best genotype so far."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._number: int | None = None

    def update(self, best: Trial | None) -> None:
        if best is not None and best.number != self._number:
            genotype = Genotype.from_json(best.genotype)
            write_atomically(self._run.best, genotype.to_json(indent=2) + "\n")
            self._number = best.number


@contextlib.contextmanager
def stoppable(search: Search) -> Iterator[None]:
    """The first Ctrl-C lets running children end, the second one doesn't."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_interrupt(*_: object) -> None:
        say(
            f"stopping: {len(search.running)} running children may end; "
            "Ctrl-C again to stop at once (they will run again on --resume)"
        )
        search.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def draw_results(run: RunDirectory, trials: list[Trial], best: Trial | None) -> None:
    """Draws the search's curve and its best cells into the run directory."""
    from nasnet import viz

    ended = [trial for trial in trials if trial.done]
    if not ended:
        return
    rewards = [None if trial.failed else trial.reward for trial in ended]
    worth = reward_name(run.settings(SearchSettings))
    figure = viz.search_figure(rewards, title=run.path.name, label=worth)
    viz.save_figure(figure, run.path / "search.png")
    write_pareto(run.path, trials)
    if best is not None:
        genotype = Genotype.from_json(best.genotype)
        title = f"{run.path.name}, trial {best.number}: {worth} {best.reward:.3f}"
        for suffix in ("gv", "svg", "png"):
            viz.draw_genotype(genotype, run.path / f"best.{suffix}", title=title)
