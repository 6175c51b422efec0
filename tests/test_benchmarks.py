"""The peers that benchmarks measure compute what we compute."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import NASNET_A, network_cost
from nasnet.stacking import FlatLayout, FlatTensors, Recipe, Stack
from nasnet.stacking.network import CellNetwork
from tests.strategies import random_genotypes

STACK, SHAPE, CLASSES = Stack(1, 4), (16, 16, 3), 5


@pytest.mark.slow
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("genotype", [NASNET_A, *random_genotypes(6)])
def test_the_network_in_pytorch_is_ours(genotype, training, rng):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from benchmarks.torch_network import torch_network

    network = CellNetwork(genotype, STACK, SHAPE, CLASSES)
    theirs = torch_network(network, Recipe(batch_norm_epsilon=1e-3), seed=3).train(training)
    layout = FlatLayout(network_cost(network)[0].parameters)
    images = rng.standard_normal((6, *SHAPE)).astype(np.float32)
    ours = FlatTensors(
        layout.tensors(*map(tf.constant, layout.initial(3))), training=training, epsilon=1e-3
    )
    expected = network.build(ours, tf.constant(images))["Logits"].numpy()
    found = theirs(torch.tensor(images).permute(0, 3, 1, 2)).detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())
