"""One step of Adam on the weights of a policy, as a traced pure function."""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nasnet.controller.policy.gradient import PolicySettings
from nasnet.controller.policy.losses import skip_penalty
from nasnet.controller.policy.lstm import DEVICE, PolicyNetwork

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
Loss = Callable[[Any, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


@functools.lru_cache(maxsize=16)
def traced_update(network: PolicyNetwork, loss: Loss, settings: PolicySettings) -> Any:
    """The update for these arguments, traced once a process for any batch size.

    Args:
        network: whose forward pass to differentiate.
        loss: (settings, log_probs, old_log_probs, entropies, advantages) -> scalar.
        settings: of the loss, and Adam's learning rate.

    Returns:
        A function ((weights [P], first moment [P], second moment [P]), number of this step from 1,
        choices [B, T], which decisions are made, float [B, T], old_log_probs [B, T], advantages
        [B]) -> (weights, first moment, second moment). Adam is that of
        https://arxiv.org/abs/1412.6980, algorithm 1.
    """

    bits = network.layout.bits

    def update(vectors, number, choices, live, old_log_probs, advantages):
        weights, first, second = vectors
        with tf.device(DEVICE):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                log_probs, entropies = network.follow(weights, choices, live)
                value = loss(settings, log_probs, old_log_probs, entropies, advantages)
                if bits and settings.skip_weight:
                    said, chosen = (tf.gather(x, bits, axis=1) for x in (log_probs, choices))
                    layers = len({newer for _, _, newer in network.layout.anchors})
                    penalty = skip_penalty(said, chosen, settings.skip_target, layers)
                    value += settings.skip_weight * penalty
            gradient = tape.gradient(value, weights)
            first = BETA_1 * first + (1 - BETA_1) * gradient
            second = BETA_2 * second + (1 - BETA_2) * tf.square(gradient)
            mean = first / (1 - tf.pow(BETA_1, number))
            spread = tf.sqrt(second / (1 - tf.pow(BETA_2, number)))
            return weights - settings.learning_rate * mean / (spread + EPSILON), first, second

    vector = tf.TensorSpec([network.size], tf.float32)
    rows = [None, network.length]
    return tf.function(
        update,
        input_signature=[
            (vector, vector, vector),
            tf.TensorSpec([], tf.float32),
            tf.TensorSpec(rows, tf.int32),
            tf.TensorSpec(rows, tf.float32),
            tf.TensorSpec(rows, tf.float32),
            tf.TensorSpec([None], tf.float32),
        ],
        autograph=False,
    )
