"""Weights of a network that is a part of what was saved: found by its layers' names."""

import keras
import numpy as np
import pytest

from nasnet.stacking import Preset, Stack, end_points
from nasnet.stacking.keras import applications
from nasnet.stacking.keras.applications import Application
from nasnet.stacking.keras.weight_files import read_layers
from nasnet.stacking.keras.weights import load_weights, weights_from_keras
from nasnet.transfer.weights import read_weights
from tests.keras_networks import FILES, randomise, save, small_nasnet
from tests.strategies import TWO_BLOCKS

SHAPE = (32, 32, 3)


class TinyPreset(Preset):
    """One of cells of two blocks."""

    genotype = TWO_BLOCKS


@pytest.fixture(scope="module")
def tiny():
    preset = TinyPreset("tiny", Stack(1, 4, 4), 32, 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applications, "PRESETS", {"tiny": preset})
        yield Application("tiny", "tiny")


@pytest.fixture(scope="module")
def inner(tiny):
    """A network with weights, and one to load them into."""
    networks = [tiny(include_top=False) for _ in range(2)]
    randomise(networks[0], np.random.default_rng(0))
    return networks


def sequential(network):
    pool = keras.layers.GlobalAveragePooling2D()
    return keras.Sequential([network, pool, keras.layers.Dense(2, name="head")])


def functional(network):
    """Two levels down, frozen, and behind a layer of pixels."""
    image = keras.Input(network.input_shape[1:])
    x = keras.layers.Rescaling(1 / 127.5, -1)(image)
    flat = keras.layers.Flatten()(network.output)
    middle = keras.Model(network.input, flat, name="middle")
    middle.trainable = False
    return keras.Model(image, keras.layers.Dense(2, name="predictions")(middle(x)))


def arrays_of(network, prefix=""):
    return {v.path.removeprefix(prefix): v.numpy() for v in network.weights}


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for path, array in expected.items():
        np.testing.assert_array_equal(found[path], array, err_msg=path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [sequential, functional])
def test_a_network_within_another(name, place, inner, tmp_path):
    network, other = inner
    path = save(place(network), tmp_path / name)
    randomise(other, np.random.default_rng(1))
    load_weights({v.path: v for v in other.weights}, path)
    assert_equal(arrays_of(other), arrays_of(network))
    assert_equal(read_weights(path).arrays, arrays_of(network))


def test_names_that_keras_cuts_into_parts(inner, tmp_path, monkeypatch):
    """As of a whole NASNetMobile, whose names take more than an attribute may hold."""
    from keras.src.legacy.saving import legacy_h5_format

    monkeypatch.setattr(legacy_h5_format, "HDF5_OBJECT_HEADER_LIMIT", 1000)
    path = save(sequential(inner[0]), tmp_path / "model.h5")
    assert_equal(read_weights(path).arrays, arrays_of(inner[0]))


@pytest.fixture(scope="module")
def theirs():
    network = small_nasnet((64, 64, 3), include_top=False, weights=None)
    randomise(network, np.random.default_rng(0))
    return network, weights_from_keras(network, 1)


@pytest.mark.parametrize("name", FILES)
def test_a_network_of_keras_within_another(name, theirs, tmp_path, monkeypatch):
    network, expected = theirs
    path = save(sequential(network), tmp_path / name)
    monkeypatch.setattr("nasnet.stacking.keras.weights.peer_network", pytest.fail)
    monkeypatch.setattr("nasnet.transfer.weights._PEERS", {8: ("Tiny", 1)})
    assert_equal(read_weights(path).arrays, expected)


@pytest.fixture(scope="module")
def pair(tiny):
    """Two networks side by side in one model."""
    image = keras.Input(SHAPE)
    features = [
        tiny(input_tensor=image, include_top=False, pooling="avg", prefix=side).output
        for side in ("left", "right")
    ]
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.Concatenate()(features)))
    randomise(model, np.random.default_rng(0))
    return model


@pytest.mark.parametrize("name", ["net.keras", "model.h5"])
def test_two_networks_in_one_model(pair, name, inner, tmp_path):
    path = save(pair, tmp_path / name)
    variables = {v.path: v for v in inner[1].weights}
    for side in ("left", "right"):
        load_weights(variables, path, prefix=side)
        weights = [v for v in pair.weights if v.path.startswith(side)]
        assert_equal(arrays_of(inner[1]), {v.path.removeprefix(f"{side}_"): v for v in weights})
        pooled = pair.get_layer(f"{side}_global_pool").output
        assert end_points(pair, side)["global_pool"] is pooled
        assert "Cell_2" in end_points(pair, side)
    with pytest.raises(ValueError, match="prefixes 'left', 'right', expected one of them, not ''"):
        load_weights(variables, path)


def test_a_model_of_prefixes_has_no_end_points_without(pair):
    with pytest.raises(ValueError, match=f"model {pair.name} has no cells"):
        end_points(pair)


def test_a_file_may_have_another_prefix(tiny, inner, tmp_path):
    inner[0].save_weights(tmp_path / "net.weights.h5")
    before = keras.layers.Conv2D(3, 1, name="before")(keras.Input(SHAPE))
    model = tiny(
        include_top=False, input_tensor=before, prefix="left", weights=tmp_path / "net.weights.h5"
    )
    own = [v for v in model.weights if v.path.startswith("left_")]
    assert_equal({v.path.removeprefix("left_"): v for v in own}, arrays_of(inner[0]))
    assert len(model.weights) == len(own) + 2


@pytest.mark.parametrize("name", ["net.keras", "model.h5"])
def test_two_networks_of_equal_names_are_refused(name, tmp_path):
    image = keras.Input(SHAPE)
    parts = []
    for part in "ab":
        inside = keras.Input(SHAPE)
        x = keras.layers.Conv2D(2, 3, name="stem_conv", use_bias=False)(inside)
        x = keras.layers.BatchNormalization(name="stem_bn")(x)
        parts.append(keras.Model(inside, x, name=part)(image))
    path = save(keras.Model(image, keras.layers.Add()(parts)), tmp_path / name)
    with pytest.raises(ValueError, match="has two layers stem_conv, expected one network, or a pr"):
        read_layers(path)


def test_a_prefix_that_is_no_name_is_refused(tiny):
    with pytest.raises(ValueError, match="prefix is 'a/b', expected letters, digits and _"):
        tiny(prefix="a/b")
