"""One definition of a cell, two interpreters: the same weights give the same logits."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import NASNET_A, OPERATIONS, PNASNET_5, ZOO, Block, Cell, Genotype, network_cost
from nasnet.stacking import FlatLayout, FlatTensors, Recipe, Stack, build_network
from nasnet.stacking.network import CellNetwork
from tests.keras_networks import randomise
from tests.strategies import random_genotypes

STACK, SHAPE, CLASSES, EPSILON = Stack(1, 4), (16, 16, 3), 5, 1e-5


def flat_ends(genotype, arrays, images, *, training, stack=STACK, aux_head=False):
    """All end points of the flat interpreter, by name."""
    cost, _ = network_cost(
        CellNetwork(genotype, stack, images.shape[1:], CLASSES), aux_head=aux_head
    )
    layout = FlatLayout(cost.parameters)
    tensors = layout.tensors(*map(tf.constant, layout.pack(arrays)))
    backend = FlatTensors(tensors, training=training, epsilon=EPSILON)
    return CellNetwork(genotype, stack, images.shape[1:], CLASSES).build(
        backend, tf.constant(images), aux_head=aux_head
    )


def flat_logits(genotype, arrays, images, *, training, stack=STACK):
    ends = flat_ends(genotype, arrays, images, training=training, stack=stack)
    return ends["Logits"].numpy()


def single(name):
    """A genotype in which everything is one operation, on inputs and on inner states."""
    blocks = (Block(0, 1, name, name), Block(2, 0, name, name, "concat"))
    return Genotype(Cell(blocks), Cell(blocks))


CASES = {
    name: (entry.genotype, dataclasses.replace(STACK, conventions=entry.conventions))
    for name, entry in ZOO.items()
}
CASES |= {f"all {name}": (single(name), STACK) for name in OPERATIONS}
CASES |= {f"random {i}": (genotype, STACK) for i, genotype in enumerate(random_genotypes(4))}


@pytest.mark.parametrize("name", CASES)
def test_keras_and_flat_give_the_same_logits(name, rng):
    genotype, stack = CASES[name]
    model = build_network(CellNetwork(genotype, stack, SHAPE, CLASSES), classifier_activation=None)
    arrays = randomise(model, rng)
    images = rng.normal(size=(6, *SHAPE)).astype(np.float32)
    for training in (False, True):
        expected = model(images, training=training).numpy()
        found = flat_logits(genotype, arrays, images, training=training, stack=stack)
        assert expected.std() > 1e-3
        # Sixty normalizations of one channel by its batch: Keras' float32 is 6e-4 off its float64.
        scale = 2e-3 if training and "bottleneck" in name else 1e-4
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=scale * np.abs(expected).max())


PLANS = {
    "imagenet": (NASNET_A, Stack(1, 8, stem="imagenet", skip_reduction_input=True), (72, 69, 3)),
    "zero-padded pools": (
        NASNET_A,
        Stack(1, 8, stem="imagenet", conventions="keras"),
        (72, 69, 3),
    ),
    "odd width": (PNASNET_5, Stack(2, 10, stem="imagenet", extra_reductions=False), (67, 67, 3)),
    "darts": (
        ZOO["darts-v2"].genotype,
        Stack(1, 4, stem="darts-imagenet", conventions="darts"),
        (129, 130, 3),
    ),
    "enas": (ZOO["enas"].genotype, Stack(1, 4, conventions="enas"), (9, 16, 1)),
}


@pytest.mark.parametrize("name", PLANS)
def test_keras_and_flat_agree_on_every_plan_and_the_auxiliary_head(name, rng):
    genotype, stack, shape = PLANS[name]
    model = build_network(
        CellNetwork(genotype, stack, shape, CLASSES),
        Recipe(aux_weight=0.4),
        training=True,
        classifier_activation=None,
    )
    arrays = randomise(model, rng)
    images = rng.normal(size=(2, *shape)).astype(np.float32)
    expected = model(images)
    found = flat_ends(genotype, arrays, images, training=False, stack=stack, aux_head=True)
    for key, end in (("predictions", "Logits"), ("aux", "AuxLogits")):
        logits = expected[key].numpy()
        assert logits.std() > 1e-3
        np.testing.assert_allclose(
            found[end].numpy(), logits, rtol=1e-4, atol=1e-4 * np.abs(logits).max()
        )


def test_a_network_with_an_auxiliary_head_trains_and_has_probabilities(rng):
    model = build_network(
        CellNetwork(NASNET_A, STACK, SHAPE, CLASSES), Recipe(aux_weight=0.4), training=True
    )
    loss = "sparse_categorical_crossentropy"
    weights = {"predictions": 1.0, "aux": 0.4}
    model.compile("sgd", {"predictions": loss, "aux": loss}, weights, run_eagerly=True)
    images = rng.normal(size=(4, *SHAPE)).astype(np.float32)
    labels = np.arange(4)
    assert np.isfinite(model.evaluate(images, {"predictions": labels, "aux": labels}, verbose=0)[0])
    for probabilities in model(images).values():
        np.testing.assert_allclose(probabilities.numpy().sum(axis=1), 1, rtol=1e-5)


def test_gradients_agree(rng):
    model = build_network(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES), classifier_activation=None)
    arrays = randomise(model, rng)
    images = rng.normal(size=(6, *SHAPE)).astype(np.float32)
    target = tf.constant(rng.normal(size=(6, CLASSES)), tf.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(images, training=True) - target) ** 2)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    expected = {
        variable.path: gradient.numpy()
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
    }
    cost, _ = network_cost(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES))
    layout = FlatLayout(cost.parameters)
    weights, moving = map(tf.constant, layout.pack(arrays))
    with tf.GradientTape() as tape:
        tape.watch(weights)
        backend = FlatTensors(layout.tensors(weights, moving), training=True, epsilon=EPSILON)
        logits = CellNetwork(NASNET_A, STACK, images.shape[1:], CLASSES).build(
            backend, tf.constant(images)
        )["Logits"]
        loss = tf.reduce_mean((logits - target) ** 2)
    found = layout.unpack(tape.gradient(loss, weights).numpy(), moving.numpy())
    scale = max(np.abs(gradient).max() for gradient in expected.values())
    for path, gradient in expected.items():
        np.testing.assert_allclose(
            found[path], gradient, rtol=2e-3, atol=1e-4 * scale, err_msg=path
        )


def test_the_plans_wiring_is_read_by_both(rng):
    """With the older input of the cell behind a reduction changed, logits change, alike in both."""
    stack = Stack(2, 4, skip_reduction_input=True)
    model = build_network(CellNetwork(NASNET_A, stack, SHAPE, CLASSES), classifier_activation=None)
    plain = build_network(
        CellNetwork(NASNET_A, Stack(2, 4), SHAPE, CLASSES), classifier_activation=None
    )
    arrays = randomise(model, rng)
    images = rng.normal(size=(6, *SHAPE)).astype(np.float32)
    expected = model(images).numpy()
    np.testing.assert_allclose(
        flat_logits(NASNET_A, arrays, images, training=False, stack=stack), expected, atol=1e-4
    )
    assert plain.count_params() == model.count_params()


def test_a_keras_network_loads_without_this_package(tmp_path, rng):
    """Stock layers alone: a saved model comes back with safe mode on, in equal numbers."""
    model = build_network(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES))
    randomise(model, rng)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    images = rng.normal(size=(2, *SHAPE)).astype(np.float32)
    np.testing.assert_array_equal(loaded(images).numpy(), model(images).numpy())
    assert {type(layer).__module__.split(".")[0] for layer in loaded.layers} == {"keras"}


def test_a_seed_makes_networks_repeatable():
    def kernels(seed):
        model = build_network(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES), seed=seed)
        return [variable.numpy() for variable in model.trainable_variables]

    first, again, other = kernels(0), kernels(0), kernels(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_initial_weights_are_distributed_alike():
    """Both draw from one distribution: equal standard deviations, kernel by kernel."""
    stack = Stack(1, 32)
    model = build_network(CellNetwork(NASNET_A, stack, SHAPE, CLASSES), seed=0)
    cost, _ = network_cost(CellNetwork(NASNET_A, stack, SHAPE, CLASSES))
    layout = FlatLayout(cost.parameters)
    ours = layout.unpack(*layout.initial(0))
    for variable in model.variables:
        theirs = variable.numpy()
        if theirs.size > 2000:
            assert ours[variable.path].std() == pytest.approx(theirs.std(), rel=0.1)
        elif theirs.std() == 0:
            np.testing.assert_array_equal(ours[variable.path], theirs)


def test_packing_checks_names_and_shapes():
    cost, _ = network_cost(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES))
    layout = FlatLayout(cost.parameters)
    arrays = layout.unpack(*layout.initial(0))
    assert set(arrays) == {parameter.path for parameter in cost.parameters}
    with pytest.raises(ValueError, match="parameter stem_conv/kernel is missing"):
        layout.pack({k: v for k, v in arrays.items() if k != "stem_conv/kernel"})
    with pytest.raises(ValueError, match="parameter extra is unknown"):
        layout.pack(arrays | {"extra": np.zeros(1)})
    with pytest.raises(ValueError, match=r"stem_conv/kernel has shape \(1,\), expected \(3, 3"):
        layout.pack(arrays | {"stem_conv/kernel": np.zeros(1)})


def test_probabilities_keep_full_precision_under_mixed_precision(rng):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build_network(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES))
    finally:
        keras.config.set_dtype_policy("float32")
    output = model(rng.normal(size=(2, *SHAPE)).astype(np.float32))
    assert output.dtype == "float32"
    np.testing.assert_allclose(output.numpy().sum(axis=1), 1, atol=1e-5)
