"""The same functions and gradients as TensorFlow's, written so that its CPU kernels run faster.

oneDNN has quick kernels for multiples of sixteen channels; a child has eight in its first stage,
and there a pooling's gradient is slow out of all proportion. What each form gains is measured by
`python -m benchmarks.step`.

Gradients of our own are those of `tf.gradients` in a graph; a `tf.GradientTape` takes TensorFlow's,
which have the same values. (`tf.custom_gradient` would serve both, but keeps every graph in memory
that it was ever used in.)
"""

import functools
from contextlib import AbstractContextManager
from typing import Any

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
    if stride > 1 or dilation > 1 or not _is_tuned(x):
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
    wide = channels % _LANES == 0
    if not _on_cpu() or (wide and size < 5):
        return tf.nn.max_pool2d(x, size, stride, padding)
    lanes = width * channels
    if not wide and lanes % _LANES == 0:  # pooling down, columns are as good as channels
        x = tf.reshape(x, [-1, x.shape[1], lanes // _LANES, _LANES])
    x = tf.nn.max_pool2d(x, [size, 1], [stride, 1], padding)
    x = tf.reshape(x, [-1, x.shape[1], width, channels])
    return tf.nn.max_pool2d(x, [1, size], [1, stride], padding)


def avg_pool(x: Tensor, size: int, stride: int, padding: str) -> Tensor:
    """Averages of windows; where nothing strides, the gradient is an average again.

    Args:
        x: [N, H, W, C].
        size: of the windows.
        stride: down and across.
        padding: SAME or VALID.
    """
    symmetric = stride == 1 and size % 2 == 1 and padding == "SAME"
    if x.shape[3] % _LANES == 0 or not symmetric or not _is_tuned(x):
        return tf.nn.avg_pool2d(x, size, stride, padding)
    with _gradients("AvgPool"):
        return tf.nn.avg_pool2d(x, size, stride, padding)


def pool(x: Tensor, kind: PoolKind, size: int, stride: int, padding: str) -> Tensor:
    """Maxima or averages of windows, x [N, H, W, C]."""
    return (max_pool if kind == "max" else avg_pool)(x, size, stride, padding)


@functools.cache
def _on_cpu() -> bool:
    return not tf.config.list_physical_devices("GPU")


def _is_tuned(x: Tensor) -> bool:
    """Whether gradients of our own are the quicker ones, and as exact."""
    return _on_cpu() and x.dtype == tf.float32


def _gradients(operation: str) -> AbstractContextManager[None]:
    """Where `operation` gets the gradient that is registered for it below."""
    graph = tf.compat.v1.get_default_graph()
    return graph.gradient_override_map({operation: f"NASNet{operation}"})


@tf.RegisterGradient("NASNetDepthwiseConv2dNative")
def _depthwise_gradient(operation: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    x, kernel = operation.inputs
    if kernel.shape[0] >= 5 and max(x.shape[1:3]) <= _LARGEST_KERNEL:
        by_kernel = correlate(x, dy, kernel.shape[0])
    else:
        by_kernel = tf.nn.depthwise_conv2d_backprop_filter(x, kernel.shape, dy, _UNIT, "SAME")
    return tf.nn.depthwise_conv2d(dy, tf.reverse(kernel, [0, 1]), _UNIT, "SAME"), by_kernel


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
    size = operation.get_attr("ksize")[1]
    # Of the pixels of a window, the share that is inside the image: 1 but at the border.
    pads = [[0, 0], [size, size], [size, size], [0, 0]]
    ones = tf.ones([1, *operation.inputs[0].shape[1:3], 1])
    inside = tf.nn.avg_pool2d(tf.pad(ones, pads), size, 1, "SAME")[:, size:-size, size:-size]
    return tf.nn.avg_pool2d(dy / inside, size, 1, "SAME") * inside
