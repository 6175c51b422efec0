"""Macro networks of ENAS: the published one to the parameter, and all interpreters agree."""

import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import LAYER_ZOO, Macro, MacroSpace, network_cost
from nasnet.stacking import FlatLayout, FlatTensors, build_network
from nasnet.stacking.architectures import read_architecture
from nasnet.stacking.macro_network import MacroNetwork
from tests.keras_networks import randomise
from tests.programs import PLAIN, assert_alike

PUBLISHED = LAYER_ZOO["enas-macro"].architecture
PLAINED = tuple(name.replace("sep_", "") for name in PUBLISHED.operations)
SPACE = MacroSpace(7, 4)


def drawn(seed):
    return SPACE.decode(SPACE.sample(np.random.default_rng(seed)))


def parameters(found):
    return network_cost(MacroNetwork(found, (32, 32, 3), 10))[0].trainable_parameters


def test_the_published_network_has_its_parameters():
    """As coded, with plain convolutions for separable ones, at 96 and at 36 filters; and right."""
    as_coded = dataclasses.replace(PUBLISHED, operations=PLAINED)
    assert parameters(as_coded) == 42_559_392
    assert parameters(dataclasses.replace(as_coded, filters=36)) == 5_997_852
    assert parameters(PUBLISHED) == 30_947_424
    assert sum(map(len, PUBLISHED.skips)) == 98
    with keras.StatelessScope():
        model = build_network(MacroNetwork(PUBLISHED, (32, 32, 3), 10))
        assert (
            model.count_params()
            == network_cost(MacroNetwork(PUBLISHED, (32, 32, 3), 10))[0].total_parameters
        )


def test_the_space_is_as_large_as_the_formula_says():
    space = MacroSpace()
    assert space.size() == 6**12 * 2**66 == 160_618_186_625_454_535_808_756_219_904
    assert space.entropy() == pytest.approx(12 * math.log(6) + 66 * math.log(2))
    assert space.entropy() == pytest.approx(67.2488, abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_all_interpreters_agree(seed, rng):
    network = MacroNetwork(drawn(seed), (13, 12, 3), 5)
    model = build_network(network, classifier_activation=None)
    arrays = randomise(model, rng)
    layout = FlatLayout(network_cost(network)[0].parameters)
    tensors = layout.tensors(*map(tf.constant, layout.pack(arrays)))
    images = rng.normal(size=(4, 13, 12, 3)).astype(np.float32)
    backend = FlatTensors(tensors, training=False, epsilon=1e-5)
    found = network.build(backend, tf.constant(images))["Logits"]
    expected = model(images, training=False).numpy()
    assert expected.std() > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert_alike(network, PLAIN)


def test_images_are_halved_behind_each_third():
    network = MacroNetwork(drawn(0), (32, 32, 3), 5)
    shapes = [part.shape for part in network.parts() if part.name.startswith("Layer")]
    assert shapes == [(32, 32, 4)] * 2 + [(16, 16, 8)] * 2 + [(8, 8, 16)] * 3


def test_json_and_choices_come_back(rng):
    for _ in range(5):
        found = SPACE.decode(SPACE.sample(rng))
        assert read_architecture(found.to_json()) == found
        assert SPACE.decode(SPACE.encode(found)) == found
        assert "\n" not in found.to_json()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Macro(("conv_3x3",), ((0,),)), r"^skips of layer 0 are \[0\], expected rising, b"),
        (
            lambda: Macro(("conv_7x7",), ((),)),
            "^operation of layer 0 is 'conv_7x7', expected one",
        ),
        (lambda: Macro((), ()), "^0 skips of 0 layers, expected one a layer$"),
        (lambda: Macro(("conv_3x3",), ((),), 1), "^filters is 1, expected a whole number from 2$"),
        (lambda: Macro.from_arc("0 1", 8), r"^arc of layer 1 is \[1\], expected 1 bits$"),
        (lambda: Macro.from_json("{}"), "expected the keys format, version, operations, skips"),
        (lambda: SPACE.encode(PUBLISHED), r"^layers and filters are \(24, 96\), expected \(7, 4\)"),
        (lambda: MacroSpace(0), "^layers is 0, expected at least 1$"),
        (
            lambda: MacroNetwork(PUBLISHED, (8, 8, 3), 3).parts(aux_head=True),
            "^aux_weight is above 0, expected 0 for a macro network$",
        ),
    ],
)
def test_what_is_none_is_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call()
