"""Cheap stand-ins for a child's accuracy, as evaluators: a search can run on any of them.

Zero-cost measures look at the random beginning of a network; counts look at its size; a short
training sees fewer images or epochs, and may start from shared weights.
"""

import dataclasses
import math
import time
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from nasnet.cells import Genotype, network_cost
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators import Evaluation, Evaluator, TrainChild
from nasnet.search.shared import SharedWeights
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack

ZeroCostMeasure = Literal["synflow", "naswot", "jacob_cov", "grad_norm"]
CountMeasure = Literal["parameters", "mult_adds"]
EvaluatorName = Literal["child", "shared", ZeroCostMeasure, CountMeasure]
ZERO_COST: tuple[ZeroCostMeasure, ...] = get_args(ZeroCostMeasure)
COUNTS: tuple[CountMeasure, ...] = get_args(CountMeasure)
EVALUATORS: tuple[EvaluatorName, ...] = get_args(EvaluatorName)


@dataclasses.dataclass(frozen=True)
class ZeroCost:
    """A measure of the untrained network as its reward (`nasnet.search.zero_cost`).

    Args:
        measure: which one.
        data: a folder as for `TrainChild`.
        classes: number of classes.
        stack: the child's plan.
        images: training images that are looked at, drawn by the trial's seed.
    """

    measure: ZeroCostMeasure
    data: Path
    classes: int
    stack: Stack
    images: int = 64

    def prepare(self, threads: int) -> None:
        """Imports TensorFlow, on `threads` threads."""
        import_tensorflow(threads)

    def __call__(self, genotype: Genotype, seed: int) -> Evaluation:
        """The measure, at weights and on images that the seed draws."""
        from nasnet.search.zero_cost import Untrained

        x, y = (
            np.load(self.data / f"{axis}_train.npy", mmap_mode="r", allow_pickle=False)
            for axis in "xy"
        )
        count = min(self.images, len(y))
        chosen = np.random.default_rng(seed).choice(len(y), count, replace=False)
        cells = CellNetwork(genotype, self.stack, x.shape[1:], self.classes)
        network = Untrained(cells, seed)
        match self.measure:
            case "synflow":
                reward = network.synflow()
            case "naswot":
                reward = network.naswot(x[chosen])
            case "jacob_cov":
                reward = network.jacob_cov(x[chosen])
            case "grad_norm":
                reward = network.grad_norm(x[chosen], y[chosen])
        return Evaluation(reward, _size(cells))


@dataclasses.dataclass(frozen=True)
class Count:
    """log10 of parameters or multiply-adds as the reward: the baselines of every other proxy.

    Args:
        measure: which one.
        data: a folder as for `TrainChild`.
        classes: number of classes.
        stack: the child's plan.
    """

    measure: CountMeasure
    data: Path
    classes: int
    stack: Stack

    def prepare(self, threads: int) -> None:
        """Nothing: a count needs no TensorFlow."""

    def __call__(self, genotype: Genotype, seed: int) -> Evaluation:
        """The count, the same for every seed."""
        shape = np.load(self.data / "x_val.npy", mmap_mode="r", allow_pickle=False).shape[1:]
        metrics = _size(CellNetwork(genotype, self.stack, shape, self.classes))
        return Evaluation(math.log10(metrics[self.measure]), metrics)


@dataclasses.dataclass(frozen=True)
class ShortTraining:
    """Validation accuracy after a training on few images, from random or from shared weights.

    Args:
        child: the training; without auxiliary classifier and averages where weights are shared.
        images: training images, the first ones of its folder.
        shared: whose weights it starts from; None for random ones.
    """

    child: TrainChild
    images: int
    shared: SharedWeights | None = None

    def prepare(self, threads: int) -> None:
        """As for the child."""
        self.child.prepare(threads)

    def __call__(self, genotype: Genotype, seed: int) -> Evaluation:
        """Trains and validates one child.

        Raises:
            Diverged: the loss is not finite.
        """
        trainer = self.child.trainer(genotype, seed)
        if self.shared is not None:
            weights, moving = self.shared.vectors(genotype)
            trainer.restore(trainer.state() | {"weights": weights, "moving": moving})
        images, labels = self.child.split("train")
        epochs = trainer.fit(images[: self.images], labels[: self.images])
        return self.child.evaluation(trainer, epochs)


@dataclasses.dataclass(frozen=True)
class Several:
    """Runs one evaluator after the other on the same child.

    The reward is 0; each evaluator's reward and seconds are in the metrics under its name, and the
    text of its error where it failed.

    Args:
        evaluators: by name.
    """

    evaluators: tuple[tuple[str, Evaluator[Genotype]], ...]

    def prepare(self, threads: int) -> None:
        """Prepares all of them."""
        for _, evaluator in self.evaluators:
            evaluator.prepare(threads)

    def __call__(self, genotype: Genotype, seed: int) -> Evaluation:
        """All rewards."""
        found = {}
        for name, evaluator in self.evaluators:
            started, reward, error = time.monotonic(), math.nan, ""
            try:
                reward = evaluator(genotype, seed).reward
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


def _size(network: CellNetwork) -> dict[str, Any]:
    cost, _ = network_cost(network)
    return {"parameters": cost.trainable_parameters, "mult_adds": cost.mult_adds}
