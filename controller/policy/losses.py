"""Policy-gradient losses as pure functions; to minimise them is to raise the expected reward."""

import tensorflow as tf


def reinforce_loss(
    log_probs: tf.Tensor,
    entropies: tf.Tensor,
    advantages: tf.Tensor,
    entropy_weight: float | tf.Tensor = 0.0,
) -> tf.Tensor:
    """The loss whose negative gradient is the REINFORCE update (Williams, 1992).

    It is the mean over the batch of -(advantage * log p(architecture) + entropy_weight * H), where
    both the log-probability and the entropy H of an architecture are sums over its decisions.

    Args:
        log_probs: log-probability in nats (not above 0) of each sampled choice, [B, T].
        entropies: entropy in nats (not below 0) of each whole distribution, [B, T].
        advantages: reward minus baseline of each sample, [B]; a constant to the gradient.
        entropy_weight: what a nat of entropy is worth, in units of reward.

    Returns:
        The loss in units of reward times nats, [].
    """
    gains = log_probs * tf.stop_gradient(advantages)[:, None] + entropy_weight * entropies
    return -tf.reduce_mean(tf.reduce_sum(gains, axis=1))


def skip_penalty(log_probs: tf.Tensor, choices: tf.Tensor, target: float, layers: int) -> tf.Tensor:
    """How far the chances of skip connections are from a target (ENAS, macro search).

    The Kullback-Leibler divergence of each connection's chance p from `target`, summed over the
    connections of a layer, averaged over layers and over the batch. (The released code has another
    chance here than the one that it samples with, and so comes to another rate than its target.)

    Args:
        log_probs: log-probability in nats of each yes or no, [B, K].
        choices: 1 for yes, 0 for no, [B, K].
        target: between 0 and 1.
        layers: that have such connections.

    Returns:
        The penalty in nats, [].
    """
    chosen = tf.clip_by_value(tf.exp(log_probs), 1e-6, 1 - 1e-6)
    p = tf.where(choices > 0, chosen, 1 - chosen)
    divergence = p * tf.math.log(p / target) + (1 - p) * tf.math.log((1 - p) / (1 - target))
    return tf.reduce_mean(tf.reduce_sum(divergence, axis=1)) / layers


def ppo_loss(
    log_probs: tf.Tensor,
    old_log_probs: tf.Tensor,
    entropies: tf.Tensor,
    advantages: tf.Tensor,
    clip: float | tf.Tensor,
    entropy_weight: float | tf.Tensor = 0.0,
) -> tf.Tensor:
    """The clipped surrogate loss of PPO (https://arxiv.org/abs/1707.06347, equation 7).

    Each decision is an action with a probability ratio r = p / p_old of its own, clipped apart
    from the others: the mean over the batch of the sum over decisions of
    -(min(r * A, clip(r, 1 - clip, 1 + clip) * A) + entropy_weight * H). At r = 1 its gradient is
    that of `reinforce_loss`.

    Args:
        log_probs: log-probability in nats (not above 0) of each sampled choice, [B, T].
        old_log_probs: the same under the policy that sampled it, [B, T]; a constant.
        entropies: entropy in nats (not below 0) of each whole distribution, [B, T].
        advantages: reward minus baseline of each sample, [B]; a constant to the gradient.
        clip: how far from 1 a ratio may lead the policy.
        entropy_weight: what a nat of entropy is worth, in units of reward.

    Returns:
        The loss in units of reward, [].
    """
    ratios = tf.exp(log_probs - tf.stop_gradient(old_log_probs))
    advantages = tf.stop_gradient(advantages)[:, None]
    clipped = tf.clip_by_value(ratios, 1.0 - clip, 1.0 + clip)
    gains = tf.minimum(ratios * advantages, clipped * advantages) + entropy_weight * entropies
    return -tf.reduce_mean(tf.reduce_sum(gains, axis=1))
