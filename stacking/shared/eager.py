"""The interpreter that computes a child of a supernet at once, with slices of the shared vector.

A new architecture costs nothing but its arithmetic, whatever its wiring.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import tensorflow as tf

from nasnet.cells.backend import Option, PoolKind, PoolPadding, pair, same_padding
from nasnet.stacking.flat import kernels
from nasnet.stacking.flat.backend import FlatTensors

Tensor = Any


class SharedTensors(FlatTensors):
    """Computes a child of a supernet at once, outside of any graph.

    All is as in `FlatTensors` but for the gradients: TensorFlow takes those that are quick
    (`nasnet.stacking.flat.kernels`) in a graph alone. That of pooling is a graph of its own, for
    TensorFlow has fast kernels for it only where one graph holds both directions: one for each kind
    of pooling and shape, whatever the architecture.

    Args:
        tensors: as in `FlatTensors`.
        gates: the factor behind a choice, a scalar, by the decision's name; one that is made for
            both cells of a genotype is named without the cell.
        options: the other arguments of `FlatTensors`.
    """

    def __init__(
        self,
        tensors: dict[str, Tensor],
        *,
        gates: Mapping[str, Tensor] = MappingProxyType({}),
        **options: Any,
    ) -> None:
        super().__init__(tensors, **options)
        self._gates = gates

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Forgets, at the start of a cell, what the cells before have rectified."""
        if not self._scopes:
            self._rectified.clear()
        with super().scope(name):
            yield

    def choice(
        self, place: str, option: Option, x: Tensor, make: Callable[[Option, Tensor], Tensor]
    ) -> Tensor:
        """What the option makes of `x`, times the factor of the decision where there is one."""
        factor = self._gates.get(place, self._gates.get(place.partition("/")[2]))
        return make(option, x) if factor is None else make(option, x) * factor

    def _conv(
        self, x: Tensor, kernel: Tensor, stride: tuple[int, int], padding: str, dilation: int
    ) -> Tensor:
        if kernel.shape[:2] != (1, 1) or stride != (1, 1) or not kernels.is_tuned(x):
            return super()._conv(x, kernel, stride, padding, dilation)
        y = tf.reshape(x, [-1, kernel.shape[2]]) @ tf.reshape(kernel, kernel.shape[2:])
        return tf.reshape(y, [*x.shape[:3], kernel.shape[3]])

    def _depthwise(self, x: Tensor, kernel: Tensor, stride: int, dilation: int) -> Tensor:
        if stride > 1 or dilation > 1 or not kernels.is_tuned(x):
            return super()._depthwise(x, kernel, stride, dilation)

        @tf.custom_gradient
        def convolved(x: Tensor, kernel: Tensor) -> Any:
            y = tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME")
            return y, functools.partial(kernels.depthwise_gradient, x, kernel)

        return convolved(x, kernel)

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
