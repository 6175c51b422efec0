"""Children that are trained for a short time, as a whole or on few images."""

import dataclasses
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasnet.cells.network import Frame
from nasnet.search.evaluators.base import Evaluator, read_split, start_tensorflow
from nasnet.search.limits import SearchLimits, measured_latency
from nasnet.search.tasks import Evaluation, Stage, Train
from nasnet.stacking.recipe import Recipe

if TYPE_CHECKING:
    from nasnet.stacking.flat.trainer import Epoch, Trainer


@dataclasses.dataclass(frozen=True)
class TrainChild(Evaluator[Train[Any]]):
    """Trains a small network for a short time; the reward is validation accuracy.

    Args:
        data: a folder as in `Conditions`.
        frame: makes an architecture the child's network.
        recipe: the child's training.
        batch_statistics: whether validation takes the batch statistics of the images that it sees.
        reports_test: whether the record has the accuracy on `x_test.npy` and `y_test.npy`, too. It
            is no reward, and no controller sees it.
        limits: a latency target among them is measured against, and changes the reward.
    """

    reward_name = "validation accuracy"
    failure_reward = 0.0
    staged = True
    latency = True

    data: Path
    frame: Frame[Any]
    recipe: Recipe
    batch_statistics: bool = False
    reports_test: bool = False
    limits: SearchLimits = SearchLimits()

    def in_stages(self, folder: Path) -> Evaluator[Stage[Any]]:
        from nasnet.search.evaluators.stages import TrainInStages

        return TrainInStages(self, folder)

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads and without its costly graph optimiser."""
        start_tensorflow(threads)
        gc.freeze()  # so that collecting what a child leaves does not look at all of TensorFlow

    def __call__(self, task: Train[Any], /) -> Evaluation:
        """Trains and validates one child; equal seeds give equal results on one thread."""
        trainer = self.trainer(task.architecture, task.seed)
        epochs = trainer.fit(*self.split("train"))
        return self.evaluation(trainer, epochs)

    def trainer(self, architecture: Any, seed: int) -> "Trainer":
        """The child before its training."""
        from nasnet.stacking.flat.trainer import Trainer

        return Trainer(self.frame.network(architecture), self.recipe, seed=seed)

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
        return read_split(self.data, name)
