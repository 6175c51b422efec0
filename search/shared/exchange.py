"""What the driver of shared weights and its workers exchange: two files, and plain data."""

import dataclasses
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from nasnet.search.tasks import Evaluation

# Vectors of all weights, float32 [P], and of all running statistics, float32 [M].
WEIGHTS, MOVING = "weights.npy", "moving.npy"
R_co = TypeVar("R_co", covariant=True)


@dataclasses.dataclass(frozen=True, slots=True)
class SharedGradient:
    """What a child found in its part of a training step.

    Attributes:
        loss: mean cross-entropy of its images, in nats.
        gradient: of its own weights, float32 [p].
        statistics: of its batch normalizations, float32 [m].
        by_factors: the gradient by the factor behind each choice, float32 [T]; [0] where it was
            not asked for.
    """

    loss: float
    gradient: np.ndarray
    statistics: np.ndarray
    by_factors: np.ndarray


class SharedWorker(Protocol):
    """Who has the weights, and does what tasks ask."""

    def gradient(self, step: "SharedStep", /) -> SharedGradient:
        """A child's part of one training step."""

    def score(self, task: "SharedScore", /) -> Evaluation:
        """A child's worth under the weights as they are."""


class SharedTask(Protocol[R_co]):
    """What a worker does under shared weights."""

    def run(self, worker: SharedWorker) -> R_co:
        """Lets the worker do it."""


@dataclasses.dataclass(frozen=True, slots=True)
class SharedStep:
    """A child's part of one training step.

    Attributes:
        architecture: the child.
        images: which images it sees, int64 [N].
        progress: share of the whole training that is done.
        seed: of augmentation and of what is dropped.
        split: whose images they are.
        gates: whether a gradient by the factors behind its choices is asked for, too.
    """

    architecture: Any
    images: np.ndarray
    progress: float
    seed: tuple[int, int]
    split: Literal["train", "val"] = "train"
    gates: bool = False

    def run(self, worker: SharedWorker) -> SharedGradient:
        """A gradient."""
        return worker.gradient(self)


@dataclasses.dataclass(frozen=True, slots=True)
class SharedScore:
    """A child to score.

    Attributes:
        architecture: the child.
        seed: draws the images.
        images: how many validation images; None for all.
    """

    architecture: Any
    seed: int
    images: int | None = None

    def run(self, worker: SharedWorker) -> Evaluation:
        """Its worth."""
        return worker.score(self)
