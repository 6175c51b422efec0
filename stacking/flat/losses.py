"""What training minimizes, and what evaluation counts."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from nasnet.stacking.recipe import Recipe

Tensor = Any


def targets(labels: Tensor, classes: Any, smoothing: float = 0.0) -> Tensor:
    """The probabilities that `labels` [N] ask for, [N, classes]."""
    rest = smoothing / classes
    return tf.one_hot(labels, classes, 1 - smoothing + rest, rest)


def cross_entropy(
    logits: Tensor, labels: Tensor, smoothing: float = 0.0, *, total: bool = False
) -> Tensor:
    """Mean (or total) cross-entropy in nats of `logits` [N, classes] to `labels` [N]."""
    wanted = targets(labels, logits.shape[-1], smoothing)
    losses = tf.nn.softmax_cross_entropy_with_logits(wanted, logits)
    return tf.reduce_sum(losses) if total else tf.reduce_mean(losses)


def training_losses(
    recipe: Recipe, ends: Mapping[str, Tensor], labels: Tensor
) -> tuple[Tensor, Tensor]:
    """The classifier's mean loss, and with it the auxiliary one's: what gradients are taken of.

    Args:
        recipe: label smoothing and the weight of the auxiliary classifier.
        ends: end points, `Logits` [N, classes] and, where there is a weight, `AuxLogits`.
        labels: [N] integers.
    """
    loss = total = cross_entropy(ends["Logits"], labels, recipe.label_smoothing)
    if recipe.aux_weight:
        aux = cross_entropy(ends["AuxLogits"], labels, recipe.label_smoothing)
        total = loss + recipe.aux_weight * aux
    return loss, total


def hits(logits: Tensor, labels: Tensor) -> Tensor:
    """How many of `labels` [N] have the largest of their `logits` [N, classes]."""
    return tf.math.count_nonzero(tf.argmax(logits, 1, tf.int32) == labels)
