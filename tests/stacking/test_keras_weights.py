"""The ImageNet networks of `keras.applications`, weight by weight."""

import dataclasses

import keras
import numpy as np
import pytest
from keras.src.applications.nasnet import NASNet

from nasnet.cells import NASNET_A
from nasnet.stacking import PRESETS, Preset, Recipe, Stack, build_network
from nasnet.stacking.keras import applications
from nasnet.stacking.keras.applications import NASNetLarge, NASNetMobile
from nasnet.stacking.network import CellNetwork
from nasnet.transfer.weights import assign_weights, weights_from_keras
from tests.keras_networks import FILES, randomise, save, small_nasnet
from tests.keras_networks import MOBILE_SHAPE as SHAPE

EPSILON = 1e-3


def source(rng, penultimate, repeats, skip):
    model = NASNet(
        SHAPE,
        penultimate,
        repeats,
        stem_block_filters=8,
        skip_reduction=skip,
        filter_multiplier=2,
        include_top=True,
        weights=None,
        classes=10,
        classifier_activation=None,
    )
    randomise(model, rng)
    return model


def ours(penultimate, repeats, skip, conventions):
    plan = Stack.from_penultimate(repeats, penultimate, NASNET_A)
    plan = dataclasses.replace(
        plan, stem="imagenet", stem_filters=8, skip_reduction_input=skip, conventions=conventions
    )
    return build_network(
        CellNetwork(NASNET_A, plan, SHAPE, 10),
        Recipe(batch_norm_epsilon=EPSILON),
        classifier_activation=None,
    )


@pytest.mark.parametrize(
    ("repeats", "skip"), [pytest.param(2, False, marks=pytest.mark.slow), (1, True)]
)
def test_the_keras_network_has_our_logits_with_the_same_weights(repeats, skip, rng):
    theirs = source(rng, 192, repeats, skip)
    model = ours(192, repeats, skip, "keras")
    assign_weights(model, weights_from_keras(theirs, repeats))
    images = rng.normal(size=(3, *SHAPE)).astype(np.float32)
    expected = theirs(images).numpy()
    np.testing.assert_allclose(model(images).numpy(), expected, atol=1e-5 * np.abs(expected).max())
    plain = ours(192, repeats, skip, "nasnet")
    assign_weights(plain, weights_from_keras(theirs, repeats))
    difference = np.abs(plain(images).numpy() - expected).max() / np.abs(expected).max()
    assert difference > 1e-3, "the padding of pools has no effect here, so nothing was tested"


@pytest.mark.slow
@pytest.mark.parametrize(("classes", "layer"), [(1000, -1), (None, -2)])
def test_nasnet_mobile_carries_over(classes, layer, keras_mobile):
    plan = dataclasses.replace(PRESETS["imagenet-mobile"].stack, conventions="keras")
    model = build_network(
        CellNetwork(NASNET_A, plan, SHAPE, classes),
        Recipe(batch_norm_epsilon=EPSILON),
        classifier_activation=None,
    )
    assign_weights(model, weights_from_keras(keras_mobile.model, 4))
    (expected,) = keras_mobile.outputs(layer)
    found = model(keras_mobile.images).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def check_file(ours, theirs, path, shapes, rng, **top):
    """Both load the file, and their outputs are equal to 1e-5 of the largest."""
    for shape in shapes:
        peer = theirs(shape, weights=None, classifier_activation=None, **top)
        peer.load_weights(path)
        model = ours(shape, weights=path, classifier_activation=None, **top)
        images = rng.normal(size=(2, *shape)).astype(np.float32)
        expected = peer(images).numpy()
        assert np.abs(expected).max() > 0.01
        scale = np.abs(expected).max()
        np.testing.assert_allclose(model(images).numpy(), expected, atol=1e-5 * scale)


@pytest.fixture
def tiny(monkeypatch):
    """Ours and theirs of one small network, as if `keras.applications` had it."""

    plan = Stack.from_penultimate(1, 192, NASNET_A)
    plan = dataclasses.replace(plan, stem="imagenet", stem_filters=8)
    preset = Preset("nasnet-a", plan, 64, 10)
    monkeypatch.setattr(applications, "PRESETS", {"tiny": preset})
    monkeypatch.setattr(keras.applications, "Tiny", small_nasnet, raising=False)
    return applications.Application("tiny", "tiny", "Tiny"), small_nasnet


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("top", [{"classes": 10}, {"include_top": False}])
def test_files_of_keras(name, top, tiny, tmp_path, rng):
    make, peer = tiny
    theirs = peer(SHAPE, weights=None, **top)
    randomise(theirs, rng)
    path = save(theirs, tmp_path / name)
    check_file(make, peer, path, [SHAPE], rng, **top)
    if "classes" in top:
        with pytest.raises(ValueError, match=r"kernel has shape \(192, 10\), expected \(192, 3\)"):
            make(SHAPE, weights=path, classes=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_files_of_nasnet_mobile(name, keras_mobile):
    (expected,) = keras_mobile.outputs(-1)
    model = NASNetMobile(SHAPE, weights=keras_mobile.file(name), classifier_activation=None)
    found = model(keras_mobile.images).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.slow
def test_a_file_serves_images_of_another_size(keras_mobile, rng):
    path = keras_mobile.file("weights-only.h5")
    check_file(NASNetMobile, keras.applications.NASNetMobile, path, [(96, 131, 3)], rng)


@pytest.fixture(scope="module")
def large():
    """Keras' NASNetLarge for small images, its weights drawn; images and their logits."""
    rng, shape = np.random.default_rng(0), (97, 64, 3)
    model = keras.applications.NASNetLarge(shape, weights=None, classifier_activation=None)
    randomise(model, rng)
    images = rng.normal(size=(2, *shape)).astype(np.float32)
    return model, images, model(images).numpy()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["weights-only.h5", "net.weights.h5"])
def test_nasnet_large_from_a_file(name, large, tmp_path):
    theirs, images, expected = large
    assert theirs.count_params() == 88_949_818
    path = save(theirs, tmp_path / name)
    model = NASNetLarge(images.shape[1:], weights=path, classifier_activation=None)
    assert np.abs(expected).max() > 0.01
    found = model(images).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.slow
def test_nasnet_large_without_its_classifier_has_the_parameters_of_keras():
    with keras.StatelessScope():
        model = NASNetLarge((331, 331, 3), include_top=False, pooling="avg")
    assert model.count_params() == 84_916_818


@pytest.mark.slow
@pytest.mark.parametrize("top", [{}, {"include_top": False, "pooling": "max"}])
def test_imagenet_weights_come_through_keras(top, keras_mobile, monkeypatch):
    path = str(keras_mobile.file("weights-only.h5"))
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *args, **kwargs: path)
    model = NASNetMobile(SHAPE, weights="imagenet", classifier_activation=None, **top)
    (expected,) = keras_mobile.outputs(-3 if top else -1)
    expected = expected.max((1, 2)) if top else expected
    found = model(keras_mobile.images).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_another_network_is_refused(rng):
    theirs = source(rng, 96, 1, False)
    with pytest.raises(ValueError, match="is missing, expected a NASNet of 2 repeats"):
        weights_from_keras(theirs, 2)
    arrays = weights_from_keras(theirs, 1)
    model = ours(96, 1, False, "keras")
    with pytest.raises(ValueError, match="weight stem_conv/kernel is missing, expected those of"):
        assign_weights(model, {k: v for k, v in arrays.items() if k != "stem_conv/kernel"})
    with pytest.raises(ValueError, match=r"stem_conv/kernel has shape \(1,\), expected \(3, 3"):
        assign_weights(model, arrays | {"stem_conv/kernel": np.zeros(1)})
    extra = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="layer stem_conv1 is missing, expected a NASNet of 1"):
        weights_from_keras(extra, 1)
