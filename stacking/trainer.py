"""Trains a network fast: the flat interpreter, one traced step, the data inside the graph."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from cells import Genotype
from stacking.assemble import assemble, network_cost
from stacking.flat_backend import FlatLayout, FlatTensors
from stacking.plan import Stack
from stacking.recipe import Diverged, Recipe

Tensor = Any


@dataclasses.dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training images gave.

    Attributes:
        number: from 1.
        loss: mean training loss, without weight decay.
        accuracy: share of augmented training images that were classified rightly on the way.
    """

    number: int
    loss: float
    accuracy: float


class Trainer:
    """A network and its training state, from random weights to a trained classifier.

    Args:
        genotype: the cells.
        stack: the plan.
        input_shape: height, width and channels of the images.
        classes: number of classes.
        recipe: how to train.
        seed: of the initial weights, the order of the images and their augmentation.
    """

    def __init__(
        self,
        genotype: Genotype,
        stack: Stack,
        input_shape: tuple[int, int, int],
        classes: int,
        recipe: Recipe,
        *,
        seed: int = 0,
    ) -> None:
        self._genotype, self._stack, self._classes = genotype, stack, classes
        self._recipe, self._seed = recipe, seed
        self._shape = input_shape
        self.cost, _ = network_cost(genotype, stack, input_shape, classes)
        self._layout = FlatLayout(self.cost.parameters)
        trainable, moving = self._layout.initial(seed)
        self._weights, self._moving = tf.Variable(trainable), tf.Variable(moving)
        self._velocity = tf.Variable(np.zeros_like(trainable))
        decay = recipe.weight_decay * self._layout.decay_mask()
        self._decay = tf.constant(decay, tf.float32)
        self._epochs_done = 0

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
                rate = recipe.learning_rate_at(done / (recipe.epochs * steps))
                seeds = np.array([self._seed, done], np.int32)
                value, correct = step(indices, np.float32(rate), seeds)
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
        self, images: np.ndarray, labels: np.ndarray, *, batch_size: int = 250
    ) -> tuple[float, float]:
        """Mean cross-entropy in nats and accuracy, with the running batch statistics.

        Args:
            images: [N, H, W, C] uint8.
            labels: [N] integers below `classes`.
            batch_size: images at a time.
        """
        self._check(images, labels)
        sums = np.zeros(2)
        for start in range(0, len(images), batch_size):
            part = slice(start, start + batch_size)
            loss, correct = self._evaluation_step(
                tf.constant(images[part]), tf.constant(labels[part], tf.int32)
            )
            sums += float(loss), float(correct)
        return float(sums[0] / len(images)), float(sums[1] / len(images))

    def weights(self) -> dict[str, np.ndarray]:
        """Every weight array by its path in the Keras network of the same genotype and plan."""
        return self._layout.unpack(self._weights.numpy(), self._moving.numpy())

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs to go on behind the last whole epoch."""
        return {
            "weights": self._weights.numpy(),
            "moving": self._moving.numpy(),
            "velocity": self._velocity.numpy(),
            "epochs_done": np.array(self._epochs_done),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Takes up the `state` of a trainer that was constructed with the same arguments.

        Raises:
            ValueError: an array is missing or has another shape.
        """
        for name, variable in (
            ("weights", self._weights),
            ("moving", self._moving),
            ("velocity", self._velocity),
        ):
            if name not in state or state[name].shape != tuple(variable.shape):
                found = state[name].shape if name in state else "missing"
                raise ValueError(f"state of {name} is {found}, expected {tuple(variable.shape)}")
            variable.assign(state[name])
        self._epochs_done = int(state["epochs_done"])

    def _logits(self, weights: Tensor, moving: Tensor, x: Tensor, training: bool) -> Any:
        tensors = self._layout.tensors(weights, moving)
        epsilon = self._recipe.batch_norm_epsilon
        backend = FlatTensors(tensors, training=training, epsilon=epsilon)
        ends = assemble(backend, self._genotype, self._stack, x, self._classes)
        return ends["Logits"], backend.statistics

    def _training_step(self, images: Tensor, labels: Tensor, batch: int) -> Callable[..., Any]:
        recipe = self._recipe

        def step(indices: Tensor, rate: Tensor, seed: Tensor) -> Any:
            x = augment(rescale(tf.gather(images, indices)), recipe.augmentation, seed)
            y = tf.gather(labels, indices)
            weights = self._weights.read_value()
            with tf.GradientTape() as tape:
                tape.watch(weights)
                logits, statistics = self._logits(weights, self._moving, x, training=True)
                loss = cross_entropy(logits, y, self._classes, recipe.label_smoothing)
            gradient = tape.gradient(loss, weights) + self._decay * weights
            if recipe.clip_norm:
                gradient = tf.clip_by_norm(gradient, recipe.clip_norm)
            velocity = recipe.momentum * self._velocity + gradient
            self._velocity.assign(velocity)
            self._weights.assign(weights - rate * velocity)
            keep = recipe.batch_norm_momentum
            self._moving.assign(keep * self._moving + (1 - keep) * tf.concat(statistics, 0))
            return loss, tf.math.count_nonzero(tf.argmax(logits, 1, tf.int32) == y)

        signature = [
            tf.TensorSpec([batch], tf.int32),
            tf.TensorSpec([], tf.float32),
            tf.TensorSpec([2], tf.int32),
        ]
        return tf.function(step, input_signature=signature, autograph=False)

    @property
    def _evaluation_step(self) -> Callable[..., Any]:
        if not hasattr(self, "_evaluation"):

            def step(images: Tensor, labels: Tensor) -> Any:
                x = rescale(images)
                logits, _ = self._logits(self._weights, self._moving, x, training=False)
                right = tf.math.count_nonzero(tf.argmax(logits, 1, tf.int32) == labels)
                return cross_entropy(logits, labels, self._classes, 0.0, total=True), right

            signature = [
                tf.TensorSpec([None, *self._shape], tf.uint8),
                tf.TensorSpec([None], tf.int32),
            ]
            self._evaluation = tf.function(step, input_signature=signature, autograph=False)
        return self._evaluation

    def _check(self, images: np.ndarray, labels: np.ndarray) -> None:
        if images.shape[1:] != self._shape or images.dtype != np.uint8 or not len(images):
            shape = ", ".join(map(str, ("N", *self._shape)))
            raise ValueError(f"images are {images.dtype} {images.shape}, expected uint8 ({shape})")
        if len(labels) != len(images):
            raise ValueError(f"{len(labels)} labels, expected {len(images)}, one an image")


def rescale(images: Tensor) -> Tensor:
    """Pixels from 0..255 to -1..1, as `preprocess_input` does for the Keras network."""
    return tf.cast(images, tf.float32) * (1 / 127.5) - 1.0


def augment(x: Tensor, kind: str, seed: Tensor) -> Tensor:
    """Random crops of the padded image and random flips, one draw an image.

    Args:
        x: [N, H, W, C].
        kind: "none", "flip" or "crop-flip", which pads by an eighth of the side all around with 0.
        seed: [2] int32; equal seeds give equal crops.
    """
    if kind == "none":
        return x
    count, height, width = tf.shape(x)[0], x.shape[1], x.shape[2]
    draws = tf.random.stateless_uniform([3, count], seed)
    columns = tf.range(width)[None]
    columns = tf.where(draws[2, :, None] < 0.5, columns, width - 1 - columns)
    if kind == "crop-flip":
        margins = [height // 8, width // 8]
        x = tf.pad(x, [[0, 0], [margins[0]] * 2, [margins[1]] * 2, [0, 0]])
        tops, lefts = (tf.cast(draws[i, :, None] * (2 * margins[i] + 1), tf.int32) for i in (0, 1))
        x = tf.gather(x, tops + tf.range(height)[None], batch_dims=1)
        columns += lefts
    return tf.gather(x, columns, axis=2, batch_dims=1)


def cross_entropy(
    logits: Tensor, labels: Tensor, classes: int, smoothing: float, *, total: bool = False
) -> Tensor:
    """Mean (or total) cross-entropy in nats of `logits` [N, classes] to `labels` [N]."""
    targets = tf.one_hot(labels, classes, 1 - smoothing + smoothing / classes, smoothing / classes)
    losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
    return tf.reduce_sum(losses) if total else tf.reduce_mean(losses)
