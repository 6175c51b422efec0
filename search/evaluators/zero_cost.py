"""Measures of a network that is not trained, as rewards."""

import abc
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasnet.cells.network import Frame
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.base import Evaluator, read_split
from nasnet.search.limits import counts
from nasnet.search.tasks import Evaluation, Train

if TYPE_CHECKING:
    from nasnet.search.evaluators.measures import Untrained


@dataclasses.dataclass(frozen=True)
class ZeroCost(Evaluator[Train[Any]]):
    """A measure of the untrained network as its reward (`nasnet.search.evaluators.measures`).

    Args:
        data: a folder as in `Conditions`.
        frame: makes an architecture the child's network.
        images: training images that are looked at, drawn by the trial's seed.
    """

    untrained = True

    data: Path
    frame: Frame[Any]
    images: int = 64

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads."""
        import_tensorflow(threads)

    def __call__(self, task: Train[Any], /) -> Evaluation:
        """The measure, at weights and on images that the seed draws."""
        from nasnet.search.evaluators.measures import Untrained

        x, y = read_split(self.data, "train")
        count = min(self.images, len(y))
        chosen = np.random.default_rng(task.seed).choice(len(y), count, replace=False)
        network = self.frame.network(task.architecture)
        reward = self.measure(Untrained(network, task.seed), x[chosen], y[chosen])
        return Evaluation(reward, counts(network))

    @abc.abstractmethod
    def measure(self, network: "Untrained", images: np.ndarray, labels: np.ndarray) -> float:
        """The reward by these images, [N, H, W, C] uint8, and labels, [N]."""


class Synflow(ZeroCost):
    """log10 of the synaptic flow, of any sign."""

    reward_name = "synflow"

    def measure(self, network: "Untrained", images: np.ndarray, labels: np.ndarray) -> float:
        return network.synflow()


class Naswot(ZeroCost):
    """How differently images switch the ReLUs; without a lower bound where they hardly differ."""

    reward_name = "naswot"

    def measure(self, network: "Untrained", images: np.ndarray, labels: np.ndarray) -> float:
        return network.naswot(images)


class JacobCov(ZeroCost):
    """How little the derivatives by images correlate: at most minus the number of images."""

    reward_name = "jacob_cov"

    def measure(self, network: "Untrained", images: np.ndarray, labels: np.ndarray) -> float:
        return network.jacob_cov(images)


class GradNorm(ZeroCost):
    """The norms of the kernels' gradients, which are not negative."""

    reward_name = "grad_norm"
    failure_reward = 0.0

    def measure(self, network: "Untrained", images: np.ndarray, labels: np.ndarray) -> float:
        return network.grad_norm(images, labels)
