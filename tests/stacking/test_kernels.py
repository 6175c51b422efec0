"""The quick formulations are TensorFlow's own operations, values and gradients."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from nasnet.stacking.flat import kernels


def tensor(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).standard_normal(shape), tf.float32)


def value_and_gradients(function, *inputs):
    @tf.function(autograph=False)
    def run(*inputs):
        y = function(*inputs)
        return [y, *tf.gradients(y, inputs, tensor(*y.shape, seed=9))]

    return run(*inputs)


def assert_alike(ours, theirs, *inputs):
    for got, expected in zip(
        value_and_gradients(ours, *inputs), value_and_gradients(theirs, *inputs), strict=True
    ):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(got / scale, expected / scale, atol=2e-6)


@pytest.mark.parametrize("channels", [3, 8, 16])
@pytest.mark.parametrize("side", [7, 12, 40])
@pytest.mark.parametrize(  # TensorFlow's own raw gradients of a dilated one are wrong (2.21)
    ("size", "stride", "dilation"),
    [(3, 1, 1), (5, 1, 1), (7, 1, 1), (3, 1, 2), (5, 1, 2), (3, 2, 1), (5, 2, 1), (7, 2, 1)],
)
def test_depthwise_convolution(size, stride, dilation, side, channels):
    x, kernel = tensor(3, side, side + 1, channels), tensor(size, size, channels, 1, seed=1)

    def native(x, kernel):
        strides, dilations = [1, stride, stride, 1], [dilation] * 2
        return tf.nn.depthwise_conv2d(x, kernel, strides, "SAME", dilations=dilations)

    assert_alike(lambda *a: kernels.depthwise_conv(*a, stride, dilation), native, x, kernel)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [2, 3, 5, 7])
@pytest.mark.parametrize("channels", [3, 8, 16, 24])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling(kind, channels, size, stride, padding):
    native = tf.nn.max_pool2d if kind == "max" else tf.nn.avg_pool2d
    x = tensor(3, 10, 9, channels)
    assert_alike(
        lambda x: kernels.pool(x, kind, size, stride, padding),
        lambda x: native(x, size, stride, padding),
        x,
    )


def test_a_graph_keeps_an_unknown_batch_size():
    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 8])], autograph=False)
    def gradient(x):
        y = kernels.avg_pool(kernels.max_pool(x, 5, 1, "SAME"), 3, 1, "SAME")
        y = kernels.depthwise_conv(y, tensor(5, 5, 8, 1), 1, 1)
        return tf.gradients(y, x)[0]

    for count in (1, 4):
        assert gradient(tensor(count, 8, 8, 8)).shape == (count, 8, 8, 8)


@pytest.mark.parametrize("kernel", ["depthwise_conv", "avg_pool"])
def test_a_graph_has_our_gradients(kernel):
    @tf.function(autograph=False)
    def gradient(x):
        forms = {
            "depthwise_conv": lambda: kernels.depthwise_conv(x, tensor(5, 5, 8, 1), 1, 1),
            "avg_pool": lambda: kernels.avg_pool(x, 3, 1, "SAME"),
        }
        return tf.gradients(forms[kernel](), x)[0]

    operations = gradient.get_concrete_function(tensor(2, 8, 8, 8)).graph.get_operations()
    types = {operation.type for operation in operations}
    assert not types & {"DepthwiseConv2dNativeBackpropInput", "AvgPoolGrad"}


def test_a_graph_that_is_done_with_leaves_memory():
    @tf.function(autograph=False)
    def gradient(x):
        y = kernels.avg_pool(kernels.depthwise_conv(x, tensor(5, 5, 8, 1), 1, 1), 3, 1, "SAME")
        return tf.gradients(y, x)[0]

    graph = weakref.ref(gradient.get_concrete_function(tensor(2, 8, 8, 8)).graph)
    del gradient
    gc.collect()
    assert graph() is None
