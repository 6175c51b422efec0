"""Children under shared weights: their worth, and their part in training these weights.

Pham et al., https://arxiv.org/abs/1802.03268 (ENAS). The weights lie in one file that workers map;
the driver alone changes them (`nasnet.search.shared_training`).
"""

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import CellSpace, Genotype, network_cost
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators import Evaluation
from nasnet.stacking.network import CellFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.shared.layout import SharedLayout

WEIGHTS, MOVING = "weights.npy", "moving.npy"


@dataclasses.dataclass(frozen=True, slots=True)
class SharedStep:
    """A child's part of one training step, as an executor takes it.

    Attributes:
        genotype: the child.
        images: which training images it sees, int64 [N].
        progress: share of the whole training that is done.
        seed: of augmentation and of what is dropped.
    """

    genotype: Genotype
    images: np.ndarray
    progress: float
    seed: tuple[int, int]

    @property
    def key(self) -> str:
        """The child's."""
        return self.genotype.key

    def to_json(self) -> str:
        """The child's."""
        return self.genotype.to_json()


@dataclasses.dataclass(frozen=True, slots=True)
class SharedScore:
    """A child to score on a part of the validation images, as an executor takes it.

    Attributes:
        genotype: the child.
        images: how many, drawn by the seed it is submitted with.
    """

    genotype: Genotype
    images: int

    @property
    def key(self) -> str:
        """The child's."""
        return self.genotype.key

    def to_json(self) -> str:
        """The child's."""
        return self.genotype.to_json()


@dataclasses.dataclass(frozen=True)
class SharedWeights:
    """Scores children under shared weights; a `SharedStep` it answers with a gradient.

    The reward of a child is its accuracy on validation images, with each batch's own statistics.
    For a genotype these are all images, for a `SharedScore` some.

    Args:
        data: a folder as for `TrainChild`.
        folder: holds the shared weights, `weights.npy` [P] and `moving.npy` [M], float32.
        classes: number of classes.
        space: the cells that share them.
        stack: the children's plan.
        recipe: how they are trained and normalized.
    """

    data: Path
    folder: Path
    classes: int
    space: CellSpace
    stack: Stack
    recipe: Recipe

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads."""
        import_tensorflow(threads)

    def __call__(self, architecture: Genotype | SharedStep | SharedScore, seed: int) -> Evaluation:
        """A child's worth; for a step, arrays in `metrics`: its "gradient" and "statistics".

        Raises:
            Diverged: the loss is not finite.
        """
        if isinstance(architecture, SharedStep):
            return self._step(architecture)
        x, y = self._arrays("val")
        if isinstance(architecture, SharedScore):
            genotype, count = architecture.genotype, min(architecture.images, len(y))
            chosen = np.random.default_rng(seed).choice(len(y), count, replace=False)
            x, y = x[chosen], y[chosen]
        else:
            genotype = architecture
        loss, accuracy = self._supernet().score(genotype, *self.vectors(genotype), x, y)
        cost, _ = network_cost(self.layout().frame.network(genotype))
        metrics = {
            "val_accuracy": accuracy,
            "val_loss": loss,
            "parameters": cost.trainable_parameters,
            "mult_adds": cost.mult_adds,
        }
        return Evaluation(accuracy, metrics)

    def _step(self, step: SharedStep) -> Evaluation:
        x, y = self._arrays("train")
        loss, gradient, statistics = self._supernet().gradient(
            step.genotype,
            *self.vectors(step.genotype),
            x[step.images],
            y[step.images],
            seed=step.seed,
            progress=step.progress,
        )
        return Evaluation(-loss, {"gradient": gradient, "statistics": statistics})

    def layout(self) -> SharedLayout:
        """Where the children's weights are."""
        shape = self._arrays("val")[0].shape[1:]
        return _layout(self.space, CellFrame(self.stack, shape, self.classes))

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

    def _arrays(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        x, y = (
            np.load(self.data / f"{axis}_{split}.npy", mmap_mode="r", allow_pickle=False)
            for axis in "xy"
        )
        return x, y


@functools.lru_cache(maxsize=1)
def _layout(space: CellSpace, frame: CellFrame) -> SharedLayout:
    return SharedLayout(space, frame)
