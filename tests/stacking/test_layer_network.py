"""Networks of layers: counts of published ones, the paper's repairs, and all interpreters agree."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import LAYER_ZOO, ChainSpace, ConvPoolSpace, Layers, LayerSpace, network_cost
from nasnet.cells.layers.kinds import Conv, Dense, Dropout, MaxPool, Raster
from nasnet.cells.profile import profile, total
from nasnet.stacking import FlatLayout, FlatTensors, Recipe, build_network
from nasnet.stacking.architectures import ImageFrame, read_architecture
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.layer_network import LayerNetwork
from nasnet.stacking.plan import Stack
from tests.keras_networks import randomise
from tests.programs import PLAIN, assert_alike

SHAPE, CLASSES = (9, 8, 3), 5
# Those of MetaQNN's five at 28 x 28 with pools rounded down, and of the tutorial's two.
PARAMETERS = {
    "metaqnn-1": 11_263_754,
    "metaqnn-2": 2_218_954,
    "metaqnn-3": 2_456_586,
    "metaqnn-4": 1_126_154,
    "metaqnn-5": 1_617_930,
    "mnist-hand": 832 + 51_264 + 7 * 7 * 64 * 10 + 10,
    "mnist-hand-1d": 508_170,
    "mnist-found-1d": 507_993,
}
CONV = Conv(4, (3, 3), norm=True)
NETWORKS = {
    "chain": Layers((Conv(4, (3, 3)), MaxPool(2, 2), Dense(6), Dense(4)), head="flatten"),
    "class maps": Layers((Conv(4, (5, 5)), MaxPool(3, 2)), head="class-maps"),
    "row": Layers(
        (Raster(), Conv(4, (1, 5)), MaxPool(3, 1, "same"), Conv(3, (1, 3))), head="flatten"
    ),
    "strides": Layers((Conv(4, (1, 3), (2, 1), norm=True), Conv(4, (1, 1), (1, 3), norm=True))),
    "skips of other sizes": Layers(
        (CONV, Conv(3, (3, 1), (2, 3), norm=True), MaxPool(2, 2, "same"), CONV, CONV),
        ((), (0,), (0,), (0, 1, 2), ()),
    ),
    "nothing": Layers((), head="flatten"),
    "nothing but a mean": Layers(()),
    "units at once": Layers((Dense(4),)),
}


def drawn(space, seed):
    return space.decode(space.sample(np.random.default_rng(seed)))


SMALL_CHAINS = ChainSpace(6, filters=(4, 6), image_size=8)
NETWORKS |= {f"layers {i}": drawn(LayerSpace(4, v), i) for i, v in enumerate(("v1", "v2", "v2"))}
NETWORKS["blocks"] = drawn(LayerSpace(5, "v3"), 0)
NETWORKS |= {f"chains {i}": drawn(SMALL_CHAINS, i) for i in range(4)}
NETWORKS |= {
    f"conv-pool {d}": drawn(ConvPoolSpace(dimensions=d, filters=(4, 6)), d) for d in (1, 2)
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_published_networks_have_their_parameters(name):
    entry = LAYER_ZOO[name]
    network = LayerNetwork(entry.architecture, entry.input_shape, 10)
    cost, _ = network_cost(network)
    assert cost.trainable_parameters == PARAMETERS[name]
    assert total(profile(network)).trainable == PARAMETERS[name]
    with keras.StatelessScope():
        assert build_network(network).count_params() == PARAMETERS[name]


def test_the_tutorials_found_network_costs_eleven_times_its_rival():
    """60.6M against 5.4M multiply-adds, at equal parameters."""
    costs = {}
    for name in ("mnist-found-1d", "mnist-hand-1d"):
        entry = LAYER_ZOO[name]
        cost, _ = network_cost(LayerNetwork(entry.architecture, entry.input_shape, 10))
        costs[name] = cost.mult_adds
    assert costs == {"mnist-found-1d": 60_567_136, "mnist-hand-1d": 5_444_096}


def test_three_layers_that_nothing_connects_read_the_image_and_are_concatenated():
    """The repairs of https://arxiv.org/abs/1611.01578, section 3.3."""
    found = Layers((Conv(4, (3, 3)), Conv(5, (1, 1), (3, 3)), Conv(6, (3, 3))), ((), (), ()))
    _, ends = network_cost(LayerNetwork(found, SHAPE, CLASSES))
    shapes = [tuple(ends[name]) for name in ("Conv_0", "Conv_1", "Conv_2")]
    assert shapes == [(9, 8, 4), (3, 3, 5), (9, 8, 6)]
    assert ends["global_pool"].channels == 15
    parts = LayerNetwork(found, SHAPE, CLASSES).parts()
    assert [part.inputs for part in parts[1:4]] == [("Image",)] * 3
    assert parts[4].inputs == ("Conv_2", "Conv_1", "Conv_0")


def test_smaller_maps_have_zeros_at_the_bottom_and_the_right():
    x = tf.constant(np.arange(1.0, 7.0).reshape(1, 2, 3, 1), tf.float32)
    padded = FlatTensors({}, training=False, epsilon=0.0).pad(x, (3, 5))[0, :, :, 0]
    np.testing.assert_array_equal(padded, [[1, 2, 3, 0, 0], [4, 5, 6, 0, 0], [0, 0, 0, 0, 0]])


@pytest.mark.parametrize("name", NETWORKS)
def test_keras_and_flat_give_the_same_logits(name, rng):
    network = LayerNetwork(NETWORKS[name], SHAPE, CLASSES)
    model = build_network(network, classifier_activation=None)
    arrays = randomise(model, rng)
    cost, ends = network_cost(network)
    assert model.count_params() == cost.total_parameters
    layout = FlatLayout(cost.parameters)
    tensors = layout.tensors(*map(tf.constant, layout.pack(arrays)))
    images = rng.normal(size=(4, *SHAPE)).astype(np.float32)
    for training in (False, True):
        backend = FlatTensors(tensors, training=training, epsilon=1e-5)
        found = network.build(backend, tf.constant(images))
        expected = model(images, training=training).numpy()
        assert expected.std() > 1e-3
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found["Logits"], expected, rtol=1e-4, atol=1e-4 * scale)
        for end, shape in ends.items():
            assert (1, 1, *found[end].shape[1:])[-3:] == tuple(shape)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_written_is_what_is_traced(name):
    assert_alike(LayerNetwork(NETWORKS[name], SHAPE, CLASSES), PLAIN)


def test_dropout_of_layers_stands_beside_that_of_the_recipe():
    found = Layers((Conv(4, (3, 3)), Dropout(0.5), Dense(6), Dropout(0.25)), head="flatten")
    recipe = dataclasses.replace(PLAIN, dropout_keep=0.7)
    assert_alike(LayerNetwork(found, SHAPE, CLASSES), recipe, seed=1)


def test_a_keep_of_a_half_zeroes_half_the_units():
    """In the tutorial the fourth decision did nothing."""
    found = Layers((Dropout(0.5),), head="flatten")
    flat = FlatNetwork(LayerNetwork(found, (100, 100, 1), None), Recipe())
    noise = Noise(Recipe(), tf.constant(0.0), tf.constant([1, 2]))
    x, nothing = tf.ones([1, 100, 100, 1]), tf.zeros([0])
    dropped = flat.ends(x, nothing, nothing, noise)[0]["global_pool"].numpy()
    assert set(np.unique(dropped)) == {0.0, 2.0}
    assert abs((dropped == 0).mean() - 0.5) < 0.02
    assert (flat.ends(x, nothing, nothing)[0]["global_pool"].numpy() == 1).all()


def test_a_saved_network_drops_nothing_and_one_in_training_does():
    network = LayerNetwork(Layers((Conv(4, (3, 3)), Dropout(0.5))), SHAPE, CLASSES)

    def rates(**how):
        model = build_network(network, **how)
        return [x.rate for x in model.layers if isinstance(x, keras.layers.Dropout)]

    assert rates() == []
    assert rates(training=True) == [0.5]


def test_without_classes_there_are_features():
    network = LayerNetwork(NETWORKS["class maps"], SHAPE, None)
    assert build_network(network).output_shape == (None, 4)


@pytest.mark.parametrize(
    ("found", "shape", "text"),
    [
        (Layers((MaxPool(5, 3),) * 2), (9, 9, 3), "height is 2 where a window of 5 must fit"),
        (Layers(()), (9, 9), "^input shape is .* expected height, width and channels$"),
    ],
)
def test_networks_that_cannot_be_built_are_refused(found, shape, text):
    with pytest.raises(ValueError, match=text):
        network_cost(LayerNetwork(found, shape, 3))


def test_there_is_no_auxiliary_classifier():
    with pytest.raises(ValueError, match=r"^aux_weight is above 0, expected 0 for a network of la"):
        network_cost(LayerNetwork(Layers(()), SHAPE, 3), aux_head=True)


def test_architectures_of_all_kinds_are_read_and_framed():
    frame = ImageFrame(Stack(1, 4), SHAPE, CLASSES)
    for found in (NETWORKS["chain"], drawn(LayerSpace(3), 1)):
        again = read_architecture(found.to_json())
        assert frame.network(again) == LayerNetwork(found, SHAPE, CLASSES)
    with pytest.raises(ValueError, match=r"^architecture is a str, expected a Genotype, Layers,"):
        frame.network("conv")
    with pytest.raises(ValueError, match=r"^genotype is not JSON"):
        read_architecture("{")
