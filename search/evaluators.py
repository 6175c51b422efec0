"""What an architecture is worth: evaluators turn it into a reward, in workers, and keep nothing."""

import dataclasses
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from nasnet.cells import Genotype
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.limits import Limits, measured_latency
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

if TYPE_CHECKING:
    from nasnet.stacking.flat.trainer import Epoch, Trainer

A_contra = TypeVar("A_contra", contravariant=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluator found.

    Attributes:
        reward: to be maximised; finite.
        metrics: JSON values for the record.
    """

    reward: float
    metrics: dict[str, Any] = dataclasses.field(default_factory=dict)


class Evaluator(Protocol[A_contra]):
    """Scores the architectures of a space; it is sent to worker processes, so it must be small."""

    def prepare(self, threads: int) -> None:
        """Runs once in each worker before its first child; `threads` is its share of the cores."""

    def __call__(self, architecture: A_contra, seed: int, /) -> Evaluation:
        """The architecture's worth.

        Raises:
            Diverged: the child's training gave no finite loss.
        """


@dataclasses.dataclass(frozen=True)
class TrainChild:
    """Trains a small network of the cells for a short time; the reward is validation accuracy.

    Args:
        data: a folder with `x_train.npy` and `x_val.npy` ([N, H, W, C] uint8), `y_train.npy` and
            `y_val.npy` ([N] integers). Workers map these files into memory, so they share them.
        classes: number of classes.
        stack: the child's plan.
        recipe: the child's training.
        batch_statistics: whether validation takes the batch statistics of the images that it sees.
        reports_test: whether the record has the accuracy on `x_test.npy` and `y_test.npy`, too. It
            is no reward, and no controller sees it.
        limits: a latency target among them is measured against, and changes the reward.
    """

    data: Path
    classes: int
    stack: Stack
    recipe: Recipe
    batch_statistics: bool = False
    reports_test: bool = False
    limits: Limits = Limits()

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads and without its costly graph optimiser."""
        import_tensorflow(threads)
        import tensorflow as tf

        # It takes longer than it saves on a graph that lives for some hundred steps.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        gc.freeze()  # so that collecting what a child leaves does not look at all of TensorFlow

    def __call__(self, genotype: Genotype, seed: int) -> Evaluation:
        """Trains and validates one child; equal seeds give equal results on one thread."""
        trainer = self.trainer(genotype, seed)
        epochs = trainer.fit(*self.split("train"))
        return self.evaluation(trainer, epochs)

    def trainer(self, genotype: Genotype, seed: int) -> "Trainer":
        """The child before its training."""
        from nasnet.stacking.flat.trainer import Trainer

        shape = self.split("train")[0].shape[1:]
        network = CellNetwork(genotype, self.stack, shape, self.classes)
        return Trainer(network, self.recipe, seed=seed)

    def evaluation(self, trainer: "Trainer", epochs: Sequence["Epoch"]) -> Evaluation:
        """What a child is worth as it is, behind `epochs`."""
        x_val, y_val = self.split("val")
        batch_statistics = self.batch_statistics
        loss, accuracy = trainer.evaluate(x_val, y_val, batch_statistics=batch_statistics)
        metrics: dict[str, Any] = {
            "val_accuracy": accuracy,
            "val_loss": loss,
            "epochs": [dataclasses.asdict(epoch) for epoch in epochs],
            "parameters": trainer.cost.trainable_parameters,
            "mult_adds": trainer.cost.mult_adds,
        }
        if self.reports_test:
            _, metrics["test_accuracy"] = trainer.evaluate(
                *self.split("test"), batch_statistics=batch_statistics
            )
        if self.limits.latency_ms is not None:
            one = x_val[:1], y_val[:1]
            metrics["latency_ms"] = measured_latency(lambda: trainer.evaluate(*one))
        return Evaluation(self.limits.reward(accuracy, metrics.get("latency_ms")), metrics)

    def split(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Images and labels, mapped from disk."""
        x, y = (
            np.load(self.data / f"{axis}_{name}.npy", mmap_mode="r", allow_pickle=False)
            for axis in "xy"
        )
        return x, y
