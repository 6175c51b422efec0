"""The graph that is written is the graph that would be traced: values, gradients, statistics."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import OPERATIONS, ZOO, Block, Cell, CellSpace, Genotype
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.program import EvaluationProgram, TrainingProgram
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from tests.programs import BATCH, PLAIN, assert_alike, vectors

NOISY = dataclasses.replace(
    PLAIN, aux_weight=0.4, label_smoothing=0.1, drop_path_keep=0.7, dropout_keep=0.6
)


def cells(operation, combine="add"):
    """Both cells with one operation on both inputs of a block."""
    cell = Cell((Block(0, 1, operation, operation, combine), Block(2, 2, operation, "identity")))
    return Genotype(cell, cell)


@pytest.mark.parametrize("combine", ["add", "concat"])
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_operation(operation, combine):
    network = CellNetwork(cells(operation, combine), Stack(1, 4), (16, 16, 3), 4)
    assert_alike(network)


@pytest.mark.parametrize("name", sorted(ZOO))
def test_published_cells(name):
    entry = ZOO[name]
    stack = Stack(1, 4, conventions=entry.conventions)
    assert_alike(CellNetwork(entry.genotype, stack, (16, 16, 3), 4))


@pytest.mark.parametrize("stem", ["cifar", "imagenet", "darts-imagenet"])
def test_stems_and_all_that_drops(stem):
    side = {"cifar": 32, "imagenet": 96, "darts-imagenet": 160}[stem]
    genotype = CellSpace(2).decode(CellSpace(2).sample(np.random.default_rng(5)))
    assert_alike(CellNetwork(genotype, Stack(1, 4, stem=stem), (side, side, 3), 4), NOISY)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", [(16, 16, 3), (11, 14, 1)])
def test_random_cells(shape, seed):
    space = CellSpace(4)
    genotype = space.decode(space.sample(np.random.default_rng(seed)))
    assert_alike(CellNetwork(genotype, Stack(1, 8), shape, 5), seed=seed)


@pytest.mark.parametrize("batch_statistics", [False, True])
@pytest.mark.parametrize("count", [1, 4])
def test_evaluation(count, batch_statistics, rng):
    network = CellNetwork(ZOO["nasnet-a"].genotype, Stack(1, 4), (16, 16, 3), 4)
    flat = FlatNetwork(network, PLAIN)
    program = EvaluationProgram.of(flat, batch_statistics=batch_statistics)
    weights, moving = vectors(flat, rng)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None, 16, 16, 3])])
    def both(x):
        ends, _ = flat.ends(x, weights, moving, batch_statistics=batch_statistics)
        return program(x, weights, moving), ends["Logits"]

    x = tf.constant(rng.uniform(-1, 1, (count, 16, 16, 3)), tf.float32)
    ours, theirs = both(x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_nothing_is_written_that_is_not_read():
    """No gradient by the image, none of outputs that nobody reads, no constant twice."""
    network = FlatNetwork(
        CellNetwork(ZOO["nasnet-a"].genotype, Stack(1, 8), (32, 32, 3), 10), PLAIN
    )
    program = TrainingProgram.of(network, BATCH)
    nodes = program.graph.definition.node
    read = {name.partition(":")[0] for node in nodes for name in node.input}
    wanted = {symbol.name.partition(":")[0] for symbol in program.outputs}
    unread = [node for node in nodes if node.name not in read | wanted]
    assert not unread, [node.op for node in unread]
    tensors = [node.attr["value"].tensor for node in nodes if node.op == "Const"]
    constants = [tensor.SerializeToString() for tensor in tensors]
    assert len(constants) == len(set(constants))
