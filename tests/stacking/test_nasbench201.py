"""The networks of NAS-Bench-201: published counts, all interpreters, and shared weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import network_cost
from nasnet.cells.spaces.nasbench201 import OPERATIONS, NASBench201Cell, NASBench201Space
from nasnet.stacking import FlatLayout, FlatTensors, Recipe, build_network
from nasnet.stacking.flat.losses import cross_entropy
from nasnet.stacking.flat.trainer import Trainer
from nasnet.stacking.nasbench201 import NASBench201Frame, NASBench201Network
from nasnet.stacking.shared.layout import SharedLayout
from nasnet.stacking.shared.supernet import Batch, Supernet
from tests.keras_networks import randomise

SPACE, SHAPE, CLASSES = NASBench201Space(), (8, 8, 3), 4
FRAME = NASBench201Frame(1, 4, SHAPE, CLASSES)
RECIPE = Recipe(augmentation="none")
MIXED = NASBench201Cell(
    ("nor_conv_3x3", "none", "avg_pool_3x3", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
)
DEAD = NASBench201Cell(("none",) * 6)
CELLS = {"mixed": MIXED, "dead": DEAD} | {
    name: NASBench201Cell((name,) * 6) for name in OPERATIONS[1:]
}


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("none", 73_306),
        ("skip_connect", 73_306),
        ("avg_pool_3x3", 73_306),
        ("nor_conv_1x1", 241_306),
        ("nor_conv_3x3", 1_531_546),
    ],
)
def test_networks_have_the_published_parameters(operation, parameters):
    """0.073306M to 1.531546M, as the paper's API gives them."""
    network = NASBench201Network(NASBench201Cell((operation,) * 6), 5, 16, (32, 32, 3), 10)
    assert network_cost(network)[0].trainable_parameters == parameters


@pytest.mark.parametrize("name", CELLS)
def test_keras_and_flat_give_the_same_logits(name, rng):
    network = FRAME.network(CELLS[name])
    model = build_network(network, classifier_activation=None)
    arrays = randomise(model, rng)
    layout = FlatLayout(network_cost(network)[0].parameters)
    images = rng.normal(size=(6, *SHAPE)).astype(np.float32)
    for training in (False, True):
        tensors = layout.tensors(*map(tf.constant, layout.pack(arrays)))
        backend = FlatTensors(tensors, training=training, epsilon=1e-5)
        found = network.build(backend, tf.constant(images))["Logits"]
        expected = model(images, training=training).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["mixed", "dead"])
def test_it_trains_as_a_written_graph(name, rng):
    images = rng.integers(0, 256, (32, *SHAPE), dtype=np.uint8)
    labels = np.arange(32) % CLASSES
    trainer = Trainer(FRAME.network(CELLS[name]), Recipe(epochs=3, augmentation="none"))
    assert all(np.isfinite(epoch.loss) for epoch in trainer.fit(images, labels))


@pytest.mark.parametrize("name", CELLS)
def test_shared_weights_are_those_of_the_child_alone(name, rng):
    layout, cell = SharedLayout(SPACE, FRAME), CELLS[name]
    shared = FlatLayout(layout.parameters).initial(0)
    own = [v[p] for v, p in zip(shared, layout.positions(cell), strict=True)]
    images = rng.integers(0, 256, (8, *SHAPE), dtype=np.uint8)
    labels = rng.integers(CLASSES, size=8)
    loss, _ = Supernet(layout, RECIPE).score(cell, shared, images, labels)
    trainer = Trainer(FRAME.network(cell), RECIPE)
    state = dict(zip(("weights", "moving"), own, strict=True))
    trainer.restore(trainer.state() | state)
    assert trainer.evaluate(images, labels, batch_statistics=True)[0] == pytest.approx(
        loss, rel=1e-4
    )


def test_every_weight_is_some_cells():
    layout = SharedLayout(SPACE, FRAME)
    used = np.zeros(layout.sizes[0], bool)
    for name in CELLS:
        used[layout.positions(CELLS[name])[0]] = True
    assert used.all()


def test_gradients_by_choices(rng):
    layout = SharedLayout(SPACE, FRAME)
    supernet, names = Supernet(layout, RECIPE), [d.name for d in SPACE.decisions]
    vectors = FlatLayout(layout.parameters).initial(0)
    own = [v[p] for v, p in zip(vectors, layout.positions(MIXED), strict=True)]
    batch = Batch(rng.integers(0, 256, (8, *SHAPE), dtype=np.uint8), rng.integers(CLASSES, size=8))
    *_, found = supernet.gradient(MIXED, vectors, batch, gates=True)
    assert found[1] == 0  # zeros times a factor are zeros
    assert np.count_nonzero(found) >= 4
    x = tf.cast(batch.images, tf.float32) / 127.5 - 1
    for number in (0, 3):
        losses = []
        for factor in (1.002, 0.998):
            gates = {names[number]: tf.constant(factor)}
            ends, _ = supernet.ends(MIXED, [*map(tf.constant, own)], x, gates=gates)
            losses.append(float(cross_entropy(ends["Logits"], tf.constant(batch.labels, tf.int32))))
        slope = (losses[0] - losses[1]) / 0.004
        assert found[number] == pytest.approx(slope, abs=0.05 * abs(slope) + 2e-3)


def test_parts_are_in_order():
    parts = FRAME.network(MIXED).parts()
    assert [part.name for part in parts] == [
        "Image", "Stem", "Cell_0", "Reduction_0", "Cell_1", "Reduction_1", "Cell_2",
        "Global pool", "Softmax",
    ]  # fmt: skip
    assert parts[4].shape == (4, 4, 8)


def test_impossible_networks_are_refused():
    with pytest.raises(ValueError, match="repeats is 0, expected at least 1"):
        NASBench201Network(MIXED, 0, 16, SHAPE, CLASSES)
    with pytest.raises(ValueError, match="aux_head is True, expected False: there is no auxiliary"):
        network_cost(FRAME.network(MIXED), aux_head=True)


def test_a_keras_network_of_zeros_is_saved_and_loaded(tmp_path, rng):
    model = build_network(FRAME.network(MIXED))
    model.save(tmp_path / "network.keras")
    images = rng.normal(size=(2, *SHAPE)).astype(np.float32)
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(loaded(images), model(images), atol=1e-6)
