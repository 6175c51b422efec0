"""Children under shared weights: their worth, and their part in training these weights.

The weights lie in files that workers map; the driver alone changes them
(`nasnet.search.shared.training`).
"""

import dataclasses
import functools
import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import numpy as np

from nasnet.cells import Frame, SearchSpace
from nasnet.search.evaluators.base import Conditions, Evaluator, read_split, start_tensorflow
from nasnet.search.limits import counts
from nasnet.search.shared.exchange import (
    MOVING,
    WEIGHTS,
    SharedGradient,
    SharedScore,
    SharedStep,
    SharedTask,
)
from nasnet.search.tasks import Evaluation
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.shared.layout import SharedLayout

FOLDER = "shared"  # of the weights, in a run's
R = TypeVar("R")


@dataclasses.dataclass(frozen=True)
class SharedWeights(Evaluator[SharedScore]):
    """Scores children under shared weights; of a `SharedStep` it gives the gradient.

    The reward of a child is the geometric mean of the probabilities that it gives the right classes
    of validation images, exp(-loss), with each batch's own statistics. It ranks as the loss does,
    finer than accuracies that lie near to each other.

    Args:
        data: a folder as in `Conditions`.
        folder: holds the shared weights.
        space: the architectures that share them.
        frame: makes these the children's networks.
        recipe: how they are trained and normalized.
    """

    reward_name = "likelihood under shared weights"
    failure_reward = 0.0
    task = SharedScore
    lifetime = 5000  # a child is gone in a second, a worker's start is some ten seconds
    shares_weights = True

    data: Path
    folder: Path
    space: SearchSpace[Any]
    frame: Frame[Any]
    recipe: Recipe

    @classmethod
    def make(cls, conditions: Conditions) -> Self:
        return cls(
            conditions.data,
            conditions.folder / FOLDER,
            conditions.space,
            conditions.frame,
            conditions.recipe,
        )

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads and without its costly graph optimiser."""
        start_tensorflow(threads)

    def __call__(self, task: SharedTask[R], /) -> R:
        """What the task asks for."""
        return task.run(self)

    def score(self, task: SharedScore, /) -> Evaluation:
        """A child's worth."""
        x, y = read_split(self.data, "val")
        if task.images is not None:
            count = min(task.images, len(y))
            chosen = np.random.default_rng(task.seed).choice(len(y), count, replace=False)
            x, y = x[chosen], y[chosen]
        child = task.architecture
        loss, accuracy = self._supernet().score(child, self._shared(), x, y)
        metrics = {"val_accuracy": accuracy, "val_loss": loss}
        return Evaluation(math.exp(-loss), metrics | counts(self.frame.network(child)))

    def gradient(self, step: SharedStep, /) -> SharedGradient:
        """A child's part of a training step.

        Raises:
            Diverged: the loss is not finite.
        """
        from nasnet.stacking.shared.supernet import Batch

        x, y = read_split(self.data, step.split)
        batch = Batch(x[step.images], y[step.images], step.seed, step.progress)
        supernet, child = self._supernet(), step.architecture
        return SharedGradient(*supernet.gradient(child, self._shared(), batch, gates=step.gates))

    def layout(self) -> SharedLayout:
        """Where the children's weights are."""
        return _layout(cast(Hashable, self.space), cast(Hashable, self.frame))

    def vectors(self, architecture: Any) -> tuple[np.ndarray, np.ndarray]:
        """A child's weights [p] and running statistics [m], as a `Trainer` of it has them."""
        where = self.layout().positions(architecture)
        weights, moving = (v[p] for v, p in zip(self._shared(), where, strict=True))
        return weights, moving

    def _shared(self) -> tuple[np.ndarray, np.ndarray]:
        """All weights [P] and running statistics [M], mapped from disk."""
        # Opened anew for each child: the driver may have put another file in its place.
        weights, moving = (
            np.load(self.folder / name, mmap_mode="r", allow_pickle=False)
            for name in (WEIGHTS, MOVING)
        )
        return weights, moving

    def _supernet(self) -> Any:
        return _supernet(self.layout(), self.recipe)


_layout = functools.lru_cache(maxsize=1)(SharedLayout)


@functools.lru_cache(maxsize=1)  # what it has traced is for all children
def _supernet(layout: SharedLayout, recipe: Recipe) -> Any:
    from nasnet.stacking.shared.supernet import Supernet

    return Supernet(layout, recipe)
