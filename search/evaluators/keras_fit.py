"""Models of a user's own function as the children of a search, trained by Keras' own `fit`."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells.spaces.hyper import Configuration
from nasnet.runtime.files import replacing
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.base import Evaluator
from nasnet.search.evaluators.keras_training import (
    FitSettings,
    Splits,
    Training,
    numbered,
    read_splits,
)
from nasnet.search.evaluators.stages import told_again
from nasnet.search.tasks import Evaluation, Stage, Train


def weights_name(key: str, seed: int) -> str:
    """The file of a trial's weights.

    Args:
        key: of its configuration.
        seed: of the trial.
    """
    return f"{key}-{seed}.npz"


@dataclasses.dataclass(frozen=True)
class KerasFit(Evaluator[Train[Configuration]]):
    """Builds a model with a configuration's values and trains it; the reward is the objective.

    The weights of the epoch whose objective is the reward are kept: the model of a trial is the one
    that has its score.

    Args:
        model: the name of the function.
        data: a folder with `x_train.npy`, `y_train.npy`, `x_val.npy` and `y_val.npy`.
        weights: the folder of the trials' weights, which must exist.
        fit: the training.
    """

    staged = True
    lifetime = 30  # Keras leaves something of each model behind

    model: str
    data: Path
    weights: Path
    fit: FitSettings

    def in_stages(self, folder: Path) -> "Evaluator[Stage[Any]]":
        return KerasFitInStages(self, folder)

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads."""
        import_tensorflow(threads)

    def __call__(self, task: Train[Configuration], /) -> Evaluation:
        """Trains one model as a whole; equal seeds give equal results on one thread."""
        training = Training(self.model, self.fit, task.architecture, task.seed)
        training.run(self.splits(), self.fit.epochs)
        return self.ended(training)

    def splits(self) -> Splits:
        """The data, scaled once a process."""
        return read_splits(self.data, self.fit.pixels)

    def ended(self, training: Training) -> Evaluation:
        """Keeps what a training has reached, and says what it is worth."""
        name = weights_name(training.configuration.key, training.seed)
        with replacing(self.weights / name) as file:
            arrays = numbered("w", training.best_weights)
            np.savez(file, allow_pickle=False, **arrays)
        return training.evaluation()


@dataclasses.dataclass(frozen=True)
class KerasFitInStages(Evaluator[Stage[Configuration]]):
    """The same up to the epochs of a `Stage`, behind what earlier stages have trained.

    Args:
        whole: how models are trained.
        folder: where models wait between two stages.
    """

    task = Stage

    whole: KerasFit
    folder: Path

    def prepare(self, threads: int) -> None:
        """As for whole trainings."""
        self.whole.prepare(threads)

    def __call__(self, stage: Stage[Configuration], /) -> Evaluation:
        """The model's worth at the end of the stage."""
        whole, path = self.whole, self.folder / f"trial-{stage.number}.npz"
        training = Training(whole.model, whole.fit, stage.architecture, stage.seed)
        splits = whole.splits()
        if path.is_file():
            with np.load(path, allow_pickle=False) as state:
                training.restore(dict(state), splits)
        again = stage.behind - len(training.history)
        training.run(splits, stage.epochs)
        if stage.last:
            evaluation = whole.ended(training)
            path.unlink(missing_ok=True)
            return told_again(evaluation, again)
        with replacing(path) as file:
            np.savez(file, allow_pickle=False, **training.state())
        return told_again(training.evaluation(), again)
