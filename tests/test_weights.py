"""The ImageNet networks of `keras.applications`, weight by weight."""

import dataclasses

import keras
import numpy as np
import pytest
from keras.src.applications.nasnet import NASNet

from cells import NASNET_A
from stacking import PRESETS, Stack, build_network
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


@pytest.mark.parametrize(("repeats", "skip"), [(2, False), (1, True)])
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
