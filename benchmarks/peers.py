"""How others would train the same children: evaluators for `benchmarks.children`.

Each runs in a process of its own with all cores, and gets the same genotypes, data and recipe.
"""

import dataclasses
import math
import tempfile
from typing import Any

import numpy as np

from nasnet.cells import CellSpace, Genotype
from nasnet.data.shapes import shapes10
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search import Evaluation, Train
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

STACK, SHAPE, CLASSES, VALIDATION = Stack(1, 8), (32, 32, 3), 10, 500


@dataclasses.dataclass(frozen=True)
class Peer:
    """Trains a child on `images` images of shapes10 and validates it on 500.

    Args:
        images: that a child is trained on.
        recipe: momentum SGD, cosine, L2 on kernels, clipping, random flips.
    """

    images: int
    recipe: Recipe

    def prepare(self, threads: int) -> None:
        import_tensorflow(threads)

    def data(self) -> tuple[Any, Any]:
        """Training and validation images and labels, the same for everyone."""
        return shapes10(self.images, 1), shapes10(VALIDATION, 2)

    def steps(self) -> int:
        return self.images // self.recipe.batch_size * self.recipe.epochs


@dataclasses.dataclass(frozen=True)
class KerasFit(Peer):
    """The network of stock layers in `keras.Model.fit`, fed by tf.data."""

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        genotype, seed = task.architecture, task.seed
        import keras

        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        train, (x, y) = self.data()
        model = compiled(genotype, self.recipe, self.steps())
        model.fit(pipeline(train, self.recipe, seed), epochs=self.recipe.epochs, verbose=0)
        x = x.astype(np.float32) / 127.5 - 1
        return Evaluation(model.evaluate(x, y, batch_size=250, verbose=0)[1])


@dataclasses.dataclass(frozen=True)
class KerasTunerSearch(Peer):
    """One trial of `keras_tuner.RandomSearch` over the decisions of the same space.

    It draws its own architectures: a random search cannot be given any.
    """

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        import keras
        import keras_tuner

        space = CellSpace()
        train, (x, y) = self.data()

        def build(hp: Any) -> Any:
            choices = [
                hp.Choice(decision.name, list(range(len(decision.options))))
                for decision in space.decisions
            ]
            return compiled(space.decode(choices), self.recipe, self.steps())

        keras.utils.clear_session()
        with tempfile.TemporaryDirectory() as folder:
            tuner = keras_tuner.RandomSearch(
                build, "val_accuracy", max_trials=1, seed=task.seed, directory=folder
            )
            tuner.search(
                pipeline(train, self.recipe, task.seed),
                epochs=self.recipe.epochs,
                validation_data=(x.astype(np.float32) / 127.5 - 1, y),
                validation_batch_size=250,
                verbose=0,
            )
            trials = tuner.oracle.get_best_trials(1)
        return Evaluation(trials[0].score)


@dataclasses.dataclass(frozen=True)
class TorchEager(Peer):
    """PyTorch, eager, channels_last."""

    def prepare(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)

    def __call__(self, task: Train[Genotype], /) -> Evaluation:
        genotype, seed = task.architecture, task.seed
        import torch
        import torch.nn.functional as F

        from benchmarks.torch_network import decaying, torch_network

        torch.manual_seed(seed)
        recipe = self.recipe
        network = torch_network(CellNetwork(genotype, STACK, SHAPE, CLASSES), recipe, seed=seed)
        parameters = list(network.parameters())
        kept = {id(p) for p in decaying(network)}
        groups = [
            {"params": decaying(network), "weight_decay": recipe.weight_decay},
            {"params": [p for p in parameters if id(p) not in kept]},
        ]
        optimizer = torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum)
        (images, labels), (x, y) = (
            (to_tensor(images), torch.tensor(labels).long()) for images, labels in self.data()
        )
        steps, done = self.steps(), 0
        for _ in range(recipe.epochs):
            order = torch.randperm(len(images))
            for start in range(0, len(images) - recipe.batch_size + 1, recipe.batch_size):
                picked = order[start : start + recipe.batch_size]
                batch = images[picked]
                flips = torch.rand(len(batch)) < 0.5
                batch[flips] = batch[flips].flip(3)
                batch = batch.contiguous(memory_format=torch.channels_last)
                for group in optimizer.param_groups:
                    group["lr"] = recipe.learning_rate * (1 + math.cos(math.pi * done / steps)) / 2
                loss = F.cross_entropy(network(batch), labels[picked])
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, recipe.clip_norm)
                optimizer.step()
                done += 1
        network.eval()
        with torch.no_grad():
            right = sum(
                int((network(a).argmax(1) == b).sum())
                for a, b in zip(x.split(250), y.split(250), strict=True)
            )
        return Evaluation(right / len(y))


def to_tensor(images: np.ndarray) -> Any:
    """[N, C, H, W] from -1 to 1, in channels_last memory."""
    import torch

    return torch.tensor(images.astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)


def compiled(genotype: Genotype, recipe: Recipe, steps: int) -> Any:
    """The Keras network, compiled."""
    import keras

    from nasnet.stacking.keras.backend import build_network

    model = build_network(CellNetwork(genotype, STACK, SHAPE, CLASSES), classifier_activation=None)
    for variable in model.trainable_variables:
        if variable.path.endswith("kernel"):
            variable.regularizer = keras.regularizers.L2(recipe.weight_decay / 2)
    schedule = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    model.compile(
        keras.optimizers.SGD(
            schedule, momentum=recipe.momentum, global_clipnorm=recipe.clip_norm or None
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def pipeline(train: tuple[np.ndarray, np.ndarray], recipe: Recipe, seed: int) -> Any:
    """Shuffled, flipped, rescaled batches."""
    import tensorflow as tf

    images, labels = train

    def prepare(x: Any, y: Any) -> Any:
        return tf.image.random_flip_left_right(tf.cast(x, tf.float32) / 127.5 - 1), y

    data = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed=seed)
    data = data.batch(recipe.batch_size, drop_remainder=True)
    return data.map(prepare, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
