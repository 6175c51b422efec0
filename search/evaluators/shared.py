"""Children under shared weights: their worth, and their part in training these weights.

The weights lie in files that workers map; the driver alone changes them
(`nasnet.search.shared.training`).
"""

import dataclasses
import functools
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import numpy as np

from nasnet.cells import CellSpace, Genotype
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.base import Conditions, Evaluator, read_split
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
from nasnet.stacking.network import CellFrame
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.shared.layout import SharedLayout

FOLDER = "shared"  # of the weights, in a run's
R = TypeVar("R")


@dataclasses.dataclass(frozen=True)
class SharedWeights(Evaluator[SharedScore]):
    """Scores children under shared weights; of a `SharedStep` it gives the gradient.

    The reward of a child is its accuracy on validation images, with each batch's own statistics.

    Args:
        data: a folder as in `Conditions`.
        folder: holds the shared weights.
        space: the cells that share them.
        frame: makes cells the children's networks.
        recipe: how they are trained and normalized.
    """

    reward_name = "accuracy under shared weights"
    failure_reward = 0.0
    task = SharedScore
    lifetime = 5000  # a child is gone in a second, a worker's start is some ten seconds
    shares_weights = True

    data: Path
    folder: Path
    space: CellSpace
    frame: CellFrame
    recipe: Recipe

    @classmethod
    def make(cls, conditions: Conditions) -> Self:
        return cls(
            conditions.data,
            conditions.folder / FOLDER,
            cast(CellSpace, conditions.space),
            cast(CellFrame, conditions.frame),
            conditions.recipe,
        )

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads."""
        import_tensorflow(threads)

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
        genotype = task.genotype
        loss, accuracy = self._supernet().score(genotype, *self.vectors(genotype), x, y)
        metrics = {"val_accuracy": accuracy, "val_loss": loss}
        return Evaluation(accuracy, metrics | counts(self.frame.network(genotype)))

    def gradient(self, step: SharedStep, /) -> SharedGradient:
        """A child's part of a training step.

        Raises:
            Diverged: the loss is not finite.
        """
        x, y = read_split(self.data, "train")
        loss, gradient, statistics = self._supernet().gradient(
            step.genotype,
            *self.vectors(step.genotype),
            x[step.images],
            y[step.images],
            seed=step.seed,
            progress=step.progress,
        )
        return SharedGradient(loss, gradient, statistics)

    def layout(self) -> SharedLayout:
        """Where the children's weights are."""
        return _layout(self.space, self.frame)

    def vectors(self, genotype: Genotype) -> tuple[np.ndarray, np.ndarray]:
        """A child's weights [p] and running statistics [m], as a `Trainer` of it has them."""
        weights, moving = (
            # Opened anew for each child: the driver may have put another file in its place.
            np.load(self.folder / name, mmap_mode="r", allow_pickle=False)[positions]
            for name, positions in zip(
                (WEIGHTS, MOVING), self.layout().positions(genotype), strict=True
            )
        )
        return weights, moving

    def _supernet(self) -> Any:
        from nasnet.stacking.shared.supernet import Supernet

        return Supernet(self.layout(), self.recipe)


_layout = functools.lru_cache(maxsize=1)(SharedLayout)
