"""Trainings on few images, from random or from shared weights; several evaluators on one child."""

import dataclasses
import math
import time
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


@dataclasses.dataclass(frozen=True)
class Several(Evaluator[Train[Any]]):
    """Runs one evaluator after the other on the same child.

    The reward is 0; each evaluator's reward and seconds are in the metrics under its name, and the
    text of its error where it failed.

    Args:
        evaluators: by name.
    """

    failure_reward = 0.0

    evaluators: tuple[tuple[str, Evaluator[Any]], ...]

    def prepare(self, threads: int) -> None:
        """Prepares all of them."""
        for _, evaluator in self.evaluators:
            evaluator.prepare(threads)

    def __call__(self, task: Train[Any], /) -> Evaluation:
        """All rewards."""
        found = {}
        for name, evaluator in self.evaluators:
            started, reward, error = time.monotonic(), math.nan, ""
            try:
                reward = evaluator(evaluator.task(task.architecture, task.seed)).reward
            except Exception as exception:  # a proxy that fails costs itself alone
                error = f"{type(exception).__name__}: {exception}"
            if not error and not math.isfinite(reward):
                error = f"reward is {reward}"
            found[name] = {
                "reward": None if error else reward,
                "seconds": round(time.monotonic() - started, 4),
                "error": error[:200],
            }
        return Evaluation(0.0, found)
