"""Macro networks that share weights: as many as published, and each child is a network alone."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import MacroSpace
from nasnet.stacking import FlatLayout, Recipe, Stack
from nasnet.stacking.architectures import ImageFrame
from nasnet.stacking.flat.losses import cross_entropy
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.shared.layout import SharedLayout
from nasnet.stacking.shared.supernet import Batch, Supernet

SPACE = MacroSpace(6, 8)
FRAME = ImageFrame(Stack(1, 8), (16, 16, 3), 10, sharing=True)
RECIPE = Recipe(batch_size=4, augmentation="none", weight_decay=0.0)


@pytest.fixture(scope="module")
def layout():
    return SharedLayout(SPACE, FRAME)


@pytest.fixture
def batch(rng):
    images = rng.integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    return Batch(images, rng.integers(0, 10, 4))


def test_the_shared_weights_of_the_papers_search():
    frame = ImageFrame(Stack(1, 8), (32, 32, 3), 10, sharing=True)
    assert SharedLayout(MacroSpace(12, 36), frame).sizes[0] == 697_860


def test_a_child_is_the_network_alone_with_copied_weights(layout, batch, rng):
    vectors, supernet = FlatLayout(layout.parameters).initial(0), Supernet(layout, RECIPE)
    for _ in range(2):
        child = SPACE.decode(SPACE.sample(rng))
        where = layout.positions(child)
        weights, moving = (tf.constant(v[p]) for v, p in zip(vectors, where, strict=True))
        x = tf.constant(batch.images / 127.5 - 1, tf.float32)
        alone = FlatNetwork(FRAME.network(child), RECIPE)
        ends, _ = alone.ends(x, weights, moving, batch_statistics=True)
        expected = float(cross_entropy(ends["Logits"], tf.constant(batch.labels)))
        loss, _ = supernet.score(child, vectors, batch.images, batch.labels)
        assert loss == pytest.approx(expected, abs=1e-5)
        # The one graph of all children has the gradients of the child's own.
        found = supernet.gradient(child, vectors, batch)
        own = supernet._own_gradient(child, where, vectors, batch, False)
        for ours, theirs in zip(found[:3], own, strict=False):
            np.testing.assert_allclose(ours, theirs, atol=2e-5)
