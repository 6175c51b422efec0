"""Trains a network fast: the flat interpreter, one traced step, the data inside the graph."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells import Network
from nasnet.stacking.flat.augmentation import prepare, rescale
from nasnet.stacking.flat.losses import cross_entropy, hits
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.flat.program import EvaluationProgram, TrainingProgram
from nasnet.stacking.flat.training_state import TrainingState
from nasnet.stacking.recipe import Diverged, Recipe, check_in_memory

Tensor = Any


@dataclasses.dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training images gave.

    Attributes:
        number: from 1.
        loss: mean training loss of the classifier, without the auxiliary one and weight decay.
        accuracy: share of augmented training images that were classified rightly on the way.
    """

    number: int
    loss: float
    accuracy: float


class Trainer:
    """A network and its training state, from random weights to a trained classifier.

    Args:
        network: what is trained; it must have a classifier.
        recipe: how to train.
        seed: of the initial weights, the order of the images, their augmentation and what is
            dropped.

    Attributes:
        cost: what the network costs, without the auxiliary classifier.

    Raises:
        ValueError: as `network_cost`; with an auxiliary classifier, images must be large enough;
            or the recipe's augmentation is for images in files.
    """

    def __init__(self, network: Network, recipe: Recipe, *, seed: int = 0) -> None:
        check_in_memory(recipe.augmentation)
        self._network, self._recipe, self._seed = FlatNetwork(network, recipe), recipe, seed
        self._shape, self.cost = network.input_shape, self._network.cost
        self._state = TrainingState(self._network, seed)
        self._epochs_done = 0
        self._evaluation_steps: dict[bool, Callable[..., Any]] = {}

    def fit(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        on_epoch: Callable[[Epoch], None] = lambda epoch: None,
        on_step: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[Epoch]:
        """Trains for the recipe's epochs, or for those that a restored state has left.

        Args:
            images: [N, H, W, C] uint8.
            labels: [N] integers below `classes`.
            on_epoch: called behind every epoch; it may evaluate, and save `state()`.
            on_step: called behind every step with the steps done and the steps of all epochs.

        Returns:
            The epochs that were trained.

        Raises:
            Diverged: the loss is not finite.
            ValueError: there are no images or they have another shape.
        """
        self._check(images, labels)
        recipe, count = self._recipe, len(images)
        batch = min(recipe.batch_size, count)
        steps = count // batch
        step = self._training_step(tf.constant(images), tf.constant(labels, tf.int32), batch)
        epochs = []
        for number in range(self._epochs_done, recipe.epochs):
            rng = np.random.default_rng([self._seed, number])
            order = rng.permutation(count)[: steps * batch].reshape(steps, batch)
            sums = np.zeros(2)
            for i, indices in enumerate(order.astype(np.int32)):
                done = number * steps + i
                progress = done / (recipe.epochs * steps)
                pace = recipe.learning_rate_at(progress), progress, recipe.ema_decay_at(done)
                seeds = np.array([self._seed, done], np.int32)
                value, correct = step(indices, np.array(pace, np.float32), seeds)
                sums += float(value), float(correct)
                if not math.isfinite(sums[0]):
                    raise Diverged(f"training loss is {float(value)} at step {done + 1}")
                on_step(done + 1, recipe.epochs * steps)
            loss, accuracy = sums / (steps, steps * batch)
            epochs.append(Epoch(number + 1, float(loss), float(accuracy)))
            self._epochs_done = number + 1
            on_epoch(epochs[-1])
        return epochs

    def evaluate(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        batch_size: int = 250,
        batch_statistics: bool = False,
    ) -> tuple[float, float]:
        """Mean cross-entropy in nats and accuracy.

        Where the recipe averages weights, it is the averages that are evaluated.

        Args:
            images: [N, H, W, C] uint8.
            labels: [N] integers below `classes`.
            batch_size: images at a time.
            batch_statistics: whether batch normalization takes the mean and variance of the images
                it sees in place of the running ones, which lag behind after few training steps.
        """
        self._check(images, labels)
        sums = np.zeros(2)
        for start in range(0, len(images), batch_size):
            part = slice(start, start + batch_size)
            loss, correct = self._evaluation_step(batch_statistics)(
                tf.constant(images[part]), tf.constant(labels[part], tf.int32)
            )
            sums += float(loss), float(correct)
        return float(sums[0] / len(images)), float(sums[1] / len(images))

    def weights(self) -> dict[str, np.ndarray]:
        """Every weight array, as `TrainingState.by_path` has them."""
        return self._state.by_path()

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs to go on behind the last whole epoch."""
        return self._state.arrays() | {"epochs_done": np.array(self._epochs_done)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes up the `state` of a trainer that was constructed with the same arguments.

        Raises:
            ValueError: an array is missing or has another shape.
        """
        self._state.restore(state)
        self._epochs_done = int(state["epochs_done"])

    def _training_step(self, images: Tensor, labels: Tensor, batch: int) -> Callable[..., Any]:
        recipe, state = self._recipe, self._state
        program = TrainingProgram.of(self._network, batch)

        def step(indices: Tensor, pace: Tensor, seed: Tensor) -> Any:
            rate, progress, ema_decay = tf.unstack(pace)
            x = prepare(tf.gather(images, indices), recipe, seed)
            y = tf.gather(labels, indices)
            weights = state.weights.read_value()
            noise = Noise(recipe, progress, seed)
            losses, logits, gradient, statistics = program(x, y, weights, noise)
            state.update(gradient, statistics, rate, ema_decay, weights)
            return tf.reduce_mean(losses), hits(logits, y)

        signature = [
            tf.TensorSpec([batch], tf.int32),
            tf.TensorSpec([3], tf.float32),
            tf.TensorSpec([2], tf.int32),
        ]
        return tf.function(step, input_signature=signature, autograph=False)

    def _evaluation_step(self, batch_statistics: bool) -> Callable[..., Any]:
        if batch_statistics not in self._evaluation_steps:
            program = EvaluationProgram.of(self._network, batch_statistics=batch_statistics)

            def step(images: Tensor, labels: Tensor) -> Any:
                logits = program(rescale(images), *self._state.evaluated)
                return cross_entropy(logits, labels, total=True), hits(logits, labels)

            signature = [
                tf.TensorSpec([None, *self._shape], tf.uint8),
                tf.TensorSpec([None], tf.int32),
            ]
            self._evaluation_steps[batch_statistics] = tf.function(
                step, input_signature=signature, autograph=False
            )
        return self._evaluation_steps[batch_statistics]

    def _check(self, images: np.ndarray, labels: np.ndarray) -> None:
        if images.shape[1:] != self._shape or images.dtype != np.uint8 or not len(images):
            shape = ", ".join(map(str, ("N", *self._shape)))
            raise ValueError(f"images are {images.dtype} {images.shape}, expected uint8 ({shape})")
        if len(labels) != len(images):
            raise ValueError(f"{len(labels)} labels, expected {len(images)}, one an image")
