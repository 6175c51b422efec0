"""The interpreter for weight sharing: children of one supernet, trained and scored without a trace.

Pham et al., https://arxiv.org/abs/1802.03268 (ENAS), section 2.4. A child computes eagerly with its
slices of the shared vector, so a new architecture costs nothing but its arithmetic. What makes that
fast enough is in `SharedTensors`.
"""

import functools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells import Genotype
from nasnet.cells.backend import PoolKind, PoolPadding, pair, same_padding
from nasnet.stacking.flat.augmentation import prepare, rescale
from nasnet.stacking.flat.backend import FlatTensors
from nasnet.stacking.flat.losses import cross_entropy, hits, training_losses
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.recipe import Diverged, Recipe
from nasnet.stacking.shared.layout import SharedLayout

Tensor = Any


class SharedTensors(FlatTensors):
    """Computes a child of a supernet at once, outside of any graph.

    All but pooling is as in `FlatTensors`. TensorFlow has fast kernels for its gradient only where
    one graph holds both directions, so the gradient is a graph of its own: one for each kind of
    pooling and shape, whatever the architecture.
    """

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Forgets, at the start of a cell, what the cells before have rectified."""
        if not self._scopes:
            self._rectified.clear()
        with super().scope(name):
            yield

    def pool(
        self,
        x: Tensor,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> Tensor:
        @tf.custom_gradient
        def pooled(x: Tensor) -> Any:
            y = plain_pool(x, kind, size, stride, padding)
            return y, functools.partial(_pool_gradient(kind, size, stride, padding), x)

        return pooled(x)


def plain_pool(
    x: Tensor, kind: PoolKind, size: int, stride: int | tuple[int, int], padding: PoolPadding
) -> Tensor:
    """Pooling by TensorFlow's own operation, the quickest where no gradient is taken of it."""
    if padding == "zeros":
        steps = zip(x.shape[1:3], pair(stride), strict=True)
        pads = [same_padding(length, size, step) for length, step in steps]
        x = tf.pad(x, [(0, 0), *pads, (0, 0)])
    pooling = tf.nn.max_pool2d if kind == "max" else tf.nn.avg_pool2d
    return pooling(x, size, stride, "SAME" if padding == "same" else "VALID")


@functools.cache
def _pool_gradient(
    kind: PoolKind, size: int, stride: int | tuple[int, int], padding: PoolPadding
) -> Any:
    """The traced (input, gradient of the output) -> gradient of the input."""

    def gradient(x: Tensor, upstream: Tensor) -> Tensor:
        backend = FlatTensors({}, training=True, epsilon=0.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = backend.pool(x, kind, size, stride=stride, padding=padding)
        return tape.gradient(y, x, upstream)

    return tf.function(gradient, autograph=False)


class Supernet:
    """Trains and scores the children of a layout. It holds no weights: they are arguments.

    Args:
        layout: where the children's weights are.
        recipe: batch normalization's epsilon and, for training, label smoothing, augmentation,
            drop path and dropout.
    """

    def __init__(self, layout: SharedLayout, recipe: Recipe) -> None:
        self._layout, self._recipe = layout, recipe

    def ends(
        self,
        genotype: Genotype,
        weights: Tensor,
        moving: Tensor,
        x: Tensor,
        *,
        noise: Noise | None = None,
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """A child's end points and the statistics of the batch, which it is normalized by.

        Args:
            genotype: the child.
            weights: its own, [p] (`SharedLayout.positions`).
            moving: its own running statistics, [m].
            x: images from -1 to 1, [N, H, W, C].
            noise: of drop path and dropout, in training.
        """
        network = FlatNetwork(
            self._layout.frame.network(genotype), self._recipe, backend=SharedTensors
        )
        return network.ends(x, weights, moving, noise, batch_statistics=True)

    def gradient(
        self,
        genotype: Genotype,
        weights: np.ndarray,
        moving: np.ndarray,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        seed: tuple[int, int],
        progress: float = 0.0,
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """One child's loss on one batch and what it asks of the weights.

        Args:
            genotype: the child.
            weights: its own, [p].
            moving: its own running statistics, [m].
            images: [N, H, W, C] uint8.
            labels: [N] integers.
            seed: of augmentation and of what is dropped.
            progress: share of the whole training that is done.

        Returns:
            Mean cross-entropy in nats, its gradient [p] without weight decay, and the statistics of
            the batch [m].

        Raises:
            Diverged: the loss is not finite.
        """
        recipe, seeds = self._recipe, tf.constant(seed, tf.int32)
        x = prepare(tf.constant(images), recipe, seeds)
        noise = Noise(recipe, tf.constant(progress, tf.float32), seeds)
        theta = tf.constant(weights)
        with tf.GradientTape() as tape:
            tape.watch(theta)
            ends, statistics = self.ends(genotype, theta, tf.constant(moving), x, noise=noise)
            loss, total = training_losses(recipe, ends, tf.constant(labels, tf.int32))
        if not math.isfinite(float(loss)):
            raise Diverged(f"loss under shared weights is {float(loss)}")
        gradient = tape.gradient(total, theta)
        return float(loss), gradient.numpy(), tf.concat(statistics, 0).numpy()

    def score(
        self,
        genotype: Genotype,
        weights: np.ndarray,
        moving: np.ndarray,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        batch_size: int = 500,
    ) -> tuple[float, float]:
        """Mean cross-entropy in nats and accuracy, with the statistics of each batch.

        Running statistics would be a mixture of those of other children, which is why ENAS and
        one-shot models (Bender et al., 2018) do not take them either.

        Args:
            genotype: the child.
            weights: its own, [p].
            moving: its own running statistics, [m].
            images: [N, H, W, C] uint8.
            labels: [N] integers.
            batch_size: most images at a time.
        """
        theta, means = tf.constant(weights), tf.constant(moving)
        sums = np.zeros(2)
        for part in np.array_split(np.arange(len(images)), math.ceil(len(images) / batch_size)):
            y = tf.constant(labels[part], tf.int32)
            x = rescale(tf.constant(images[part]))
            ends, _ = self.ends(genotype, theta, means, x)
            loss, right = cross_entropy(ends["Logits"], y, total=True), hits(ends["Logits"], y)
            sums += float(loss), float(right)
        return float(sums[0] / len(images)), float(sums[1] / len(images))
