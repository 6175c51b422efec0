"""What evaluators are: they turn tasks into rewards, in worker processes, and keep nothing."""

import abc
import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.cells.network import Frame
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.budgets import Budgets
from nasnet.search.limits import SearchLimits
from nasnet.search.rules import Rules
from nasnet.search.tasks import Evaluation, Stage, Train
from nasnet.stacking.recipe import Recipe

Task_contra = TypeVar("Task_contra", contravariant=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Conditions:
    """What a search makes its evaluator of.

    Attributes:
        data: a folder with `x_train.npy` and `x_val.npy` ([N, H, W, C] uint8), `y_train.npy` and
            `y_val.npy` ([N] integers), as `read_split` reads them.
        folder: of the run, for files of the evaluator's own.
        frame: makes an architecture the child's network.
        space: what is searched.
        recipe: the child's training.
        limits: a latency target among them changes rewards.
        batch_statistics: whether validation takes the batch statistics of the images that it sees.
    """

    data: Path
    folder: Path
    frame: Frame[Any]
    space: SearchSpace[Any]
    recipe: Recipe
    limits: SearchLimits = SearchLimits()
    batch_statistics: bool = False


class Evaluator(abc.ABC, Generic[Task_contra]):
    """Scores the architectures of a space; it is sent to worker processes, so it must be small.

    A subclass has a `__call__`, and says here what it can do and what it needs.

    Attributes:
        reward_name: what its rewards are, for tables and figures.
        failure_reward: what the controller is told of a child that failed: no child that runs earns
            less. None where no such bound is known: the lowest reward so far, then.
        task: the class of its tasks, made of an architecture and a seed.
        lifetime: children after which its process is replaced.
        staged: whether it can also be called with stages (`in_stages`).
        latency: whether its rewards heed a latency target.
        untrained: whether it looks at networks as they are before any training.
        shares_weights: whether it scores under weights trained before (`nasnet.search.shared`).
    """

    reward_name: ClassVar[str] = "reward"
    failure_reward: ClassVar[float | None] = None
    task: ClassVar[type[Any]] = Train
    lifetime: ClassVar[int] = 100
    staged: ClassVar[bool] = False
    latency: ClassVar[bool] = False
    untrained: ClassVar[bool] = False
    shares_weights: ClassVar[bool] = False

    @classmethod
    def make(cls, conditions: Conditions) -> Self:
        """One for a search; fields that are called as its conditions are given these."""
        if not dataclasses.is_dataclass(cls):
            return cls()
        names = {field.name for field in dataclasses.fields(cls)}
        given = [f.name for f in dataclasses.fields(conditions) if f.name in names]
        return cls(**{name: getattr(conditions, name) for name in given})

    def rules(
        self,
        *,
        budgets: Budgets | None = None,
        limit: Callable[[Any], str | None] | None = None,
    ) -> Rules:
        """What holds for the children of a search with this evaluator.

        Args:
            budgets: which children are trained to the end; the evaluator is one `in_stages` then.
            limit: says why an architecture is not evaluated, or None where it is.
        """
        return Rules(self.task, self.failure_reward, budgets, limit)

    def in_stages(self, folder: Path) -> "Evaluator[Stage[Any]]":
        """The same evaluator for stages; what is trained waits in `folder` between two of them."""
        raise NotImplementedError(f"{type(self).__name__} is not staged")

    def prepare(self, threads: int) -> None:
        """Runs once in each process before its first child; `threads` is its share of the cores."""

    @abc.abstractmethod
    def __call__(self, task: Task_contra, /) -> Evaluation:
        """The architecture's worth, the same for equal tasks.

        Raises:
            Diverged: the child's training gave no finite loss.
        """


def read_split(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Images [N, H, W, C] and labels [N] of a split, mapped from disk: processes share them."""
    x, y = (
        np.load(folder / f"{axis}_{name}.npy", mmap_mode="r", allow_pickle=False) for axis in "xy"
    )
    return x, y


def start_tensorflow(threads: int) -> None:
    """Imports TensorFlow, on `threads` threads and without its costly graph optimiser."""
    import_tensorflow(threads)
    # Every child is traced anew, of which TensorFlow warns where it was imported by others.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    import tensorflow as tf

    # It takes longer than it saves on a graph that has all the quick forms already.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
