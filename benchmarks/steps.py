"""One network trained for a few steps, ours and the peers': what `step` and `startup` measure."""

import dataclasses
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measuring import in_turn, ratios, summaries
from nasnet.cells import Genotype
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

CLASSES = 10


@dataclasses.dataclass(frozen=True)
class Task:
    """Some steps of one network on random images.

    Args:
        genotype: the cells.
        stack: the plan.
        batch: images in a step.
        side: of the images in pixels.
        steps: how many, the first one included.
    """

    genotype: Genotype
    stack: Stack
    batch: int = 64
    side: int = 32
    steps: int = 6

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.side, self.side, 3

    @property
    def network(self) -> CellNetwork:
        return CellNetwork(self.genotype, self.stack, self.shape, CLASSES)

    @property
    def recipe(self) -> Recipe:
        return Recipe(batch_size=self.batch, learning_rate=0.01, augmentation="none")

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        rng, count = np.random.default_rng(0), self.batch * self.steps
        images = rng.integers(0, 256, (count, *self.shape), dtype=np.uint8)
        return images, rng.integers(0, CLASSES, count)


def ours(task: Task) -> list[float]:
    """When each step ended, in seconds from before the network was built."""
    import tensorflow as tf

    from nasnet.stacking.flat.trainer import Trainer

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    ends: list[float] = []
    start = time.perf_counter()
    trainer = Trainer(task.network, task.recipe)
    trainer.fit(*task.data(), on_step=lambda *_: ends.append(time.perf_counter() - start))
    return ends


def with_keras(task: Task) -> list[float]:
    """The same with `keras.Model.fit`."""
    import keras
    import tensorflow as tf

    from nasnet.stacking.keras.backend import build_network

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    keras.utils.clear_session()
    ends: list[float] = []
    start = time.perf_counter()
    model = build_network(task.network, classifier_activation=None)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01, 0.9), loss)
    images, labels = task.data()
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs=None: ends.append(time.perf_counter() - start)
    )
    x = images.astype(np.float32) / 127.5 - 1
    model.fit(x, labels, batch_size=task.batch, shuffle=False, verbose=0, callbacks=[watch])
    return ends


def with_torch(task: Task) -> list[float]:
    """The same with PyTorch, eager."""
    import torch
    import torch.nn.functional as F

    from benchmarks.peers import to_tensor
    from benchmarks.torch_network import torch_network

    ends: list[float] = []
    images, labels = task.data()
    start = time.perf_counter()
    network = torch_network(task.network, seed=0)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    x, y = to_tensor(images), torch.tensor(labels)
    for a, b in zip(x.split(task.batch), y.split(task.batch), strict=True):
        batch = a.contiguous(memory_format=torch.channels_last)
        loss = F.cross_entropy(network(batch), b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ends.append(time.perf_counter() - start)
    return ends


CONTESTANTS: dict[str, Callable[[Task], list[float]]] = {
    "ours": ours,
    "keras": with_keras,
    "torch": with_torch,
}


def compete(task: Task, names: list[str], rounds: int) -> dict[str, Any]:
    """All contestants in turn: first step, later steps, images a second, ratios to ours."""
    first: dict[str, list[float]] = {name: [] for name in names}
    later: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in in_turn(names, number):
            ends = CONTESTANTS[name](task)
            first[name].append(ends[0])
            later[name].append(statistics.median(np.diff(ends).tolist()))
    return {
        "first_step_seconds": summaries(first),
        "step_milliseconds": summaries(
            {name: [1e3 * value for value in values] for name, values in later.items()}, 1
        ),
        "images_per_second": {
            name: round(task.batch / statistics.median(values), 1) for name, values in later.items()
        },
        "first_step_over_ours": over_ours(first),
        "step_over_ours": over_ours(later),
    }


def over_ours(seconds: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Others' seconds over ours, round by round; above 1, ours is faster."""
    others = {name: values for name, values in seconds.items() if name != "ours"}
    return {name: ratios(values, seconds["ours"]) for name, values in others.items()}


def available(names: list[str]) -> list[str]:
    """Those of `names` whose libraries are installed."""
    import importlib.util

    return [name for name in names if name != "torch" or importlib.util.find_spec("torch")]
