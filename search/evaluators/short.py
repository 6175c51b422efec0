"""Trainings on few images, from random or from shared weights."""

import dataclasses
from typing import Any

from nasnet.search.evaluators.base import Evaluator
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.evaluators.train import TrainChild
from nasnet.search.tasks import Evaluation, Train


@dataclasses.dataclass(frozen=True)
class ShortTraining(Evaluator[Train[Any]]):
    """Validation accuracy after a training on few images.

    Args:
        child: the training; without auxiliary classifier and averages where weights are shared.
        images: training images, the first ones of its folder.
        shared: whose weights it starts from; None for random ones.
    """

    reward_name = TrainChild.reward_name
    failure_reward = TrainChild.failure_reward

    child: TrainChild
    images: int
    shared: SharedWeights | None = None

    def prepare(self, threads: int) -> None:
        """As for the child."""
        self.child.prepare(threads)

    def __call__(self, task: Train[Any], /) -> Evaluation:
        """Trains and validates one child."""
        trainer = self.child.trainer(task.architecture, task.seed)
        if self.shared is not None:
            weights, moving = self.shared.vectors(task.architecture)
            trainer.restore(trainer.state() | {"weights": weights, "moving": moving})
        images, labels = self.child.split("train")
        epochs = trainer.fit(images[: self.images], labels[: self.images])
        return self.child.evaluation(trainer, epochs)
