"""Drop path in both interpreters: how much, of what, when, and that it leaves no trace."""

import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import NASNET_A, Block, Cell, Cost, Genotype, Shape
from nasnet.stacking import (
    PRESETS,
    RECIPES,
    DropPath,
    DropPathSchedule,
    Recipe,
    Stack,
    build_network,
    strip_drop_path,
)
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.network import CellNetwork
from tests.strategies import TWO_BLOCKS

SHAPE, CLASSES, STACK = (16, 16, 3), 4, Stack(1, 4)


class Depths(Cost):
    """Counts, and notes at which depth drop path was asked for."""

    def __init__(self):
        super().__init__()
        self.depths = []

    def drop_path(self, x, depth):
        self.depths.append(depth)
        return x


def depths(genotype, stack, shape):
    backend = Depths()
    CellNetwork(genotype, stack, shape, 10).build(backend, Shape(*shape))
    return backend.depths


@pytest.mark.parametrize(
    ("preset", "recipe", "cell", "expected"),
    [
        ("cifar", "paper-cifar", 0, (1, 0.99, 0.98)),
        ("cifar", "paper-cifar", 9, (1, 0.90, 0.80)),
        ("cifar", "paper-cifar", 19, (1, 0.80, 0.60)),
        ("imagenet-large", "paper-imagenet-large", 0, (1, 0.9932, 0.9864)),
        ("imagenet-large", "paper-imagenet-large", 10, (1, 0.925, 0.85)),
        ("imagenet-large", "paper-imagenet-large", 21, (1, 0.85, 0.70)),
    ],
)
def test_the_probabilities_are_those_of_the_reference_code(preset, recipe, cell, expected):
    """Worked out by hand from its formula, at 0, 1/2 and all of the steps."""
    network = PRESETS[preset]
    by_cell = list(dict.fromkeys(depths(network.genotype, network.stack, network.input_shape)))
    assert len(by_cell) == len(list(network.stack))
    keep = [RECIPES[recipe].path_keep_at(by_cell[cell], progress) for progress in (0, 0.5, 1)]
    assert keep == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("depth-and-time", (1, 0.9, 0.8)),
        ("time", (1, 0.8, 0.6)),
        ("depth", (0.8, 0.8, 0.8)),
        ("constant", (0.6, 0.6, 0.6)),
    ],
)
def test_depth_and_time_can_be_left_out(schedule, expected):
    recipe = Recipe(drop_path_keep=0.6, drop_path_schedule=schedule)
    found = [recipe.path_keep_at(0.5, progress) for progress in (0, 0.5, 1)]
    assert found == pytest.approx(expected)
    layer = DropPath(1 - recipe.path_keep_at(0.5, 1.0), scheduled=recipe.drop_path_follows_time)
    for progress, keep in zip((0, 0.5, 1), expected, strict=True):
        layer.progress.assign(progress)
        assert float(layer.keep) == pytest.approx(keep)


def test_all_but_the_identity_is_dropped():
    cell = Cell((Block(0, 1, "conv_3x3", "identity"), Block(2, 2, "identity", "max_pool_3x3")))
    assert depths(Genotype(cell, cell), Stack(1, 4), (16, 16, 3)) == [
        depth for i in range(1, 6) for depth in [i / 5] * 2
    ]


def keras_drop(x, keep, seed):
    return DropPath(1 - keep, scheduled=False, seed=seed)(x, training=True).numpy()


def flat_drop(x, keep, seed):
    recipe = Recipe(drop_path_keep=keep, drop_path_schedule="constant")
    noise = Noise(recipe, tf.constant(0.5), tf.constant([seed, 0]))
    return noise.drop_path(tf.constant(x), 1.0).numpy()


@pytest.mark.parametrize("drop", [keras_drop, flat_drop])
def test_whole_examples_are_dropped_and_the_mean_stays(drop, rng):
    x = 1 + rng.random((4000, 2, 3, 2)).astype(np.float32)
    y = drop(x, 0.7, seed=1)
    factors = (y / x).reshape(len(x), -1)
    np.testing.assert_allclose(factors, factors[:, :1] * np.ones_like(factors), rtol=1e-6)
    kept = factors[:, 0] > 0
    np.testing.assert_allclose(factors[kept], 1 / 0.7, rtol=1e-5)
    # Three standard deviations of a mean of 4,000 draws.
    assert kept.mean() == pytest.approx(0.7, abs=3 * np.sqrt(0.7 * 0.3 / 4000))
    assert y.mean() == pytest.approx(x.mean(), rel=0.035)
    np.testing.assert_array_equal(drop(x, 0.7, seed=1), y)
    assert not np.array_equal(drop(x, 0.7, seed=2), y)


def test_operations_of_one_step_are_dropped_apart():
    noise = Noise(Recipe(drop_path_keep=0.5), tf.constant(1.0), tf.constant([0, 0]))
    x = tf.ones([64, 1, 1, 1])
    first, second = (noise.drop_path(x, 1.0).numpy() for _ in range(2))
    assert not np.array_equal(first, second)
    assert noise.drop_path(x, 0.5).numpy().max() == pytest.approx(1 / 0.75)


def test_dropout_of_features_keeps_their_mean():
    noise = Noise(Recipe(dropout_keep=0.8), tf.constant(0.0), tf.constant([0, 0]))
    y = noise.dropout(tf.ones([100, 50])).numpy()
    np.testing.assert_allclose(np.unique(y), [0, 1.25])
    assert y.mean() == pytest.approx(1, abs=3 * np.sqrt(0.25 / 5000))
    assert len(np.unique(y.mean(axis=0))) > 1


def test_nothing_is_dropped_at_first_or_outside_of_training(rng):
    layer = DropPath(0.9)
    x = rng.random((64, 2, 2, 1)).astype(np.float32)
    np.testing.assert_array_equal(layer(x, training=True), x)
    layer.progress.assign(1.0)
    np.testing.assert_array_equal(layer(x), x)
    assert not np.array_equal(layer(x, training=True), x)


def test_half_precision_stays_half_precision():
    layer = DropPath(0.5, scheduled=False, dtype="mixed_float16")
    assert layer(np.ones((4, 1, 1, 1), np.float16), training=True).dtype == tf.float16


@pytest.fixture(scope="module")
def model():
    return build_network(
        CellNetwork(TWO_BLOCKS, STACK, SHAPE, CLASSES),
        Recipe(drop_path_keep=0.5, dropout_keep=0.9, aux_weight=0.4),
        training=True,
        seed=0,
    )


def test_only_a_keep_below_1_puts_layers_in(model):
    own = [layer for layer in model.layers if isinstance(layer, DropPath)]
    assert len(own) == len(depths(TWO_BLOCKS, STACK, SHAPE))
    assert max(layer.rate for layer in own) == 0.5
    assert len({layer.seed for layer in own}) == len(own)
    plain = build_network(CellNetwork(TWO_BLOCKS, STACK, SHAPE, CLASSES))
    assert not any(isinstance(x, DropPath | keras.layers.Dropout) for x in plain.layers)


def test_the_callback_tells_all_layers_the_time(rng):
    cell = Cell((Block(0, 1, "conv_3x3", "identity"),))
    network = build_network(
        CellNetwork(Genotype(cell, cell), STACK, SHAPE, CLASSES),
        Recipe(drop_path_keep=0.5),
        training=True,
    )
    network.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    seen = []

    class Spy(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            layers = [layer for layer in self.model.layers if isinstance(layer, DropPath)]
            seen.append({float(layer.progress) for layer in layers})

    images, labels = rng.random((6, *SHAPE)), np.zeros(6)
    for _ in range(2):  # the second call goes on where the first one ended
        calls = [DropPathSchedule(5), Spy()]
        network.fit(images, labels, batch_size=2, callbacks=calls, verbose=0)
    np.testing.assert_allclose([list(x) for x in seen], [[0], [0.2], [0.4], [0.6], [0.8], [1]])


def test_a_layer_comes_back_from_its_config(tmp_path, model, rng):
    layer = DropPath(0.3, scheduled=False, seed=7, name="mine")
    again = DropPath.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    x = np.ones((32, 1, 1, 1), np.float32)
    np.testing.assert_array_equal(again(x, training=True), layer(x, training=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    images = rng.normal(size=(2, *SHAPE)).astype(np.float32)
    for key, value in model(images).items():
        np.testing.assert_array_equal(loaded(images)[key], value)


def test_what_is_stripped_predicts_the_same_with_stock_layers_alone(tmp_path, model, rng):
    for variable in model.variables:
        if variable.path.endswith(("gamma", "moving_variance")):
            variable.assign(1 + rng.random(variable.shape))
    stripped = strip_drop_path(model)
    images = rng.normal(size=(4, *SHAPE)).astype(np.float32)
    np.testing.assert_array_equal(stripped(images), model(images)["predictions"])
    assert {type(layer).__module__.split(".")[0] for layer in stripped.layers} == {"keras"}
    plain = build_network(CellNetwork(TWO_BLOCKS, STACK, SHAPE, CLASSES))
    assert {v.path for v in stripped.trainable_variables} == {
        v.path for v in plain.trainable_variables
    }
    stripped.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert b"DropPath" not in archive.read("config.json")
    graph = tf.function(stripped).get_concrete_function(tf.TensorSpec([None, *SHAPE])).graph
    names = " ".join(f"{node.name} {node.op}" for node in graph.as_graph_def().node).lower()
    assert "drop_path" not in names
    assert "random" not in names
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded(images), stripped(images))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: DropPath(1.0), "rate is 1.0, expected at least 0 and below 1"),
        (lambda: DropPathSchedule(0), "total_steps is 0, expected at least 1"),
        (
            lambda: build_network(
                CellNetwork(NASNET_A, STACK, SHAPE, CLASSES),
                Recipe(drop_path_keep=0.0),
                training=True,
            ),
            "drop_path_keep is 0.0, expected above 0 and at most 1",
        ),
    ],
)
def test_nonsense_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()
