"""A network's written graph beside the one that TensorFlow traces."""

import numpy as np
import tensorflow as tf

from nasnet.stacking.flat.losses import training_losses
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.noise import Noise
from nasnet.stacking.flat.program import TrainingProgram
from nasnet.stacking.recipe import Recipe

BATCH = 3
PLAIN = Recipe(batch_size=BATCH)


def vectors(network, rng):
    """Weights and running statistics that are all different, and fit for batch normalization."""
    weights, moving = network.layout.initial(0)
    weights = weights + 0.1 * rng.standard_normal(len(weights))
    moving = moving + rng.uniform(0, 0.5, len(moving))
    return tf.constant(weights, tf.float32), tf.constant(moving, tf.float32)


def traced(network, x, labels, weights, moving, noise):
    """What TensorFlow's own gradients give."""
    ends, statistics = network.ends(x, weights, moving, noise)
    loss, total = training_losses(network.recipe, ends, labels)
    (gradient,) = tf.gradients(total, weights)
    return loss, ends["Logits"], gradient, tf.concat([tf.zeros([0]), *statistics], 0)


def assert_alike(network, recipe=PLAIN, seed=0):
    rng = np.random.default_rng(seed)
    flat = FlatNetwork(network, recipe)
    program = TrainingProgram.of(flat, BATCH)
    weights, moving = vectors(flat, rng)
    x = tf.constant(rng.uniform(-1, 1, (BATCH, *network.input_shape)), tf.float32)
    labels = tf.constant(rng.integers(0, network.classes, BATCH), tf.int32)

    @tf.function(autograph=False)
    def both(x, labels, weights, moving):
        key = tf.constant([3, 4])
        losses, *rest = program(x, labels, weights, Noise(recipe, tf.constant(0.5), key))
        noise = Noise(recipe, tf.constant(0.5), key)
        expected = traced(flat, x, labels, weights, moving, noise)
        return (tf.reduce_mean(losses), *rest), expected

    ours, theirs = both(x, labels, weights, moving)
    for got, expected in zip(ours, theirs, strict=True):
        scale = max(float(np.abs(expected).max(initial=0)), 1e-6)
        np.testing.assert_allclose(got / scale, expected / scale, atol=3e-4)
