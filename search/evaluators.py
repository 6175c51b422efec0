"""What a genotype is worth: evaluators turn it into a reward, in workers, and keep nothing."""

import dataclasses
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cells import Genotype
from stacking.plan import Stack
from stacking.quiet import import_tensorflow
from stacking.recipe import Recipe


@dataclasses.dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluator found.

    Attributes:
        reward: to be maximised; finite.
        metrics: JSON values for the record.
    """

    reward: float
    metrics: dict[str, Any] = dataclasses.field(default_factory=dict)


class Evaluator(Protocol):
    """Anything that can score a genotype; it is sent to worker processes, so it must be small."""

    def prepare(self, threads: int) -> None:
        """Runs once in each worker before its first child; `threads` is its share of the cores."""

    def __call__(self, genotype: Genotype, seed: int) -> Evaluation:
        """The genotype's worth.

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
    """

    data: Path
    classes: int
    stack: Stack
    recipe: Recipe

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads and without its costly graph optimiser."""
        import_tensorflow(threads)
        import tensorflow as tf

        # It takes longer than it saves on a graph that lives for some hundred steps.
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

    def __call__(self, genotype: Genotype, seed: int) -> Evaluation:
        """Trains and validates one child; equal seeds give equal results on one thread."""
        from stacking.trainer import Trainer

        names = ("x_train", "y_train", "x_val", "y_val")
        x_train, y_train, x_val, y_val = (
            np.load(self.data / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names
        )
        trainer = Trainer(
            genotype, self.stack, x_train.shape[1:], self.classes, self.recipe, seed=seed
        )
        epochs = trainer.fit(x_train, y_train)
        loss, accuracy = trainer.evaluate(x_val, y_val)
        metrics = {
            "val_accuracy": accuracy,
            "val_loss": loss,
            "epochs": [dataclasses.asdict(epoch) for epoch in epochs],
            "parameters": trainer.cost.trainable_parameters,
            "mult_adds": trainer.cost.mult_adds,
        }
        return Evaluation(accuracy, metrics)
