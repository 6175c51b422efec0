"""Weights from files, in wider and deeper networks, and frozen ones."""

import dataclasses
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nasnet.cells import NASNET_A, ZOO, network_cost
from nasnet.stacking import FlatLayout, FlatTensors, Recipe, Stack, build_network
from nasnet.stacking.network import CellNetwork
from nasnet.transfer import weights
from nasnet.transfer.sites import infer_stack
from nasnet.transfer.warm_start import _resized
from nasnet.transfer.weights import assign_weights, frozen_paths, read_weights, warm_start
from tests.keras_networks import randomise, save, small_nasnet
from tests.strategies import genotypes

CIFAR, SHAPE, CLASSES = Stack(1, 4), (16, 16, 3), 5


def draw(genotype, stack, seed=0, shape=SHAPE, classes=CLASSES, aux_head=False):
    """Weights that leave no layer without effect, and logits of a size near 1."""
    rng = np.random.default_rng(seed)
    cost, _ = network_cost(CellNetwork(genotype, stack, shape, classes), aux_head=aux_head)
    arrays = {}
    for p in cost.parameters:
        values = rng.normal(size=p.shape)
        if p.role in ("gamma", "moving_variance"):
            values = 1 + 0.2 * np.abs(values)
        else:
            values /= np.sqrt(np.prod(p.shape[:-1])) if len(p.shape) > 1 else 10
        arrays[p.path] = values.astype(np.float32)
    return arrays


def run(genotype, stack, arrays, images, classes=CLASSES, aux_head=False):
    """The end points of a network with these weights."""
    cost, _ = network_cost(
        CellNetwork(genotype, stack, images.shape[1:], classes), aux_head=aux_head
    )
    layout = FlatLayout(cost.parameters)
    tensors = layout.tensors(*map(tf.constant, layout.pack(arrays)))
    backend = FlatTensors(tensors, training=False, epsilon=1e-5)
    return CellNetwork(genotype, stack, images.shape[1:], classes).build(
        backend, tf.constant(images), aux_head=aux_head
    )


def shapes_of(arrays):
    return {path: array.shape for path, array in arrays.items()}


def check_function(genotype, narrow, wide, shape=SHAPE, aux_head=False):
    """A network that was made wider has the end points that it had, each channel repeated."""
    images = np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32)
    source = draw(genotype, narrow, 0, shape, aux_head=aux_head)
    initial = draw(genotype, wide, 1, shape, aux_head=aux_head)
    start = warm_start(shapes_of(initial), source, initial=initial, noise=0)
    assert not start.fresh
    before = run(genotype, narrow, source, images, aux_head=aux_head)
    after = run(genotype, wide, start.arrays, images, aux_head=aux_head)
    assert before.keys() == after.keys()
    for name in before:
        old, new = before[name].numpy(), after[name].numpy()
        index = np.arange(new.shape[-1]) * old.shape[-1] // new.shape[-1]
        assert np.abs(old).max() > 1e-3
        np.testing.assert_allclose(
            new, old[..., index], rtol=1e-3, atol=1e-3 * np.abs(old).max(), err_msg=name
        )


@pytest.mark.parametrize("filters", [4, 6, 8, 14])
@pytest.mark.parametrize("cell", ["nasnet-a", "amoebanet-a", "amoebanet-d", "darts-v2", "enas"])
def test_a_wider_network_computes_the_same(cell, filters):
    narrow = Stack(1, 4, conventions=ZOO[cell].conventions)
    check_function(ZOO[cell].genotype, narrow, dataclasses.replace(narrow, filters=filters))


@pytest.mark.parametrize(
    ("cell", "narrow", "filters", "shape", "aux_head"),
    [
        ("nasnet-a", Stack(2, 8, stem="imagenet"), 16, (64, 64, 3), False),
        ("nasnet-a", Stack(1, 8, 10, skip_reduction_input=True), 12, (32, 32, 3), True),
        ("pnasnet-5", Stack(2, 8, stem="imagenet", extra_reductions=False), 24, (64, 64, 3), False),
        (
            "darts-v2",
            Stack(1, 4, stem="darts-imagenet", conventions="darts"),
            6,
            (64, 64, 1),
            False,
        ),
    ],
)
def test_a_wider_network_of_any_plan_computes_the_same(cell, narrow, filters, shape, aux_head):
    wide = dataclasses.replace(narrow, filters=filters)
    check_function(ZOO[cell].genotype, narrow, wide, shape, aux_head)


@settings(max_examples=8, deadline=None)
@given(genotypes(max_blocks=3), st.sampled_from([6, 8]), st.integers(1, 2))
def test_any_genotype_made_wider_computes_the_same(genotype, filters, repeats):
    check_function(genotype, Stack(repeats, 4), Stack(repeats, filters), (8, 8, 3))


def test_channels_repeat_and_what_reads_them_is_shared_out():
    kernel = np.arange(12.0).reshape(1, 1, 3, 4)
    wide = _resized(kernel, (1, 1, 5, 4), "kernel")
    # 0, 0, 1, 1, 2: floor(j 3 / 5)
    np.testing.assert_allclose(
        wide[0, 0], kernel[0, 0][[0, 0, 1, 1, 2]] / np.array([2, 2, 2, 2, 1])[:, None]
    )
    np.testing.assert_array_equal(_resized(kernel, (1, 1, 3, 2), "kernel"), kernel[..., [0, 2]])
    depthwise = np.arange(4.0).reshape(1, 1, 4, 1)
    np.testing.assert_array_equal(
        _resized(depthwise, (1, 1, 8, 1), "depthwise_kernel")[0, 0, :, 0], np.repeat(range(4), 2)
    )


def test_equal_networks_are_copied():
    source, initial = draw(NASNET_A, CIFAR), draw(NASNET_A, CIFAR, 1)
    start = warm_start(shapes_of(initial), source, initial=initial)
    assert (set(start.carried), start.adapted, start.fresh) == (set(source), (), ())
    assert all(np.array_equal(start.arrays[path], source[path]) for path in source)
    assert all(start.arrays[path] is not source[path] for path in source)
    assert set(start.cells.items()) == {
        (name, name)
        for name in ("cell_0", "reduction_cell_0", "cell_1", "reduction_cell_1", "cell_2")
    }


def test_another_number_of_classes_makes_the_classifier_fresh():
    source, initial = draw(NASNET_A, CIFAR), draw(NASNET_A, CIFAR, 1, classes=7)
    start = warm_start(shapes_of(initial), source, initial=initial)
    assert set(start.fresh) == {"logits_dense/kernel", "logits_dense/bias"}
    grey = draw(NASNET_A, CIFAR, 1, shape=(16, 16, 1))
    fresh = warm_start(shapes_of(grey), source, initial=grey).fresh
    assert {path.split("_")[0] for path in fresh} == {"stem"}


def test_a_cifar_network_starts_an_imagenet_network():
    small, large = Stack(2, 8), Stack(3, 16, stem="imagenet")
    source = draw(NASNET_A, small)
    initial = draw(NASNET_A, large, 1, (64, 64, 3))
    start = warm_start(shapes_of(initial), source, initial=initial, noise=0)
    assert start.cells == {
        # Each behind the stem reads it in the source, and behind the stem's cells here: what fits
        # best is the second cell, whose operations all read states of the cell's own width.
        **{"cell_stem_0": "reduction_cell_0", "cell_stem_1": "reduction_cell_0"},
        **{"cell_0": "cell_1", "cell_1": "cell_1", "cell_2": "cell_1"},
        "reduction_cell_0": "reduction_cell_0",
        **{"cell_3": "cell_2", "cell_4": "cell_3", "cell_5": "cell_3"},
        "reduction_cell_1": "reduction_cell_1",
        **{"cell_6": "cell_4", "cell_7": "cell_5", "cell_8": "cell_5"},
    }
    part = re.compile(r"(stem|logits|.*?_(?:input_\d|block_\d_[ab]))_")
    assert {part.match(path)[1] for path in start.fresh} == {
        *("stem", "logits"),
        # Its older input is the bare output of the stem's convolution.
        *("cell_stem_0_block_0_b", "cell_stem_0_block_1_b", "cell_stem_0_block_2_b"),
        # These read the stem or its Reduction cells, their sources the stem or Normal cells.
        *("cell_stem_0_input_1", "cell_stem_1_input_0", "cell_stem_1_input_1"),
        *("cell_0_input_0", "cell_0_input_1", "cell_1_input_0", "cell_2_input_0"),
        # These read a Normal cell, their sources, second in a stage, the Reduction cell below it.
        *("cell_5_input_0", "cell_8_input_0"),
    }
    assert all(np.array_equal(start.arrays[path], initial[path]) for path in start.fresh)
    total = len(start.carried) + len(start.adapted) + len(start.fresh)
    assert total == len(initial) == len(start.arrays)
    assert str(start).startswith("carried ")
    assert f"fresh {len(start.fresh)} arrays of " in str(start)


def test_repeats_part_by_the_noise_alone():
    source, initial = draw(NASNET_A, CIFAR), draw(NASNET_A, Stack(1, 8), 1)
    exact = warm_start(shapes_of(initial), source, initial=initial, noise=0)
    start = warm_start(shapes_of(initial), source, initial=initial, noise=0.1)
    for path, array in exact.arrays.items():
        kernel = path in start.adapted and path.endswith("kernel")
        expected = array + (0.1 * initial[path] if kernel else 0)
        np.testing.assert_allclose(start.arrays[path], expected, rtol=1e-6)


@pytest.mark.parametrize("cell", ZOO)
@pytest.mark.parametrize("stem", ["cifar", "imagenet", "darts-imagenet"])
def test_the_plan_is_read_off_the_weights(cell, stem):
    for repeats, extra in ((1, True), (3, False)):
        stack = Stack(repeats, 12, None, False, stem, extra, ZOO[cell].conventions)
        cost, _ = network_cost(CellNetwork(ZOO[cell].genotype, stack, (64, 64, 3), 10))
        found = infer_stack({p.path: p.shape for p in cost.parameters})
        expected = dataclasses.replace(stack, stem_filters=stack.stem_width)
        assert dataclasses.replace(found, conventions=stack.conventions) == expected


def test_other_weights_are_refused():
    source, initial = draw(NASNET_A, CIFAR), draw(NASNET_A, CIFAR, 1)
    with pytest.raises(ValueError, match="initial weights are those of another network, expected"):
        warm_start(shapes_of(initial), source, initial={})
    with pytest.raises(
        ValueError, match="weights have no cells, expected those of a network of th"
    ):
        warm_start(shapes_of(initial), {"dense/kernel": np.zeros((2, 2))}, initial=initial)
    one = {"cell_0_block_9_a_bn/gamma": np.ones(4), "stem_conv/kernel": np.ones((1, 1, 1, 1))}
    with pytest.raises(
        ValueError, match="source has no weights that fit, expected a network of th"
    ):
        warm_start(shapes_of(initial), one, initial=initial)


@pytest.fixture(scope="module")
def model():
    return build_network(
        CellNetwork(NASNET_A, CIFAR, SHAPE, CLASSES),
        Recipe(batch_norm_epsilon=2e-3, dropout_keep=0.5),
        training=True,
    )


@pytest.mark.parametrize("name", ["model.keras", "net.weights.h5", "old.h5"])
def test_our_files(name, model, tmp_path):
    path = tmp_path / name
    model.save_weights(path) if name.endswith(".weights.h5") else model.save(path)
    read = read_weights(path)
    expected = {variable.path: variable.numpy() for variable in model.weights}
    expected = {path: a for path, a in expected.items() if "seed" not in path}
    assert read.arrays.keys() == expected.keys()
    assert all(np.array_equal(read.arrays[path], expected[path]) for path in expected)
    assert read.epsilon == (None if "weights" in name else 2e-3)
    assert (read.genotype, read.conventions) == (None, None)
    (tmp_path / "genotype.json").write_text(NASNET_A.to_json())
    assert read_weights(path).genotype == NASNET_A
    (tmp_path / "genotype.json").write_text("{")
    with pytest.raises(ValueError, match=r"genotype.json: genotype is not JSON"):
        read_weights(path)


def test_a_run_directory_and_a_network_within_another(model, tmp_path):
    with pytest.raises(ValueError, match=r"model.keras, which does not exist, expected a file of"):
        read_weights(tmp_path)
    image = keras.Input(SHAPE)
    outer = keras.Model(image, keras.layers.Dense(2, name="on_top")(model(image)))
    outer.save(tmp_path / "model.keras")
    arrays = read_weights(tmp_path).arrays
    assert {path.split("/")[0] for path in arrays} == {
        layer.name for layer in model.layers if layer.weights and "dropout" not in layer.name
    }


def test_files_of_others_are_refused(tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="other")])
    other.save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match=r"other.keras are those of another model, expected a NAS"):
        read_weights(tmp_path / "other.keras")
    wide = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(7, 3, name="stem_conv1", use_bias=False)]
    )
    wide.save(tmp_path / "wide.keras")
    with pytest.raises(ValueError, match=r"wide.keras has 7 channels, expected that of NASNetMob"):
        read_weights(tmp_path / "wide.keras")
    odd = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="cell_0_output_conv")])
    odd.save(tmp_path / "odd.keras")
    with pytest.raises(
        ValueError, match=r"layer cell_0_output_conv in .* has 2 arrays, expected 1"
    ):
        read_weights(tmp_path / "odd.keras")
    (tmp_path / "text.h5").write_text("no HDF5 at all")
    with pytest.raises(ValueError, match=r"weights file is .*text.h5, expected one that Keras sav"):
        read_weights(tmp_path / "text.h5")


def check_logits(path, stack, images, expected):
    """The file of a network of Keras gives our network its logits."""
    read = read_weights(path)
    assert (read.genotype, read.conventions, read.epsilon) == (NASNET_A, "keras", 1e-3)
    ours = build_network(
        CellNetwork(
            NASNET_A,
            dataclasses.replace(stack, conventions="keras"),
            images.shape[1:],
            expected.shape[1],
        ),
        Recipe(batch_norm_epsilon=read.epsilon),
        classifier_activation=None,
    )
    assign_weights(ours, read.arrays)
    np.testing.assert_allclose(ours(images), expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.slow
def test_a_file_of_keras(monkeypatch, tmp_path, rng):
    monkeypatch.setattr(keras.applications, "Tiny", small_nasnet, raising=False)
    monkeypatch.setattr(weights, "_PEERS", {8: ("Tiny", 1)})
    theirs = small_nasnet((64, 64, 3), weights=None, classes=10, classifier_activation=None)
    randomise(theirs, rng)
    images = rng.normal(size=(2, 64, 64, 3)).astype(np.float32)
    path = save(theirs, tmp_path / "tiny.weights.h5")
    check_logits(path, Stack(1, 8, 8, stem="imagenet"), images, theirs(images).numpy())


@pytest.mark.slow
def test_a_file_of_nasnet_mobile(keras_mobile):
    (expected,) = keras_mobile.outputs(-1)
    path, stack = keras_mobile.file("net.weights.h5"), Stack(4, 44, 32, stem="imagenet")
    check_logits(path, stack, keras_mobile.images, expected)


STACKS = [
    Stack(2, 8),
    Stack(4, 8, stem="imagenet"),
    Stack(2, 8, extra_reductions=False),
    Stack(1, 8, stem="darts-imagenet"),
]


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_frozen_is_what_is_made_up_to_an_end_point(stack):
    cost, ends = network_cost(CellNetwork(NASNET_A, stack, (128, 128, 3), 10))
    made = [parameter.path for parameter in cost.parameters]  # in the order of the layers
    before = 0
    for name in [*ends][:-2]:  # but global_pool and Logits
        if name == "Stem" and stack.stem_cells:
            assert frozen_paths(made, stack, "Stem") == frozen_paths(made, stack, "Cell_Stem_1")
            continue
        last = max(i for i, path in enumerate(made) if path.startswith(f"{name.lower()}_"))
        assert frozen_paths(reversed(made), stack, name) == set(made[: last + 1])
        assert last >= before
        before = last
    assert frozen_paths(["auxlogits_conv/kernel", "logits_dense/bias"], stack, name) == set()


def test_an_unknown_end_point_is_one_line():
    with pytest.raises(ValueError, match="until is 'Cell_9', expected one of: Stem, Cell_0, Reduc"):
        frozen_paths([], Stack(1, 8), "Cell_9")
