"""Drop path and dropout inside the fast trainer's graph. No Keras."""

from typing import Any

import tensorflow as tf

from nasnet.stacking.recipe import Recipe

Tensor = Any


class Noise:
    """What one training step drops, drawn anew for every operation.

    Args:
        recipe: how much is dropped.
        progress: share of all training steps that are done, a scalar.
        seed: [2] int32; equal seeds drop the same.
    """

    def __init__(self, recipe: Recipe, progress: Tensor, seed: Tensor) -> None:
        self._recipe, self._progress = recipe, progress
        # Folded, so that nothing is drawn that augmentation has drawn.
        self._seed = tf.random.experimental.stateless_fold_in(seed, 2)
        self._draws = 0

    def drop_path(self, x: Tensor, depth: float) -> Tensor:
        """Zeroes `x` [N, H, W, C] for whole examples and scales up the others."""
        if self._recipe.drop_path_keep == 1:
            return x
        return x * tf.cast(self.path_mask(tf.shape(x)[0], depth), x.dtype)

    def dropout(self, x: Tensor, rate: float | None = None) -> Tensor:
        """Zeroes single features of `x` [N, ...] and scales up the others.

        Args:
            x: the features.
            rate: the share that is zeroed; None for the recipe's.
        """
        if rate == 0 or (rate is None and self._recipe.dropout_keep == 1):
            return x
        return x * tf.cast(self.feature_mask(tf.shape(x), rate), x.dtype)

    def path_mask(self, count: Any, depth: float) -> Tensor:
        """What drop path multiplies `count` examples by, [N, 1, 1, 1]."""
        return self._mask([count, 1, 1, 1], self._recipe.path_keep_at(depth, self._progress))

    def feature_mask(self, shape: Any, rate: float | None = None) -> Tensor:
        """What dropout multiplies features of this shape by; the rate is the recipe's if None."""
        return self._mask(shape, self._recipe.dropout_keep if rate is None else 1 - rate)

    def _mask(self, shape: Any, keep: Any) -> Tensor:
        """1 / `keep` with probability `keep`, else 0."""
        self._draws += 1
        draws = tf.random.stateless_uniform(shape, self._seed + tf.constant([self._draws, 0]))
        return tf.floor(keep + draws) / keep
