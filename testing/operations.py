"""What every operation of cells keeps to."""

import numpy as np
import pytest

from nasnet.cells import Cost, Shape
from nasnet.cells.backend import Backend, X
from nasnet.cells.operations import Operation

_SIZE, _CHANNELS, _FILTERS = 9, 6, 4


class OperationSuite:
    """Fixtures: `operation`, the one to test."""

    def test_it_says_what_it_is(self, operation):
        assert isinstance(operation.kind, str)
        assert isinstance(operation.drops, bool)

    @pytest.mark.parametrize("stride", [1, 2])
    @pytest.mark.parametrize("channels", [_CHANNELS, _FILTERS])
    def test_it_gives_the_filters_and_the_size_that_are_asked_for(
        self, operation, channels, stride
    ):
        found = _apply(operation, Cost(), Shape(_SIZE, _SIZE, channels), stride)
        side = -(-_SIZE // stride)
        assert found == Shape(side, side, _FILTERS)

    @pytest.mark.parametrize("stride", [1, 2])
    def test_all_interpreters_agree(self, operation, stride):
        """The count, Keras' layers, and the fast trainer's operations, with equal weights."""
        import keras
        import tensorflow as tf

        from nasnet.stacking.flat.backend import FlatLayout, FlatTensors
        from nasnet.stacking.keras.backend import KerasLayers

        cost = Cost()
        _apply(operation, cost, Shape(_SIZE, _SIZE, _CHANNELS), stride)
        image = keras.Input((_SIZE, _SIZE, _CHANNELS))
        model = keras.Model(image, _apply(operation, KerasLayers(), image, stride))
        assert model.count_params() == cost.total_parameters
        layout = FlatLayout(cost.parameters)
        weights = layout.initial(seed=1)
        arrays = layout.unpack(*weights)
        for variable in model.weights:
            variable.assign(arrays[variable.path])
        x = np.random.default_rng(0).normal(size=(3, _SIZE, _SIZE, _CHANNELS)).astype(np.float32)
        for training in (False, True):
            tensors = layout.tensors(*map(tf.constant, weights))
            flat = FlatTensors(tensors, training=training, epsilon=1e-5)
            found = _apply(operation, flat, tf.constant(x), stride)
            np.testing.assert_allclose(found, model(x, training=training), atol=1e-4)

    def test_a_gradient_reaches_the_input(self, operation):
        import tensorflow as tf

        from nasnet.stacking.flat.backend import FlatLayout, FlatTensors

        cost = Cost()
        _apply(operation, cost, Shape(_SIZE, _SIZE, _CHANNELS), 1)
        layout = FlatLayout(cost.parameters)
        x = tf.constant(
            np.random.default_rng(0).normal(size=(3, _SIZE, _SIZE, _CHANNELS)), "float32"
        )
        with tf.GradientTape() as tape:
            tape.watch(x)
            tensors = layout.tensors(*map(tf.constant, layout.initial(seed=1)))
            flat = FlatTensors(tensors, training=True, epsilon=1e-5)
            y = _apply(operation, flat, x, 1)
            value = tf.reduce_sum(y * tf.random.stateless_normal(tf.shape(y), [0, 1]))
        gradient = tape.gradient(value, x)
        assert gradient is not None
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def _apply(operation: Operation, backend: Backend[X], x: X, stride: int) -> X:
    with backend.scope("tested"):
        return operation(backend, x, _FILTERS, stride)
