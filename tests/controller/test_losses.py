"""Policy-gradient losses against numbers worked by hand."""

import numpy as np
import pytest
import tensorflow as tf

from nasnet.controller.policy.losses import ppo_loss, reinforce_loss, skip_penalty

LOG_PROBS = [[-1.0, -2.0], [-0.5, -1.5]]
ENTROPIES = [[0.5, 0.25], [1.0, 0.0]]
ADVANTAGES = [2.0, -1.0]
RATIOS = [[1.5, 0.9], [1.5, 0.5]]


def gradient_of(loss, *values):
    variables = [tf.constant(value, tf.float32) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        value = loss(*variables)
    return tape.gradient(value, variables)


def ppo_from_ratios(log_probs, entropy_weight=0.0):
    old = tf.constant(LOG_PROBS) - tf.math.log(tf.constant(RATIOS))
    return ppo_loss(
        log_probs, old, tf.constant(ENTROPIES), tf.constant(ADVANTAGES), 0.2, entropy_weight
    )


@pytest.mark.parametrize(
    ("entropy_weight", "by_hand"),
    [
        # gains 2 * (-1 - 2) = -6 and -1 * (-0.5 - 1.5) = 2, their mean -2
        (0.0, 2.0),
        # gains -6 + 0.1 * 0.75 = -5.925 and 2 + 0.1 * 1 = 2.1, their mean -1.9125
        (0.1, 1.9125),
    ],
)
def test_reinforce_loss_is_that_worked_by_hand(entropy_weight, by_hand):
    tensors = [tf.constant(value) for value in (LOG_PROBS, ENTROPIES, ADVANTAGES)]
    np.testing.assert_allclose(reinforce_loss(*tensors, entropy_weight), by_hand, atol=1e-6)


@pytest.mark.parametrize(
    ("entropy_weight", "by_hand"),
    [
        # A = 2:  min(1.5 * 2, 1.2 * 2) = 2.4 clipped;  0.9 * 2 = 1.8                 sum  4.2
        # A = -1: min(-1.5, -1.2) = -1.5;  min(-0.5, -0.8) = -0.8 clipped             sum -2.3
        (0.0, -0.95),
        # 4.2 + 0.1 * 0.75 = 4.275 and -2.3 + 0.1 * 1 = -2.2, their mean 1.0375
        (0.1, -1.0375),
    ],
)
def test_ppo_loss_is_that_worked_by_hand(entropy_weight, by_hand):
    loss = ppo_from_ratios(tf.constant(LOG_PROBS), entropy_weight)
    np.testing.assert_allclose(loss, by_hand, atol=1e-6)


def test_ppo_gradient_is_zero_where_the_ratio_is_clipped():
    # elsewhere d(-r * A / 2) = -r * A / 2: -0.9 * 2 / 2 and 1.5 * 1 / 2
    (gradient,) = gradient_of(ppo_from_ratios, LOG_PROBS)
    np.testing.assert_allclose(gradient, [[0.0, -0.9], [0.75, 0.0]], atol=1e-6)


def test_ppo_and_reinforce_have_one_gradient_for_a_fresh_sample():
    fixed = tf.constant(LOG_PROBS), tf.constant(ENTROPIES), tf.constant(ADVANTAGES)
    ppo = gradient_of(lambda x: ppo_loss(x, *fixed, 0.2, 0.1), LOG_PROBS)[0]
    reinforce = gradient_of(lambda x: reinforce_loss(x, *fixed[1:], 0.1), LOG_PROBS)[0]
    np.testing.assert_allclose(ppo, reinforce, atol=1e-6)


def test_reinforce_gradient_is_that_of_a_softmax():
    logits = np.array([[0.3, -1.2, 0.8, 0.0], [-0.5, 0.1, 0.2, 2.0]])
    chosen, advantages, weight = [2, 0], [1.5, -0.7], 0.3

    def loss(logits):
        log_probs = tf.nn.log_softmax(logits)
        taken = tf.gather(log_probs, tf.constant(chosen), batch_dims=1)[:, None]
        entropies = -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1, keepdims=True)
        return reinforce_loss(taken, entropies, tf.constant(advantages), weight)

    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    entropies = -(probs * np.log(probs)).sum(axis=1, keepdims=True)
    gains = np.array(advantages)[:, None] * (np.eye(4)[chosen] - probs)
    gains -= weight * probs * (np.log(probs) + entropies)
    np.testing.assert_allclose(gradient_of(loss, logits)[0], -gains / 2, atol=1e-6)


def test_no_gradient_flows_into_advantages_or_old_log_probs():
    values = LOG_PROBS, LOG_PROBS, ENTROPIES, ADVANTAGES
    gradients = gradient_of(lambda *x: ppo_loss(*x, 0.2, 0.1), *values)
    assert [gradient is None for gradient in gradients] == [False, True, False, True]


def test_a_skip_of_even_chance_costs_what_the_formula_says():
    """0.5 ln(0.5 / 0.4) + 0.5 ln(0.5 / 0.6) a skip, for a yes as for a no; 0.4 costs nothing."""
    even, right = np.log([[0.5, 0.5, 0.5]]), np.log([[0.4, 0.6, 0.4]])
    bits = np.array([[1, 0, 1]])
    costs = [float(skip_penalty(tf.constant(x), bits, 0.4, 3)) for x in (even, right)]
    np.testing.assert_allclose(costs, [0.020411, 0.0], atol=1e-6)
