"""Training in stages: between two of them a child waits in a file, and any worker may go on."""

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasnet.runtime.files import replacing
from nasnet.search.evaluators.base import Evaluator
from nasnet.search.evaluators.train import TrainChild
from nasnet.search.tasks import Evaluation, Stage

if TYPE_CHECKING:
    from nasnet.stacking.flat.trainer import Trainer


class _StageEnd(Exception):
    """Leaves a training behind the last epoch of its stage."""


@dataclasses.dataclass(frozen=True)
class TrainInStages(Evaluator[Stage[Any]]):
    """Trains a child up to the epochs of a `Stage`, behind what earlier stages have trained.

    What is trained is kept in a file of the trial's number until its last stage is over. A stage
    that was cut short is trained again from the end of the one before, to the same result.

    Args:
        child: how children are trained; the stages are parts of its recipe's epochs.
        folder: of the files, which must exist.
    """

    reward_name = TrainChild.reward_name
    task = Stage
    latency = TrainChild.latency

    child: TrainChild
    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "failure_reward", self.child.failure_reward)

    def prepare(self, threads: int) -> None:
        """As for whole children."""
        self.child.prepare(threads)

    def __call__(self, stage: Stage[Any], /) -> Evaluation:
        """The child's worth at the end of the stage."""
        from nasnet.stacking.flat.trainer import Epoch

        trainer = self.child.trainer(stage.architecture, stage.seed)
        path = self.folder / f"trial-{stage.number}.npz"
        epochs = [Epoch(int(number), *values) for number, *values in _restore(trainer, path)]

        done = len(epochs)

        def on_epoch(epoch: Epoch) -> None:
            epochs.append(epoch)
            if epoch.number == stage.epochs:
                raise _StageEnd

        if len(epochs) < stage.epochs:
            with contextlib.suppress(_StageEnd):
                trainer.fit(*self.child.split("train"), on_epoch=on_epoch)
        evaluation = told_again(self.child.evaluation(trainer, epochs), stage.behind - done)
        if stage.last:
            path.unlink(missing_ok=True)
        else:
            history = np.array([dataclasses.astuple(epoch) for epoch in epochs])
            with replacing(path) as file:
                np.savez(file, allow_pickle=False, history=history, **trainer.state())
        return evaluation


def told_again(evaluation: Evaluation, epochs: int) -> Evaluation:
    """The evaluation of a stage that found nothing of so many epochs of earlier ones."""
    if epochs <= 0:
        return evaluation
    metrics = evaluation.metrics | {"trained_again": epochs}
    return dataclasses.replace(evaluation, metrics=metrics)


def _restore(trainer: "Trainer", path: Path) -> list[list[float]]:
    """Number, loss and accuracy of the epochs that earlier stages have done."""
    if not path.is_file():
        return []
    with np.load(path, allow_pickle=False) as state:
        arrays = dict(state)
    history = arrays.pop("history")
    trainer.restore(arrays)
    return history.tolist()
