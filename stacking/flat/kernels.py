"""The same functions and gradients as TensorFlow's, written so that its CPU kernels run faster.

oneDNN has quick kernels for multiples of sixteen channels; a child has eight in its first stage,
and there a pooling's gradient is slow out of all proportion. What each form gains is measured by
`python -m benchmarks.step`.

Gradients of our own are those of `tf.gradients` in a graph; a `tf.GradientTape` takes TensorFlow's,
which have the same values. (`tf.custom_gradient` would serve both, but keeps every graph in memory
that it was ever used in.)
"""

import functools
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells.backend import PoolKind

Tensor = Any
_LANES = 16
_UNIT = [1, 1, 1, 1]
# Measured up to 112 pixels, where it still halves the time for kernels of 7 and 5.
_LARGEST_KERNEL = 128


def depthwise_conv(x: Tensor, kernel: Tensor, stride: int, dilation: int) -> Tensor:
    """A SAME depthwise convolution of multiplier 1.

    Where nothing strides, its gradients are convolutions again: that by `x` one of the flipped
    kernel, that by a large kernel one of each channel with its own gradient (`correlate`).

    Args:
        x: [N, H, W, C].
        kernel: [k, k, C, 1], k odd.
        stride: down and across.
        dilation: distance between the taps of the kernel.
    """
    if stride > 1 or dilation > 1 or not is_tuned(x):
        strides, dilations = [1, stride, stride, 1], [dilation, dilation]
        return tf.nn.depthwise_conv2d(x, kernel, strides, "SAME", dilations=dilations)
    with _gradients("DepthwiseConv2dNative"):
        return tf.nn.depthwise_conv2d(x, kernel, _UNIT, "SAME")


def max_pool(x: Tensor, size: int, stride: int, padding: str) -> Tensor:
    """Maxima of windows, first down the columns and then along the rows.

    Equal values apart, the gradient is that of a square window.

    Args:
        x: [N, H, W, C].
        size: of the windows.
        stride: down and across.
        padding: SAME or VALID.
    """
    width, channels = x.shape[2], x.shape[3]
    lanes = max_pool_lanes(width, channels, size)
    if lanes is None:
        return tf.nn.max_pool2d(x, size, stride, padding)
    if lanes:  # pooling down, columns are as good as channels
        x = tf.reshape(x, [-1, x.shape[1], width * channels // lanes, lanes])
    x = tf.nn.max_pool2d(x, [size, 1], [stride, 1], padding)
    x = tf.reshape(x, [-1, x.shape[1], width, channels])
    return tf.nn.max_pool2d(x, [1, size], [1, stride], padding)


def max_pool_lanes(width: int, channels: int, size: int) -> int | None:
    """How windows of maxima are quickest.

    Returns:
        None for square ones; else first down and then along: the channels that columns and channels
        together are cut into, and 0 for the channels as they are.
    """
    wide = channels % _LANES == 0
    if not on_cpu() or (wide and size < 5):
        return None
    return 0 if wide or width * channels % _LANES else _LANES


def avg_pool(x: Tensor, size: int, stride: int, padding: str) -> Tensor:
    """Averages of windows; where nothing strides, the gradient is an average again.

    Args:
        x: [N, H, W, C].
        size: of the windows.
        stride: down and across.
        padding: SAME or VALID.
    """
    if not averages_back(x.shape[3], size, stride, padding) or not is_tuned(x):
        return tf.nn.avg_pool2d(x, size, stride, padding)
    with _gradients("AvgPool"):
        return tf.nn.avg_pool2d(x, size, stride, padding)


def averages_back(channels: int, size: int, stride: int, padding: str) -> bool:
    """Whether the gradient of averages is taken as averages again."""
    symmetric = stride == 1 and size % 2 == 1 and padding == "SAME"
    return symmetric and channels % _LANES > 0 and on_cpu()


def pool(x: Tensor, kind: PoolKind, size: int, stride: int, padding: str) -> Tensor:
    """Maxima or averages of windows, x [N, H, W, C]."""
    return (max_pool if kind == "max" else avg_pool)(x, size, stride, padding)


@functools.cache
def on_cpu() -> bool:
    """Whether the CPU's kernels are those that run."""
    return not tf.config.list_physical_devices("GPU")


def is_tuned(x: Tensor) -> bool:
    """Whether gradients of our own are the quicker ones, and as exact."""
    return on_cpu() and x.dtype == tf.float32


def _gradients(operation: str) -> AbstractContextManager[None]:
    """Where `operation` gets the gradient that is registered for it below."""
    graph = tf.compat.v1.get_default_graph()
    return graph.gradient_override_map({operation: f"NASNet{operation}"})


@tf.RegisterGradient("NASNetDepthwiseConv2dNative")
def _depthwise_gradient(operation: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    x, kernel = operation.inputs
    return depthwise_gradient(x, kernel, dy)


def depthwise_gradient(x: Tensor, kernel: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of a SAME depthwise convolution of stride 1 by `x` and by its kernel.

    Args:
        x: [N, H, W, C].
        kernel: [k, k, C, 1], k odd.
        dy: the gradient by the result, [N, H, W, C].
    """
    if correlates(kernel.shape, x.shape):
        by_kernel = correlate(x, dy, kernel.shape[0])
    else:
        by_kernel = tf.nn.depthwise_conv2d_backprop_filter(x, kernel.shape, dy, _UNIT, "SAME")
    return tf.nn.depthwise_conv2d(dy, tf.reverse(kernel, [0, 1]), _UNIT, "SAME"), by_kernel


def correlates(kernel: Any, x: Any) -> bool:
    """Whether the gradient by a kernel of this shape is taken by `correlate`, x [N, H, W, C]."""
    return kernel[0] >= 5 and max(x[1:3]) <= _LARGEST_KERNEL


def correlate(x: Tensor, dy: Tensor, size: int) -> Tensor:
    """The gradient of a SAME depthwise convolution by its kernel, as one more such convolution.

    Each channel of each image convolves its own `dy`, taken as a kernel as large as the image.

    Args:
        x: what was convolved, [N, H, W, C].
        dy: the gradient by the result, [N, H, W, C].
        size: of the kernel, odd.

    Returns:
        [size, size, C, 1].
    """
    height, width, channels = x.shape[1:]
    images = tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [1, height, width, -1])
    kernels = tf.reshape(tf.transpose(dy, [1, 2, 0, 3]), [height, width, -1, 1])
    margin = [size // 2] * 2
    products = tf.raw_ops.DepthwiseConv2dNative(
        input=images,
        filter=kernels,
        strides=_UNIT,
        padding="EXPLICIT",
        explicit_paddings=[0, 0, *margin, *margin, 0, 0],
    )
    sums = tf.reduce_sum(tf.reshape(products, [size, size, -1, channels]), 2)
    return sums[..., None]


@tf.RegisterGradient("NASNetAvgPool")
def _avg_pool_gradient(operation: Any, dy: Tensor) -> Tensor:
    x, size = operation.inputs[0], operation.get_attr("ksize")[1]
    shares = tf.constant(inside(x.shape[1:3], size), tf.float32)
    return tf.nn.avg_pool2d(dy / shares, size, 1, "SAME") * shares


def inside(lengths: Sequence[int], size: int) -> np.ndarray:
    """Of the pixels of each window of an image, the share inside: 1 but at the border.

    Args:
        lengths: height and width of the image in pixels.
        size: of the windows, odd.

    Returns:
        [1, H, W, 1].
    """
    reach, counts = size // 2, []
    for length in lengths:
        places = np.arange(length)
        counts.append(1 + np.minimum(places, reach) + np.minimum(places[::-1], reach))
    return (np.outer(*counts) / size**2)[None, :, :, None]
