"""Trains a network fast: the flat interpreter, one traced step, the data inside the graph."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from cells import Genotype
from stacking.assemble import assemble, network_cost
from stacking.augmentation import augment, cut_out, rescale
from stacking.flat_backend import FlatLayout, FlatTensors
from stacking.noise import Noise
from stacking.plan import Stack
from stacking.recipe import Diverged, Recipe, check_in_memory
from stacking.training_state import TrainingState

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
        genotype: the cells.
        stack: the plan.
        input_shape: height, width and channels of the images.
        classes: number of classes.
        recipe: how to train.
        seed: of the initial weights, the order of the images, their augmentation and what is
            dropped.

    Attributes:
        cost: what the network costs, without the auxiliary classifier.

    Raises:
        ValueError: as `network_cost`; with an auxiliary classifier, images must be large enough;
            or the recipe's augmentation is for images in files.
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
        check_in_memory(recipe.augmentation)
        self._genotype, self._stack, self._classes = genotype, stack, classes
        self._recipe, self._seed = recipe, seed
        self._shape = input_shape
        self.cost, _ = network_cost(genotype, stack, input_shape, classes)
        trained, _ = network_cost(
            genotype, stack, input_shape, classes, aux_head=recipe.aux_weight > 0
        )
        self._layout = FlatLayout(trained.parameters)
        self._state = TrainingState(recipe, self._layout, seed)
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
        """Every weight array by its path in the Keras network of the same genotype and plan.

        They are the averages where the recipe has any, and come without the auxiliary classifier.
        """
        weights, moving = self._state.evaluated
        arrays = self._layout.unpack(weights.numpy(), moving.numpy())
        return {parameter.path: arrays[parameter.path] for parameter in self.cost.parameters}

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

    def _ends(
        self,
        weights: Tensor,
        moving: Tensor,
        x: Tensor,
        noise: Noise | None = None,
        *,
        batch_statistics: bool,
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """The end points, in training if there is `noise`, and the batch's statistics."""
        recipe = self._recipe
        backend = FlatTensors(
            self._layout.tensors(weights, moving),
            training=batch_statistics,
            epsilon=recipe.batch_norm_epsilon,
            noise=noise,
        )
        aux_head = noise is not None and recipe.aux_weight > 0
        ends = assemble(backend, self._genotype, self._stack, x, self._classes, aux_head=aux_head)
        return ends, backend.statistics

    def _training_step(self, images: Tensor, labels: Tensor, batch: int) -> Callable[..., Any]:
        recipe = self._recipe

        def step(indices: Tensor, pace: Tensor, seed: Tensor) -> Any:
            rate, progress, ema_decay = tf.unstack(pace)
            x = augment(rescale(tf.gather(images, indices)), recipe.augmentation, seed)
            if recipe.cutout:
                x = cut_out(x, recipe.cutout, seed)
            y = tf.gather(labels, indices)
            weights = self._state.weights.read_value()
            noise = Noise(recipe, progress, seed)
            ends, statistics = self._ends(
                weights, self._state.moving, x, noise, batch_statistics=True
            )
            logits = ends["Logits"]
            loss = cross_entropy(logits, y, self._classes, recipe.label_smoothing)
            total = loss
            if recipe.aux_weight:
                total += recipe.aux_weight * cross_entropy(
                    ends["AuxLogits"], y, self._classes, recipe.label_smoothing
                )
            (gradient,) = tf.gradients(total, weights)
            self._state.update(gradient, tf.concat(statistics, 0), rate, ema_decay, weights)
            return loss, tf.math.count_nonzero(tf.argmax(logits, 1, tf.int32) == y)

        signature = [
            tf.TensorSpec([batch], tf.int32),
            tf.TensorSpec([3], tf.float32),
            tf.TensorSpec([2], tf.int32),
        ]
        return tf.function(step, input_signature=signature, autograph=False)

    def _evaluation_step(self, batch_statistics: bool) -> Callable[..., Any]:
        if batch_statistics not in self._evaluation_steps:

            def step(images: Tensor, labels: Tensor) -> Any:
                ends, _ = self._ends(
                    *self._state.evaluated, rescale(images), batch_statistics=batch_statistics
                )
                logits = ends["Logits"]
                right = tf.math.count_nonzero(tf.argmax(logits, 1, tf.int32) == labels)
                return cross_entropy(logits, labels, self._classes, 0.0, total=True), right

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


def cross_entropy(
    logits: Tensor, labels: Tensor, classes: int, smoothing: float, *, total: bool = False
) -> Tensor:
    """Mean (or total) cross-entropy in nats of `logits` [N, classes] to `labels` [N]."""
    targets = tf.one_hot(labels, classes, 1 - smoothing + smoothing / classes, smoothing / classes)
    losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
    return tf.reduce_sum(losses) if total else tf.reduce_mean(losses)
