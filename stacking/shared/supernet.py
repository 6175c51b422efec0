"""The supernet: its children trained and scored without a trace for any of them.

Pham et al., https://arxiv.org/abs/1802.03268 (ENAS), section 2.4. Where operations alone are
searched, one graph serves all children (`nasnet.stacking.shared.program`). Elsewhere a child
computes eagerly with its slices of the shared vector; what makes that fast enough is in
`nasnet.stacking.shared.eager`.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells import CellSpace
from nasnet.stacking.flat.augmentation import prepare, rescale
from nasnet.stacking.flat.losses import cross_entropy, hits, training_losses
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.recipe import Diverged, Recipe
from nasnet.stacking.shared.eager import SharedTensors
from nasnet.stacking.shared.layout import SharedLayout
from nasnet.stacking.shared.program import SharedProgram

Tensor = Any


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """Training images and what happens to them.

    Attributes:
        images: [N, H, W, C] uint8.
        labels: [N] integers.
        seed: of augmentation and of what is dropped.
        progress: share of the whole training that is done.
    """

    images: np.ndarray
    labels: np.ndarray
    seed: tuple[int, int] = (0, 0)
    progress: float = 0.0


class Supernet:
    """Trains and scores the children of a layout. It holds no weights: they are arguments.

    Where operations alone are searched there is one graph for all children; else each is computed
    eagerly.

    Args:
        layout: where the children's weights are.
        recipe: batch normalization's epsilon and, for training, label smoothing, augmentation,
            drop path and dropout.
    """

    def __init__(self, layout: SharedLayout, recipe: Recipe) -> None:
        self._layout, self._recipe = layout, recipe
        self._written = not isinstance(layout.space, CellSpace)
        self._gates = [decision.name for decision in layout.space.decisions]
        self._steps: dict[tuple[int, bool], Callable[..., Any]] = {}

    def ends(
        self,
        architecture: Any,
        vectors: Sequence[Tensor],
        x: Tensor,
        *,
        noise: Noise | None = None,
        gates: Mapping[str, Tensor] = MappingProxyType({}),
    ) -> tuple[dict[str, Tensor], list[Tensor]]:
        """A child's end points and the statistics of the batch, eagerly.

        Args:
            architecture: the child, which is normalized by these statistics.
            vectors: its own weights [p] and running statistics [m] (`SharedLayout.positions`).
            x: images from -1 to 1, [N, H, W, C].
            noise: of drop path and dropout, in training.
            gates: as in `SharedTensors`.
        """
        backend = functools.partial(SharedTensors, gates=gates)
        child = self._layout.frame.network(architecture)
        network = FlatNetwork(child, self._recipe, backend=backend)
        weights, moving = vectors
        return network.ends(x, weights, moving, noise, batch_statistics=True)

    def gradient(
        self,
        architecture: Any,
        shared: Sequence[np.ndarray],
        batch: Batch,
        *,
        gates: bool = False,
    ) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        """One child's loss on one batch and what it asks of the weights.

        Args:
            architecture: the child.
            shared: all weights [P] and running statistics [M].
            batch: images.
            gates: whether a gradient by the factors behind its choices is asked for, too.

        Returns:
            Mean cross-entropy in nats; its gradient by the child's weights, without weight decay
            [p]; the statistics of the batch [m]; and the gradient by the factors, [T] or [0].

        Raises:
            Diverged: the loss is not finite.
        """
        where = self._layout.positions(architecture)
        compute = self._whole_gradient if self._written else self._own_gradient
        loss, gradient, statistics, by_factors = compute(architecture, where, shared, batch, gates)
        if not math.isfinite(float(loss)):
            raise Diverged(f"loss under shared weights is {float(loss)}")
        return float(loss), gradient, statistics, by_factors.numpy()

    def _own_gradient(
        self, architecture: Any, where: Any, shared: Any, batch: Batch, gates: bool
    ) -> tuple[Tensor, np.ndarray, np.ndarray, Tensor]:
        recipe, seeds = self._recipe, tf.constant(batch.seed, tf.int32)
        x = prepare(tf.constant(batch.images), recipe, seeds)
        noise = Noise(recipe, tf.constant(batch.progress, tf.float32), seeds)
        theta, moving = (tf.constant(v[p]) for v, p in zip(shared, where, strict=True))
        names = self._gates if gates else []
        factors = tf.ones([len(names)])
        with tf.GradientTape() as tape:
            tape.watch([theta, factors])
            named = dict(zip(names, tf.unstack(factors), strict=True))
            ends, statistics = self.ends(architecture, (theta, moving), x, noise=noise, gates=named)
            loss, total = training_losses(recipe, ends, tf.constant(batch.labels, tf.int32))
        by_weights, by_factors = tape.gradient(
            total, [theta, factors], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return loss, by_weights.numpy(), tf.concat(statistics, 0).numpy(), by_factors

    def _whole_gradient(
        self, architecture: Any, where: Any, shared: Any, batch: Batch, gates: bool
    ) -> tuple[Tensor, np.ndarray, np.ndarray, Tensor]:
        loss, gradient, statistics, by_factors = self._step(len(batch.images), gates)(
            tf.constant(batch.images),
            tf.constant(batch.labels, tf.int32),
            tf.constant(shared[0]),
            tf.constant(self._layout.space.encode(architecture), tf.int32),
            tf.constant(batch.seed, tf.int32),
            tf.constant(batch.progress, tf.float32),
        )
        trained, running = where
        return loss, gradient.numpy()[trained], statistics.numpy()[running], by_factors

    def _step(self, count: int, gates: bool) -> Callable[..., Any]:
        """The traced step of all children."""
        if (count, gates) not in self._steps:
            recipe = self._recipe
            program = SharedProgram.of(self._layout, recipe, count, gates=gates)

            def step(
                images: Tensor,
                labels: Tensor,
                weights: Tensor,
                choices: Tensor,
                seed: Tensor,
                progress: Tensor,
            ) -> Any:
                x, noise = prepare(images, recipe, seed), Noise(recipe, progress, seed)
                losses, _, *rest = program(x, weights, choices, labels, noise)
                return tf.reduce_mean(losses), *rest, *([] if gates else [tf.zeros([0])])

            self._steps[count, gates] = tf.function(step, autograph=False)
        return self._steps[count, gates]

    @functools.cached_property
    def _logits(self) -> Callable[..., Any]:
        """The traced (images, weights, choices) -> logits of all children."""
        program = SharedProgram.of(self._layout, self._recipe)
        shape = self._layout.frame.network(self._layout.probes()[0]).input_shape

        def logits(images: Tensor, weights: Tensor, choices: Tensor) -> Tensor:
            return program(rescale(images), weights, choices)[0]

        signature = [
            tf.TensorSpec([None, *shape], tf.uint8),
            tf.TensorSpec([self._layout.sizes[0]], tf.float32),
            tf.TensorSpec([len(self._gates)], tf.int32),
        ]
        return tf.function(logits, input_signature=signature, autograph=False)

    def score(
        self,
        architecture: Any,
        shared: Sequence[np.ndarray],
        images: np.ndarray,
        labels: np.ndarray,
        *,
        batch_size: int = 500,
    ) -> tuple[float, float]:
        """Mean cross-entropy in nats and accuracy, with the statistics of each batch.

        Running statistics would be a mixture of those of other children, which is why ENAS and
        one-shot models (Bender et al., 2018) do not take them either.

        Args:
            architecture: the child.
            shared: all weights [P] and running statistics [M].
            images: [N, H, W, C] uint8.
            labels: [N] integers.
            batch_size: most images at a time.
        """
        if self._written:
            weights = tf.constant(shared[0])
            choices = tf.constant(self._layout.space.encode(architecture), tf.int32)
            compute = lambda x: self._logits(x, weights, choices)  # noqa: E731
        else:
            where = self._layout.positions(architecture)
            own = tuple(tf.constant(v[p]) for v, p in zip(shared, where, strict=True))
            compute = lambda x: self.ends(architecture, own, rescale(x))[0]["Logits"]  # noqa: E731
        sums = np.zeros(2)
        for part in np.array_split(np.arange(len(images)), math.ceil(len(images) / batch_size)):
            y, logits = tf.constant(labels[part], tf.int32), compute(tf.constant(images[part]))
            sums += float(cross_entropy(logits, y, total=True)), float(hits(logits, y))
        return float(sums[0] / len(images)), float(sums[1] / len(images))
