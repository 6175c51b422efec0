"""Measures of a network that is not trained, in one pass over a few images or none.

Abdelfattah et al., https://arxiv.org/abs/2101.08134, compares them; formulas as in its code
(SamsungLabs/zero-cost-nas). Each is a pure function of the network, the images and a seed.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells.backend import Padding, PoolKind, PoolPadding
from nasnet.cells.network import Network, network_cost
from nasnet.stacking.flat.augmentation import rescale
from nasnet.stacking.flat.backend import FlatLayout
from nasnet.stacking.flat.losses import cross_entropy
from nasnet.stacking.shared.eager import SharedTensors, plain_pool

Tensor = Any
_EPSILON = 1e-5


class Untrained:
    """A network at its random beginning.

    Args:
        network: with a classifier.
        seed: of the weights.
    """

    def __init__(self, network: Network, seed: int) -> None:
        self._network = network
        cost, _ = network_cost(network)
        layout = FlatLayout(cost.parameters)
        self._arrays = layout.unpack(*layout.initial(seed))
        self._kernels = [p.path for p in cost.parameters if p.decays]

    def synflow(self) -> float:
        """log10 of the summed synaptic flow (Tanaka et al., https://arxiv.org/abs/2006.05467).

        All weights are made positive, batch normalization is left out, the image is of ones, and
        the flow through a weight is its value times the derivative of the summed logits. No data is
        needed. The logarithm keeps the order of networks and the size of rewards.
        """
        tensors = {path: tf.constant(np.abs(v), tf.float64) for path, v in self._arrays.items()}
        kernels = [tensors[path] for path in self._kernels]
        image = tf.ones([1, *self._network.input_shape], tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(kernels)
            backend = _Unnormalized(tensors, training=True, epsilon=_EPSILON)
            total = tf.reduce_sum(self._logits(backend, image))
        flows = [
            tf.reduce_sum(kernel * gradient)
            for kernel, gradient in zip(kernels, tape.gradient(total, kernels), strict=True)
        ]
        return math.log10(float(tf.add_n(flows)))

    def naswot(self, images: np.ndarray) -> float:
        """How differently images switch the ReLUs (Mellor et al., https://arxiv.org/abs/2006.04647).

        The logarithm of the determinant of the kernel that counts, for each pair of images, the
        ReLUs in which they agree (version 3 of the paper).

        Args:
            images: [N, H, W, C] uint8.
        """
        backend = _Recording(self._constants(), training=True, epsilon=_EPSILON)
        self._logits(backend, rescale(tf.constant(images)))
        return float(np.linalg.slogdet(backend.agreements())[1])

    def jacob_cov(self, images: np.ndarray) -> float:
        """How little the derivatives by different images correlate (version 1 of that paper).

        Args:
            images: [N, H, W, C] uint8.
        """
        x = rescale(tf.constant(images))
        with tf.GradientTape() as tape:
            tape.watch(x)
            backend = SharedTensors(self._constants(), training=True, epsilon=_EPSILON)
            total = tf.reduce_sum(self._logits(backend, x))
        rows = tape.gradient(total, x).numpy().reshape(len(images), -1).astype(np.float64)
        return jacobian_score(np.corrcoef(rows))

    def grad_norm(self, images: np.ndarray, labels: np.ndarray) -> float:
        """The sum of the Euclidean norms of all kernels' gradients of the cross-entropy.

        Args:
            images: [N, H, W, C] uint8.
            labels: [N] integers.
        """
        tensors = self._constants()
        kernels = [tensors[path] for path in self._kernels]
        with tf.GradientTape() as tape:
            tape.watch(kernels)
            backend = SharedTensors(tensors, training=True, epsilon=_EPSILON)
            logits = self._logits(backend, rescale(tf.constant(images)))
            loss = cross_entropy(logits, tf.constant(labels, tf.int32))
        return float(tf.add_n([tf.norm(g) for g in tape.gradient(loss, kernels)]))

    def _constants(self) -> dict[str, Tensor]:
        return {path: tf.constant(value, tf.float32) for path, value in self._arrays.items()}

    def _logits(self, backend: SharedTensors, x: Tensor) -> Tensor:
        return self._network.build(backend, x)["Logits"]


def jacobian_score(correlations: np.ndarray) -> float:
    """-sum(log(v + k) + 1 / (v + k)) over the eigenvalues v of `correlations` [N, N], k = 1e-5."""
    values = np.linalg.eigvalsh(correlations) + 1e-5
    return -float(np.sum(np.log(values) + 1 / values))


class _Unnormalized(SharedTensors):
    """Leaves batch normalization out, and computes in float64: flows grow by decades a layer."""

    def batch_norm(self, x: Tensor) -> Tensor:
        return x

    def conv(
        self,
        x: Tensor,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
        bias: bool = False,
    ) -> Tensor:
        if dilation == 1:
            return super().conv(x, filters, kernel, stride=stride, padding=padding, bias=bias)
        # In float64, TensorFlow's CPU kernels have no gradient with holes between the taps.
        name = self.layer_name("conv")
        spread = [_spread(length, dilation) for length in kernel]
        weights = tf.einsum("ai,bj,ijcf->abcf", *spread, self._tensors[f"{name}/kernel"])
        x = tf.nn.conv2d(x, weights, stride, padding.upper())
        return x + self._tensors[f"{name}/bias"] if bias else x

    def pool(
        self,
        x: Tensor,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> Tensor:
        return plain_pool(x, kind, size, stride, padding)


def _spread(length: int, dilation: int) -> np.ndarray:
    """The matrix that puts `dilation` - 1 zeros between the taps of a kernel of `length`."""
    return np.eye((length - 1) * dilation + 1)[:, ::dilation]


class _Recording(SharedTensors):
    """Remembers in how many ReLUs each pair of images agrees."""

    def __init__(self, tensors: dict[str, Tensor], *, training: bool, epsilon: float) -> None:
        super().__init__(tensors, training=training, epsilon=epsilon)
        self._inputs: dict[Any, Tensor] = {}  # of all ReLUs; a state that many read has one

    def relu(self, x: Tensor) -> Tensor:
        self._inputs[x.ref()] = x
        return super().relu(x)

    def agreements(self) -> np.ndarray:
        """For each pair of images the number of ReLUs that are on, or off, for both, [N, N]."""
        return np.sum([agreeing(x) for x in self._inputs.values()], axis=0)


def agreeing(x: Tensor) -> np.ndarray:
    """For each pair the number of values that are positive in both or in neither, [N, N].

    Args:
        x: [N, ...].
    """
    signs = tf.cast(tf.reshape(x, [x.shape[0], -1]) > 0, tf.float32) * 2 - 1
    products = tf.matmul(signs, signs, transpose_b=True).numpy().astype(np.float64)
    return (products + signs.shape[1]) / 2
