"""The supernet against the stand-alone child of the same weights, and its rules of sharing."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import (
    ZOO,
    Block,
    Cell,
    CellSpace,
    Genotype,
    GrowingCellSpace,
    Shape,
    network_cost,
)
from nasnet.cells.spaces.operations import OperationSpace
from nasnet.stacking import FlatLayout, FlatTensors, Recipe, Stack
from nasnet.stacking.flat.augmentation import rescale
from nasnet.stacking.flat.losses import cross_entropy
from nasnet.stacking.network import CellFrame, CellNetwork
from nasnet.stacking.shared.eager import SharedTensors
from nasnet.stacking.shared.layout import SharedLayout, SharedNames
from nasnet.stacking.shared.supernet import Batch, Supernet
from tests.strategies import random_genotypes

STACK, SHAPE, CLASSES = Stack(1, 4), (16, 16, 3), 5
RECIPE = Recipe(batch_norm_epsilon=1e-5, augmentation="none")
SPACE = CellSpace()


@pytest.fixture(scope="module")
def layout():
    return SharedLayout(SPACE, CellFrame(STACK, SHAPE, CLASSES))


@pytest.fixture(scope="module")
def shared(layout):
    """Shared weights that leave no operation without effect: two flat vectors."""
    rng = np.random.default_rng(0)
    weights, moving = FlatLayout(layout.parameters).initial(0)
    weights += 0.1 * rng.standard_normal(len(weights)).astype(np.float32)
    return weights, moving + 0.3 * rng.random(len(moving)).astype(np.float32)


def in_space(genotype, space=SPACE):
    try:
        space.encode(genotype)
    except ValueError:
        return False
    return True


PUBLISHED = {name: entry for name, entry in ZOO.items() if in_space(entry.genotype)}
CHILDREN = {name: entry.genotype for name, entry in PUBLISHED.items()}
CHILDREN |= {f"random {i}": genotype for i, genotype in enumerate(random_genotypes(50))}
QUICK = [*PUBLISHED, *(f"random {i}" for i in range(10))]


def stand_alone(genotype, arrays, x, *, training, weights=None):
    """The logits of a network that owns its weights, given by Keras' names."""
    cost, _ = network_cost(CellNetwork(genotype, STACK, SHAPE, CLASSES))
    layout = FlatLayout(cost.parameters)
    theta, moving = map(tf.constant, layout.pack(arrays))
    backend = FlatTensors(
        layout.tensors(theta if weights is None else weights, moving),
        training=training,
        epsilon=RECIPE.batch_norm_epsilon,
    )
    return CellNetwork(genotype, STACK, SHAPE, CLASSES).build(backend, x)["Logits"]


def own_arrays(layout, genotype, shared):
    """A child's arrays by Keras' names, cut out by the written rules of sharing."""
    stored = FlatLayout(layout.parameters).unpack(*shared)
    network = CellNetwork(genotype, STACK, SHAPE, CLASSES)
    names = SharedNames(network)
    network.build(names, Shape(*SHAPE))
    cost, _ = network_cost(network)
    arrays = {}
    for parameter, share in zip(cost.parameters, names.shares, strict=True):
        array = stored[share.parameter.path]
        arrays[parameter.path] = array if share.rows is None else array[..., share.rows, :]
    return arrays


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CHILDREN],
)
def test_logits_are_those_of_a_stand_alone_child(name, layout, shared, rng):
    genotype = CHILDREN[name]
    x = tf.constant(rng.normal(size=(3, *SHAPE)), tf.float32)
    arrays = own_arrays(layout, genotype, shared)
    own = [v[p] for v, p in zip(shared, layout.positions(genotype), strict=True)]
    expected = stand_alone(genotype, arrays, x, training=True).numpy()
    ends, _ = Supernet(layout, RECIPE).ends(genotype, [*map(tf.constant, own)], x)
    assert expected.std() > 1e-3
    np.testing.assert_allclose(ends["Logits"].numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_cells_that_grow_share_the_weights_of_those_of_full_size(blocks, layout, shared, rng):
    growing = SharedLayout(GrowingCellSpace(), CellFrame(STACK, SHAPE, CLASSES))
    assert growing.parameters == layout.parameters
    x = tf.constant(rng.normal(size=(3, *SHAPE)), tf.float32)
    for genotype in random_genotypes(3, blocks=blocks):
        own = [v[p] for v, p in zip(shared, growing.positions(genotype), strict=True)]
        ends, _ = Supernet(growing, RECIPE).ends(genotype, [*map(tf.constant, own)], x)
        expected = stand_alone(genotype, own_arrays(growing, genotype, shared), x, training=True)
        assert expected.numpy().std() > 1e-3
        np.testing.assert_allclose(ends["Logits"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("genotype", random_genotypes(3, seed=7))
def test_gradients_are_those_of_a_stand_alone_child(genotype, layout, shared, rng):
    images = rng.integers(0, 256, (3, *SHAPE), dtype=np.uint8)
    labels = rng.integers(CLASSES, size=3)
    own = [v[p] for v, p in zip(shared, layout.positions(genotype), strict=True)]
    supernet = Supernet(layout, RECIPE)
    loss, gradient, statistics, _ = supernet.gradient(genotype, shared, Batch(images, labels))
    theta, x = tf.constant(own[0]), rescale(tf.constant(images))
    arrays = own_arrays(layout, genotype, shared)
    with tf.GradientTape() as tape:
        tape.watch(theta)
        logits = stand_alone(genotype, arrays, x, training=True, weights=theta)
        expected = cross_entropy(logits, tf.constant(labels, tf.int32))
    wanted = tape.gradient(expected, theta).numpy()
    assert loss == pytest.approx(float(expected), rel=1e-4)
    np.testing.assert_allclose(gradient, wanted, rtol=2e-3, atol=1e-4 * np.abs(wanted).max())
    assert statistics.shape == own[1].shape


@pytest.mark.parametrize(
    "space", [CellSpace(2, combines=("add",)), OperationSpace()], ids=["cells", "one cell"]
)
def test_the_gradient_by_a_choice_is_that_of_a_factor_behind_it(space, rng):
    """By finite differences, for every decision; in the smaller space both cells have the one."""
    layout = SharedLayout(space, CellFrame(STACK, SHAPE, CLASSES))
    supernet = Supernet(layout, RECIPE)
    genotype = space.decode(space.sample(rng))
    vectors = FlatLayout(layout.parameters).initial(0)
    own = [v[p] for v, p in zip(vectors, layout.positions(genotype), strict=True)]
    batch = Batch(rng.integers(0, 256, (8, *SHAPE), dtype=np.uint8), rng.integers(CLASSES, size=8))
    names = [decision.name for decision in space.decisions]
    loss, *_, found = supernet.gradient(genotype, vectors, batch, gates=True)
    x, labels = rescale(tf.constant(batch.images)), tf.constant(batch.labels, tf.int32)

    def loss_with(name, factor):
        gates = {name: tf.constant(factor)}
        ends, _ = supernet.ends(genotype, [*map(tf.constant, own)], x, gates=gates)
        return float(cross_entropy(ends["Logits"], labels))

    assert loss == pytest.approx(loss_with(names[0], 1.0), rel=1e-4)
    slopes = [(loss_with(name, 1.002) - loss_with(name, 0.998)) / 0.004 for name in names]
    assert np.abs(slopes).max() > 0.01
    np.testing.assert_allclose(found, slopes, atol=0.05 * np.abs(slopes).max() + 1e-3)


@pytest.mark.parametrize("gates", [False, True])
def test_the_graph_of_all_children_gives_what_each_computes_for_itself(gates, rng):
    """Loss, gradients by weights and factors, statistics, and scores."""
    space = OperationSpace(operations=("identity", "sep_conv_3x3", "max_pool_3x3", "conv_1x1"))
    layout = SharedLayout(space, CellFrame(STACK, SHAPE, CLASSES))
    written, eager = Supernet(layout, RECIPE), Supernet(layout, RECIPE)
    assert written._written
    eager._written = False
    vectors = FlatLayout(layout.parameters).initial(0)
    images, labels = rng.integers(0, 256, (6, *SHAPE), dtype=np.uint8), np.arange(6) % CLASSES
    children = [space.decode(choices) for choices in space.draw(rng, 4)]
    children += [space.decode((i,) * 4) for i in range(4)]
    for child in children:
        batch = Batch(images, labels)
        found, expected = (s.gradient(child, vectors, batch, gates=gates) for s in (written, eager))
        assert found[0] == pytest.approx(expected[0], rel=1e-4)
        for ours, theirs in zip(found[1:], expected[1:], strict=True):
            scale = max(np.abs(theirs).max(initial=0), 1e-6)
            np.testing.assert_allclose(ours / scale, theirs / scale, atol=1e-3)
        scores = [s.score(child, vectors, images, labels, batch_size=4) for s in (written, eager)]
        assert scores[0] == pytest.approx(scores[1], rel=1e-4)


def test_what_drops_is_drawn_in_the_graph_of_all_children(rng):
    recipe = Recipe(augmentation="none", drop_path_keep=0.5, dropout_keep=0.5)
    space = OperationSpace(operations=("sep_conv_3x3", "max_pool_3x3"))
    layout = SharedLayout(space, CellFrame(STACK, SHAPE, CLASSES))
    supernet, vectors = Supernet(layout, recipe), FlatLayout(layout.parameters).initial(0)
    images, labels = rng.integers(0, 256, (6, *SHAPE), dtype=np.uint8), np.arange(6) % CLASSES
    child = space.decode((0, 1, 1, 0))
    losses = [
        supernet.gradient(child, vectors, Batch(images, labels, (0, seed), 1.0))[0]
        for seed in (0, 0, 1, 2)
    ]
    assert losses[0] == losses[1]
    assert len(set(losses)) == 3


def test_another_architecture_costs_no_trace(monkeypatch):
    """Only pooling's gradient is ever traced, and not again for a new architecture."""
    traces = []
    trace = tf.function
    monkeypatch.setattr(
        tf, "function", lambda f, **options: traces.append(f) or trace(f, **options)
    )
    supernet = Supernet(SharedLayout(SPACE, CellFrame(Stack(1, 2), (8, 8, 3), 2)), RECIPE)
    vectors = FlatLayout(supernet._layout.parameters).initial(0)
    images, labels = np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1])
    counts = []
    for genotype in random_genotypes(40, seed=3):
        supernet.score(genotype, vectors, images, labels)
        counts.append(len(traces))
    assert {trace.__qualname__.split(".")[0] for trace in traces} <= {"_pool_gradient"}
    assert counts[-1] == counts[19]


def test_every_position_is_some_childs_and_none_is_taken_twice(layout):
    used = np.zeros(layout.sizes[0], bool)
    for genotype in random_genotypes(100, seed=1):
        positions, moving = layout.positions(genotype)
        cost, _ = network_cost(CellNetwork(genotype, STACK, SHAPE, CLASSES))
        assert len(np.unique(positions)) == len(positions) == cost.trainable_parameters
        assert len(np.unique(moving)) == cost.total_parameters - cost.trainable_parameters
        used[positions] = True
    assert used.mean() > 0.9


def pair(op_a, op_b="identity", *, read=0, combine="add"):
    """Cells of two blocks of which only the second one's first operand varies."""
    first = Block(0, 1, "conv_1x1", "conv_1x1", combine)
    cell = Cell((first, Block(read, 1, op_a, op_b)))
    return Genotype(cell, cell)


def named_positions(layout, genotype):
    network = layout.frame.network(genotype)
    names = SharedNames(network)
    network.build(names, Shape(*network.input_shape))
    return {share.parameter.path: share.rows for share in names.shares}


def test_the_rules_of_sharing():
    layout = SharedLayout(CellSpace(2), CellFrame(STACK, SHAPE, CLASSES))
    loose, chained = pair("conv_3x3"), pair("conv_3x3", read=2)
    wide = pair("conv_3x3", read=2, combine="concat")
    name = "reduction_cell_0_block_1_a_conv_3x3_conv/kernel"
    # Another state is read by the same weights; one of 2 F channels takes twice the rows.
    rows = [named_positions(layout, genotype)[name] for genotype in (loose, chained, wide)]
    assert [list(r) for r in rows] == [[*range(8)], [*range(8)], [*range(16)]]
    # The second block's state is the classifier's rows 16 to 31, whoever else is emitted.
    assert list(named_positions(layout, chained)["logits_dense/kernel"]) == [*range(16, 32)]
    assert list(named_positions(layout, loose)["logits_dense/kernel"]) == [*range(32)]
    # Another operation in the same place has weights of its own, and all others stay.
    others = set(layout.positions(pair("conv_1x1"))[0])
    mine = set(layout.positions(loose)[0])
    cost, _ = network_cost(CellNetwork(loose, STACK, SHAPE, CLASSES))
    kernels = [p for p in cost.parameters if p.trainable and "block_1_a" in p.path]
    assert len(mine - others) == sum(p.size for p in kernels)
    emitted = pair("conv_3x3", combine="concat")  # block 0 emits 2 F channels: a projection
    assert "cell_0_output_2_conv/kernel" in named_positions(layout, emitted)


def test_foreign_cells_are_refused(layout):
    with pytest.raises(ValueError, match="normal cell has 2 blocks, expected 5"):
        layout.positions(pair("conv_3x3"))


@pytest.mark.parametrize("conventions", ["nasnet", "keras", "darts", "enas"])
def test_every_familys_network_fits(conventions):
    stack = Stack(1, 4, conventions=conventions)
    layout = SharedLayout(SPACE, CellFrame(stack, SHAPE, CLASSES))
    for genotype in random_genotypes(30, seed=2):
        cost, _ = network_cost(CellNetwork(genotype, stack, SHAPE, CLASSES))
        assert len(layout.positions(genotype)[0]) == cost.trainable_parameters


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize(
    ("size", "stride", "padding"),
    [(3, 1, "same"), (7, 2, "same"), (1, 2, "same"), (3, 2, "zeros"), (3, 2, "valid")],
)
def test_pooling_and_its_gradient_are_those_of_the_plain_interpreter(
    kind, size, stride, padding, rng
):
    x = tf.constant(rng.normal(size=(3, 9, 8, 4)), tf.float32)
    found = []
    for kind_of_tensors in (FlatTensors, SharedTensors):
        backend = kind_of_tensors({}, training=True, epsilon=1e-5)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = backend.pool(x, kind, size, stride=stride, padding=padding)
            total = tf.reduce_sum(y**2)
        found.append((y.numpy(), tape.gradient(total, x).numpy()))
    for plain, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-5, atol=1e-6)
