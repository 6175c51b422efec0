"""Features at several strides: where they are taken, and that they are the network's own."""

import dataclasses
import math

import keras
import numpy as np
import pytest

from nasnet.cells import NASNET_A, ZOO, Block, Cell, Genotype, network_cost
from nasnet.stacking import PRESETS, Recipe, Stack, build_network, end_points
from nasnet.stacking.network import CellNetwork
from nasnet.transfer import weights
from nasnet.transfer.backbone import backbone, feature_levels
from tests.keras_networks import MOBILE_SHAPE, randomise, save, small_nasnet

SMALL = Stack(1, 8, 8, stem="imagenet")


def test_the_strides_of_the_published_networks():
    levels = {
        name: feature_levels(CellNetwork(p.genotype, p.stack, (64, 64, 3), None))
        for name, p in PRESETS.items()
        if "cifar" not in name
    }
    assert {tuple(level) for level in levels.values()} == {(4, 8, 16, 32)}
    assert levels["imagenet-mobile"] == {4: "Cell_Stem_0", 8: "Cell_3", 16: "Cell_7", 32: "Cell_11"}
    assert levels["imagenet-large"] == {4: "Cell_Stem_0", 8: "Cell_5", 16: "Cell_11", 32: "Cell_17"}
    assert levels["pnasnet-large"] == {4: "Cell_Stem_0", 8: "Cell_3", 16: "Cell_7", 32: "Cell_11"}
    assert levels["darts-v2-imagenet"][4] == "stem_bn_2"
    cifar = PRESETS["cifar"]
    assert feature_levels(CellNetwork(cifar.genotype, cifar.stack, (64, 64, 3), None)) == {
        1: "Cell_5",
        2: "Cell_11",
        4: "Cell_17",
    }


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("size", [224, 331, 600])
def test_features_are_as_large_as_their_stride_says(preset, size):
    network = PRESETS[preset]
    _, ends = network_cost(CellNetwork(network.genotype, network.stack, (size, size, 3), None))
    for stride, name in feature_levels(
        CellNetwork(network.genotype, network.stack, (64, 64, 3), None)
    ).items():
        if name in ends:
            # The unpadded convolution of the stem leaves up to one pixel out.
            assert ends[name].height in {math.ceil(size / stride), math.ceil((size - 1) / stride)}


def test_a_cell_that_reaches_nothing_is_no_feature():
    cell = Cell((Block(0, 0, "sep_conv_3x3", "identity"),))  # every second cell is ignored
    levels = feature_levels(
        CellNetwork(Genotype(cell, cell), Stack(2, 8, stem="imagenet"), (64, 64, 3), None)
    )
    model = backbone(
        CellNetwork(Genotype(cell, cell), Stack(2, 8, stem="imagenet"), (64, 64, 3), None)
    )
    assert [*model.output] == [f"stride_{stride}" for stride in levels]
    assert max(levels) == 32


@pytest.mark.parametrize(
    ("cell", "stack", "shape"),
    [
        pytest.param("nasnet-a", SMALL, (96, 71, 3), marks=pytest.mark.slow),
        pytest.param(
            *("pnasnet-5", Stack(2, 8, stem="imagenet", extra_reductions=False), (64, 64, 3)),
            marks=pytest.mark.slow,
        ),
        ("darts-v2", Stack(1, 8, stem="darts-imagenet", conventions="darts"), (64, 64, 1)),
        pytest.param(
            *("enas", Stack(1, 8, conventions="enas"), (16, 16, 3)), marks=pytest.mark.slow
        ),
    ],
)
def test_features_are_the_end_points_of_the_network(cell, stack, shape, tmp_path, rng):
    genotype = ZOO[cell].genotype
    model = build_network(CellNetwork(genotype, stack, shape, 5), Recipe(batch_norm_epsilon=2e-3))
    randomise(model, rng)
    model.save(tmp_path / "model.keras")
    levels = feature_levels(CellNetwork(genotype, stack, (64, 64, 3), None))
    ends = end_points(model)
    expected = {
        f"stride_{stride}": ends[name] if name in ends else model.get_layer(name).output
        for stride, name in levels.items()
    }
    images = rng.normal(size=(2, *shape)).astype(np.float32)
    wanted = keras.Model(model.input, expected)(images)
    found = backbone(CellNetwork(genotype, stack, shape, None), weights=tmp_path / "model.keras")(
        images
    )
    assert [*found] == [*expected]
    for name, features in wanted.items():
        np.testing.assert_array_equal(found[name], features)


@pytest.mark.slow
def test_some_strides_of_a_backbone_from_arrays(rng):
    model = build_network(
        CellNetwork(NASNET_A, SMALL, (64, 64, 3), 5), Recipe(batch_norm_epsilon=1e-3)
    )
    arrays = {variable.path: variable.numpy() for variable in model.weights}
    small = backbone(
        CellNetwork(NASNET_A, SMALL, (64, 64, 3), None), weights=arrays, strides=(8, 16)
    )
    images = rng.normal(size=(1, 64, 64, 3)).astype(np.float32)
    ends = end_points(model)
    expected = keras.Model(model.input, [ends["Cell_0"], ends["Cell_1"]])(images)
    np.testing.assert_allclose(small(images)["stride_8"], expected[0], atol=1e-5)
    np.testing.assert_allclose(small(images)["stride_16"], expected[1], atol=1e-5)
    assert not any("cell_2" in layer.name for layer in small.layers)
    with pytest.raises(ValueError, match=r"weight cell_0_.* is missing, expected those of the net"):
        backbone(
            CellNetwork(NASNET_A, SMALL, (64, 64, 3), None),
            weights={path: a for path, a in arrays.items() if not path.startswith("cell_0")},
        )


@pytest.mark.slow
def test_a_saved_backbone_loads_without_this_package(tmp_path, rng):
    model = backbone(CellNetwork(NASNET_A, SMALL, (64, 64, 3), None), seed=1)
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    model.save(tmp_path / "backbone.keras")
    images = rng.normal(size=(1, 64, 64, 3)).astype(np.float32)
    loaded = keras.models.load_model(tmp_path / "backbone.keras")(images)
    for name, features in model(images).items():
        np.testing.assert_array_equal(loaded[name], features)


def check_against_keras(path, stack, images, expected):
    """The file of a network of Keras gives our backbone the features that the network has."""
    stack = dataclasses.replace(stack, conventions="keras")
    found = backbone(CellNetwork(NASNET_A, stack, images.shape[1:], None), weights=path)(images)
    for stride, features in zip((4, 8, 16, 32), expected, strict=True):
        scale = np.abs(features).max()
        np.testing.assert_allclose(found[f"stride_{stride}"], features, atol=1e-5 * scale)
    other = dataclasses.replace(stack, conventions="nasnet")
    with pytest.raises(
        ValueError, match="conventions is 'nasnet', expected 'keras' for weights of"
    ):
        backbone(CellNetwork(NASNET_A, other, images.shape[1:], None), weights=path)


@pytest.mark.slow
def test_a_file_of_keras_has_the_features_of_its_network(monkeypatch, tmp_path, rng):
    monkeypatch.setattr(keras.applications, "Tiny", small_nasnet, raising=False)
    monkeypatch.setattr(weights, "_PEERS", {8: ("Tiny", 1)})
    theirs = small_nasnet(MOBILE_SHAPE, weights=None, classes=10)
    randomise(theirs, rng)
    path = save(theirs, tmp_path / "tiny.weights.h5")
    images = rng.normal(size=(2, *MOBILE_SHAPE)).astype(np.float32)
    cells = ("reduction_concat_stem_1", "normal_concat_0", "normal_concat_2", "normal_concat_3")
    ends = [theirs.get_layer(name).output for name in cells]
    check_against_keras(path, SMALL, images, keras.Model(theirs.input, ends)(images))


@pytest.mark.slow
def test_nasnet_mobile_of_keras_has_the_same_features(keras_mobile):
    expected = keras_mobile.outputs(
        "reduction_concat_stem_1", "normal_concat_3", "normal_concat_8", "normal_concat_12"
    )
    stack, path = PRESETS["imagenet-mobile"].stack, keras_mobile.file("net.weights.h5")
    check_against_keras(path, stack, keras_mobile.images, expected)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"strides": (2, 4)}, r"strides is \(2, 4\), expected one or more of: 4, 8, 16, 32"),
        ({"strides": ()}, r"strides is \(\), expected one or more of: 4, 8, 16, 32"),
        (
            {"input_shape": (None, None, 3)},
            "input shape is .*, expected height, width and channels",
        ),
        ({"input_shape": (2, 2, 3)}, "height is 2 where a window of 3 must fit, expected larger"),
        (
            {"weights": "none.keras"},
            "weights are in none.keras, which does not exist, expected a f",
        ),
    ],
)
def test_bad_arguments_are_one_line(arguments, text):
    shape = arguments.get("input_shape", (64, 64, 3))
    options = {name: value for name, value in arguments.items() if name != "input_shape"}
    with pytest.raises(ValueError, match=text) as info:
        backbone(CellNetwork(NASNET_A, SMALL, shape, None), **options)
    assert "\n" not in str(info.value)


def test_weights_of_other_cells_are_refused(tmp_path):
    cell = Cell((Block(0, 1, "conv_1x1", "identity"),))
    model = build_network(CellNetwork(Genotype(cell, cell), Stack(1, 4), (8, 8, 3), 5))
    model.save(tmp_path / "model.keras")
    (tmp_path / "genotype.json").write_text(Genotype(cell, cell).to_json())
    with pytest.raises(ValueError, match=r"model.keras are those of other cells, expected the gen"):
        backbone(CellNetwork(NASNET_A, SMALL, (64, 64, 3), None), weights=tmp_path / "model.keras")
