"""What a search scores cells by, and the training of shared weights that comes before it."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from nasnet.cells import SearchSpace
from nasnet.controller.protocol import Controller
from nasnet.experiments.console.bar import Bar
from nasnet.experiments.console.lines import say, spent
from nasnet.experiments.searching.settings import SearchRun, SearchSettings
from nasnet.search.clock import Clock
from nasnet.search.evaluators import Conditions, Evaluator, find_evaluator
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.executors import Executor
from nasnet.search.shared.gumbel import Gumbel
from nasnet.search.shared.settings import SharedSettings
from nasnet.search.shared.training import SharedEpoch, SharedTraining
from nasnet.stacking.architectures import ImageFrame
from nasnet.stacking.recipe import Recipe


def make_evaluator(run: SearchRun, settings: SearchSettings, frame: ImageFrame) -> Evaluator[Any]:
    """What `settings.evaluator` names, on the data of a run directory."""
    kind = find_evaluator(settings.evaluator)
    conditions = Conditions(
        # The paths in a run directory are relative, but a worker may start anywhere.
        data=run.data.resolve(),
        folder=run.path.resolve(),
        frame=dataclasses.replace(frame, sharing=kind.shares_weights),
        space=settings.search_space(),
        recipe=settings.recipe,
        limits=settings.limits,
        batch_statistics=settings.batch_statistics,
    )
    return kind.make(conditions)


def make_controller(settings: SearchSettings, space: SearchSpace[Any]) -> Controller:
    """What proposes: the logits where gradients teach them, else what `settings` name."""
    if settings.searches_by_gradients:
        return Gumbel(space, settings.shared.gumbel, seed=settings.seed)
    return settings.chosen.make(space, settings.seed)


def train_shared(
    evaluator: SharedWeights,
    settings: Any,
    images: Mapping[str, int],
    pool: Executor[Any, Any],
    controller: Controller | None = None,
    clock: Clock | None = None,
    on_epoch: Callable[[SharedEpoch], None] = lambda epoch: None,
) -> SharedTraining:
    """Trains the weights that `evaluator` scores under, or what is left of their training.

    Args:
        evaluator: names their folder, which is made.
        settings: of a search, or anything with its `shared`, `recipe` and `seed`.
        images: number of images by split.
        pool: of that evaluator.
        controller: freshly constructed; it samples where `settings.shared.sampling` is "controller"
            or "gumbel".
        clock: of the search whose time is limited by `settings.seconds`, if there is one; a share
            `settings.shared_time` of it is for this.
        on_epoch: called behind every epoch, when it is saved.

    Raises:
        ValueError: a state that is there cannot be gone on from, a worker failed, or the time is
            too short.
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
        controller=controller if shared.sampling in ("controller", "gumbel") else None,
    )
    done = len(training.epochs)
    if training.progress == 1:
        return training
    trained, _ = evaluator.layout().sizes
    say(f"shared weights: {trained:,} parameters, {done} of {shared.epochs} epochs done")
    started = time.monotonic()
    left: Callable[[], float] | None = None
    if clock is not None and settings.seconds is not None:
        limit = settings.shared_time * settings.seconds
        left = lambda: max(0.0, limit - clock.spent)  # noqa: E731

    def on_step(done: int, total: int) -> None:
        if clock is not None:
            clock.keep()
        bar.update(done, total)

    def say_epoch(epoch: SharedEpoch) -> None:
        line = f"epoch {epoch.number}/{shared.epochs} · loss {epoch.loss:.4f}"
        if epoch.reward is not None:
            line += f" · mean reward {epoch.reward:.4f}"
        if epoch.note:
            line += f" · {epoch.note}"
        elapsed = time.monotonic() - started
        end = elapsed / (epoch.number - done) * (shared.epochs - epoch.number)
        end = end if left is None else min(end, left())
        say(f"shared weights: {line} · {spent(elapsed, end)}")
        on_epoch(epoch)

    with Bar("shared weights", unit="steps", every=None) as bar:
        training.run(pool, on_step=on_step, on_epoch=say_epoch, left=left)
    return training
