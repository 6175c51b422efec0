"""How well cheap proxies rank random cells: settings, folder, and the measurements.

Each kind of measurement is a random search with the same seed, and so of the same cells, with a
store of its own: it goes on where it was stopped.
"""

import dataclasses
import os
from pathlib import Path
from typing import Any

from nasnet.cells import NASNET_A, CellSpace, network_cost
from nasnet.controller import make_controller
from nasnet.data import sources as data
from nasnet.experiments.compare.progress import RunsProgress
from nasnet.experiments.console.progress import say
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.directory import RunDirectory, create
from nasnet.experiments.searching.driver import stoppable
from nasnet.experiments.searching.settings import pinned
from nasnet.experiments.searching.shared import start_pool, train_shared
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators import EVALUATORS, Conditions, Evaluator, TrainChild
from nasnet.search.evaluators.several import Several
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.evaluators.short import ShortTraining
from nasnet.search.loop import Search
from nasnet.search.settings import LoopSettings
from nasnet.search.shared.settings import SharedSettings, check_recipe
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.network import CellFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

PROXIES = "nasnet-proxies"
CHILDREN, MEASURED = "children.db", "proxies.db"
RESUMABLE = ("cells", "workers", "timeout")


@dataclasses.dataclass(frozen=True)
class ProxySettings:
    """Settings of a comparison of proxies.

    Args:
        data: auto, mini-cifar10, shapes10, a .npz file, or a folder of class folders.
        cells: random cells, each trained alone and measured by every proxy.
        seed: of the cells and of everything else.
        workers: children at a time; 0 for one a core.
        timeout: seconds that one child may take.
        train_images: images that a child trains on, as far as there are so many; 0 for all.
        val_images: images that give its accuracy, likewise.
        image_size: side to which images of class folders are brought.
        blocks: blocks in a cell.
        short_images: training images of the short trainings, which have one epoch.
        repeat: whether every cell is trained alone a second time, from another seed: what a perfect
            proxy could reach. It doubles the cost.
        stack: the child's plan.
        recipe: the child's training.
        shared: how shared weights are trained; no controller samples them.
    """

    data: str = "auto"
    cells: int = 50
    seed: int = 0
    workers: int = 0
    timeout: float = 1200.0
    train_images: int = 2000
    val_images: int = 1000
    image_size: int | None = None
    blocks: int = 5
    short_images: int = 500
    repeat: bool = False
    stack: Stack = Stack(repeats=1, filters=8)
    recipe: Recipe = Recipe(epochs=2, batch_size=16, learning_rate=0.05, augmentation="flip")
    shared: SharedSettings = dataclasses.field(
        default_factory=lambda: SharedSettings(epochs=15, sampling="uniform")
    )

    def __post_init__(self) -> None:
        for name, lowest in (
            ("cells", 3),
            ("seed", 0),
            ("workers", 0),
            ("train_images", 0),
            ("val_images", 0),
            ("short_images", 1),
        ):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least {lowest}")
        if not self.timeout > 0:
            raise ValueError(f"timeout is {self.timeout}, expected above 0 seconds")
        if self.shared.sampling == "controller":
            raise ValueError("shared.sampling is 'controller', expected 'fair' or 'uniform'")
        check_recipe(self.recipe)
        self.space()

    def space(self) -> CellSpace:
        """What the cells are drawn from."""
        return CellSpace(self.blocks)


def begin(settings: ProxySettings, path: Path | None) -> RunDirectory:
    """Makes the folder of a new comparison, with its data.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    dataset = data.load(settings.data, seed=settings.seed, image_size=settings.image_size)
    say(f"data: {dataset.source}")
    part = data.subset(
        dataclasses.replace(dataset, x_test=None, y_test=None),
        train=min(settings.train_images, len(dataset.x_train)) or None,
        val=min(settings.val_images, len(dataset.x_val)) or None,
        seed=settings.seed,
    )
    network_cost(CellFrame(settings.stack, part.image_shape, len(part.classes)).network(NASNET_A))
    run = create(path, "proxies", PROXIES)
    data.write_arrays(part, run.data)
    settings = pinned(settings, dataset.name)
    run.write_config(dataclasses.asdict(settings), source=dataset.source, classes=dataset.classes)
    return run


def open_proxies(path: Path) -> RunDirectory:
    """The folder of an earlier comparison.

    Raises:
        NotFoundError: there is none.
    """
    if not (path / "config.json").is_file():
        raise NotFoundError(f"{path} holds no proxies, expected a folder with config.json")
    return RunDirectory(path, PROXIES)


def reopen(path: Path, settings: ProxySettings) -> RunDirectory:
    """The same, to go on with `settings`.

    Raises:
        NotFoundError: there is none.
        ValueError: settings have changed that may not; the text names them.
    """
    run = open_proxies(path)
    run.resume(settings, RESUMABLE)
    say(f"data: {run.read_config()['source']}")
    return run


def measure(run: RunDirectory, settings: ProxySettings) -> bool:
    """Trains shared weights and children and takes all proxies; True where all of it is done.

    Raises:
        ValueError: another process is at work here, or a state cannot be gone on from.
    """
    workers = settings.workers or os.cpu_count() or 1
    with run.lock():
        dataset = data.read_arrays(run.data)
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
            train_shared(shared, settings, len(dataset.x_train), pool, None)
        finally:
            pool.close()
        return _score_cells(
            run, settings, child, CHILDREN, "stand-alone", settings.seed, workers
        ) and _score_cells(
            run,
            settings,
            proxies(settings, conditions),
            MEASURED,
            "proxies",
            # Other weights and other images: chance must not speak for a proxy.
            settings.seed + 1,
            workers,
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


def _score_cells(
    run: RunDirectory,
    settings: ProxySettings,
    evaluator: Evaluator[Any],
    name: str,
    what: str,
    seed: int,
    workers: int,
) -> bool:
    """Scores the random cells that have no score yet; False where Ctrl-C came first."""
    space = settings.space()
    with TrialStore(run.path / name) as store:
        trials = store.trials()
        done = sum(trial.done for trial in trials)
        if done >= settings.cells:
            return True
        pool = start_pool(evaluator, workers, settings.timeout)
        try:
            with RunsProgress(what, settings.cells, done) as progress:
                shown = done

                def show(search: Search) -> None:
                    nonlocal shown
                    while shown < search.finished:
                        shown += 1
                        progress.ended(what)

                loop = LoopSettings(settings.cells, seed, failure_reward=evaluator.failure_reward)
                controller = make_controller("random", space, seed=settings.seed)
                search = Search(space, controller, store, pool, loop, on_change=show)
                with stoppable(search):
                    search.run()
        finally:
            pool.close()
        return search.finished >= settings.cells


def read(run: RunDirectory) -> tuple[list[Trial], list[Trial]]:
    """The stand-alone children and the proxies' trials so far, by number."""
    found: list[list[Trial]] = []
    for path in (run.path / CHILDREN, run.path / MEASURED):
        trials: list[Trial] = []
        if path.is_file():
            with TrialStore(path, create=False) as store:
                trials = store.trials()
        found.append(trials)
    return found[0], found[1]
