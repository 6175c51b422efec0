"""The ImageNet networks of `keras.applications`, weight by weight."""

import dataclasses

import h5py
import keras
import numpy as np
import pytest
from keras.src.applications.nasnet import NASNet
from keras.src.legacy.saving import legacy_h5_format

from cells import NASNET_A
from stacking import PRESETS, Preset, Stack, applications, build_network
from stacking.applications import NASNetLarge, NASNetMobile
from transfer.weights import assign_weights, weights_from_keras

EPSILON = 1e-3
SHAPE = (67, 64, 3)  # odd and even: zero padding differs


def randomise(model, rng):
    """Weights that leave no layer without effect, and logits of a size near 1."""
    for variable in model.variables:
        values = rng.normal(size=variable.shape)
        if variable.path.endswith(("gamma", "moving_variance")):
            values = 1 + 0.2 * np.abs(values)
        elif len(variable.shape) == 1:
            values *= 0.1
        else:
            values /= np.sqrt(np.prod(variable.shape[:-1]))
        variable.assign(values)


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
        NASNET_A, plan, SHAPE, 10, classifier_activation=None, batch_norm_epsilon=EPSILON
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
@pytest.mark.parametrize("classes", [10, None])
def test_nasnet_mobile_carries_over(classes, rng):
    make = keras.applications.NASNetMobile
    top = {"classes": classes} if classes else {"include_top": False, "pooling": "avg"}
    theirs = make(SHAPE, weights=None, classifier_activation=None, **top)
    randomise(theirs, rng)
    plan = dataclasses.replace(PRESETS["imagenet-mobile"].stack, conventions="keras")
    model = build_network(
        NASNET_A, plan, SHAPE, classes, classifier_activation=None, batch_norm_epsilon=EPSILON
    )
    assign_weights(model, weights_from_keras(theirs, 4))
    images = rng.normal(size=(2, *SHAPE)).astype(np.float32)
    expected = theirs(images).numpy()
    np.testing.assert_allclose(model(images).numpy(), expected, atol=1e-5 * np.abs(expected).max())


def save(model, path):
    """Saves in the format that the ending names; the files of Keras are in that of Keras 2."""
    if path.name == "weights-only.h5":
        with h5py.File(path, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
    elif path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)


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

    def theirs(input_shape=SHAPE, **arguments):
        return NASNet(input_shape, 192, 1, stem_block_filters=8, skip_reduction=False, **arguments)

    plan = Stack.from_penultimate(1, 192, NASNET_A)
    plan = dataclasses.replace(plan, stem="imagenet", stem_filters=8)
    preset = Preset("nasnet-a", plan, 64, 10)
    monkeypatch.setattr(applications, "PRESETS", {"tiny": preset})
    monkeypatch.setattr(keras.applications, "Tiny", theirs, raising=False)
    return applications.Application("tiny", "tiny", "Tiny"), theirs


@pytest.mark.slow
@pytest.mark.parametrize("name", ["net.keras", "weights-only.h5", "model.h5", "net.weights.h5"])
def test_files_of_keras(name, tiny, tmp_path, rng):
    make, peer = tiny
    theirs = peer(weights=None, classes=10)
    randomise(theirs, rng)
    save(theirs, tmp_path / name)
    check_file(make, peer, tmp_path / name, [SHAPE], rng, classes=10)
    with pytest.raises(ValueError, match=r"kernel has shape \(192, 10\), expected \(192, 3\)"):
        make(SHAPE, weights=tmp_path / name, classes=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["weights-only.h5", "model.h5", "net.weights.h5", "net.keras"])
@pytest.mark.parametrize("top", [{"classes": 7}, {"include_top": False}])
def test_files_of_keras_in_all_formats(name, top, tmp_path, rng):
    make = keras.applications.NASNetMobile
    theirs = make(SHAPE, weights=None, **top)
    randomise(theirs, rng)
    save(theirs, tmp_path / name)
    shapes = [SHAPE, (96, 131, 3)] if name == "weights-only.h5" else [SHAPE]
    check_file(NASNetMobile, make, tmp_path / name, shapes, rng, **top)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["weights-only.h5", "net.weights.h5"])
def test_nasnet_large_from_a_file(name, tmp_path, rng):
    make, path = keras.applications.NASNetLarge, tmp_path / name
    theirs = make((331, 331, 3), weights=None)
    assert theirs.count_params() == 88_949_818
    randomise(theirs, rng)
    save(theirs, path)
    check_file(NASNetLarge, make, path, [(331, 331, 3), (97, 64, 3)], rng)
    features = NASNetLarge(SHAPE, include_top=False, pooling="avg", weights=path)
    assert features.count_params() == 84_916_818


@pytest.mark.slow
@pytest.mark.parametrize("top", [{}, {"include_top": False, "pooling": "max"}])
def test_imagenet_weights_come_through_keras(top, tmp_path, rng, monkeypatch):
    make, path = keras.applications.NASNetMobile, tmp_path / "weights-only.h5"
    theirs = make(weights=None)
    randomise(theirs, rng)
    save(theirs, path)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *args, **kwargs: str(path))
    model = NASNetMobile(SHAPE, weights="imagenet", **top)
    peer = make(SHAPE, weights=None, **top)
    for variable, source in zip(peer.weights, theirs.weights, strict=False):
        variable.assign(source)
    images = rng.normal(size=(2, *SHAPE)).astype(np.float32)
    expected = peer(images).numpy()
    np.testing.assert_allclose(model(images).numpy(), expected, atol=1e-5 * np.abs(expected).max())


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
