"""The rescaling inside a network: seen, put in, left out; and half precision made whole."""

import keras
import numpy as np
import pytest

from nasnet.stacking import Stack, build_network, end_points, preprocess_input
from nasnet.stacking.keras.pixels import (
    from_pixels,
    in_float32,
    takes_pixels,
    without_rescaling,
)
from nasnet.stacking.network import CellNetwork
from tests.keras_networks import randomise
from tests.strategies import TWO_BLOCKS

NETWORK = CellNetwork(TWO_BLOCKS, Stack(1, 2), (8, 10, 3), 4)


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (3, 8, 10, 3), np.uint8)


def plain(*layers):
    return keras.Sequential([keras.Input((8, 10, 3)), *layers, keras.layers.Flatten()])


def within(*layers):
    return plain(keras.Sequential([keras.Input((8, 10, 3)), *layers]))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (lambda: plain(keras.layers.Rescaling(1 / 255)), True),
        (lambda: plain(keras.layers.Rescaling([0.017, 0.018, 0.019], [-2.1, -2.0, -1.8])), True),
        (lambda: plain(keras.layers.Rescaling(2.0, -1.0)), False),
        (lambda: plain(keras.layers.Rescaling(0.0)), False),
        (lambda: plain(keras.layers.ReLU(), keras.layers.Rescaling(1 / 255)), False),
        (lambda: within(keras.layers.Rescaling(1 / 255)), True),
        (lambda: within(keras.layers.ReLU()), False),
    ],
)
def test_what_a_network_takes_is_seen_by_its_first_layer(model, expected):
    assert takes_pixels(model()) == expected


def branching(inputs=lambda image: image):
    """Two convolutions of the image, of equal shapes."""
    image = keras.Input((8, 10, 3))
    both = [keras.layers.Conv2D(2, 3)(image) for _ in range(2)]
    return keras.Model(inputs(image), keras.layers.Add()(both))


@pytest.mark.parametrize(
    "make",
    [
        branching,
        lambda: branching(lambda image: [image]),
        lambda: plain(keras.layers.Conv2D(3, 3), keras.layers.BatchNormalization()),
        lambda: within(keras.layers.Conv2D(3, 3)),
    ],
    ids=["functional", "list of inputs", "sequential", "nested"],
)
def test_rescaling_is_put_in_and_left_out_again(make, pixels, rng):
    bare = make()
    randomise(bare, rng)
    expected = bare(preprocess_input(pixels)).numpy()
    inside = from_pixels(bare)
    assert takes_pixels(inside)
    np.testing.assert_allclose(inside(pixels).numpy(), expected, atol=1e-5)
    again = without_rescaling(inside)
    assert not takes_pixels(again)
    np.testing.assert_array_equal(again(preprocess_input(pixels)).numpy(), expected)
    assert from_pixels(inside) is inside
    assert without_rescaling(bare) is bare


def test_a_network_that_is_built_with_it_is_the_bare_one_with_it(pixels, rng):
    inside = build_network(NETWORK, pixels=True)
    randomise(inside, rng)
    bare = without_rescaling(inside)
    expected = bare(preprocess_input(pixels)).numpy()
    np.testing.assert_allclose(inside(pixels).numpy(), expected, atol=1e-6)
    assert inside.input.name == "pixels"
    assert end_points(inside).keys() == end_points(bare).keys()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: plain(keras.layers.Rescaling(1 / 255)), "adds 0.0, expected 1/127.5 and -1 to le"),
        (lambda: within(keras.layers.Rescaling(1 / 127.5, -1)), "is within another model, expect"),
    ],
)
def test_rescaling_that_cannot_be_left_out_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        without_rescaling(model())


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "float64"])
@pytest.mark.parametrize("inner", [False, True])
def test_networks_of_any_precision_become_float32(policy, inner, pixels, rng):
    keras.config.set_dtype_policy(policy)
    try:
        layers = [keras.layers.Rescaling(1 / 127.5, -1), keras.layers.Conv2D(4, 3)]
        model = (within if inner else plain)(*layers, keras.layers.BatchNormalization())
    finally:
        keras.config.set_dtype_policy("float32")
    randomise(model, rng)
    whole = in_float32(model)
    assert {variable.dtype for variable in whole.weights} == {"float32"}
    found = whole(pixels)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, model(pixels).numpy().astype(np.float32), atol=0.05)
    assert in_float32(whole) is whole
