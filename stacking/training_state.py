"""What changes while the fast trainer trains: flat vectors, and one update for all of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from stacking.flat_backend import FlatLayout
from stacking.recipe import Recipe

Tensor = Any


class TrainingState:
    """Weights, running statistics, the optimizer's memory, and moving averages.

    Momentum SGD is that of TensorFlow 1 and PyTorch: the learning rate multiplies the running sum.
    In Keras it multiplies what enters the sum, which differs a little while the rate changes.
    RMSProp is that of Keras; TensorFlow 1 starts the mean of squared gradients at 1 instead of 0.

    Args:
        recipe: names the optimizer and all constants.
        layout: where each parameter lies.
        seed: of the initial weights.

    Attributes:
        weights: the trained parameters, [P].
        moving: batch normalization's running statistics, [M].
        evaluated: the two vectors that evaluation and saving take: averages, if there are any.
    """

    def __init__(self, recipe: Recipe, layout: FlatLayout, seed: int) -> None:
        self._recipe = recipe
        weights, moving = layout.initial(seed)
        self.weights, self.moving = tf.Variable(weights), tf.Variable(moving)
        self._variables = {"weights": self.weights, "moving": self.moving}
        slots = ("velocity",) if recipe.optimizer == "momentum" else ("velocity", "square")
        self._variables |= {name: tf.Variable(np.zeros_like(weights)) for name in slots}
        self.evaluated = self.weights, self.moving
        if recipe.ema_decay:
            self.evaluated = tf.Variable(weights), tf.Variable(moving)
            names = ("average_weights", "average_moving")
            self._variables |= dict(zip(names, self.evaluated, strict=True))
        decay = recipe.weight_decay * layout.decay_mask()
        self._decay = tf.constant(decay, tf.float32)

    def update(
        self,
        gradient: Tensor,
        statistics: Tensor,
        rate: Tensor,
        ema_decay: Tensor,
        weights: Tensor,
        trained: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        """One training step.

        Args:
            gradient: of the loss without weight decay, [P].
            statistics: of the batch, [M].
            rate: learning rate, a scalar.
            ema_decay: of the moving averages, a scalar; read where there are any.
            weights: the value of `self.weights` at which the gradient was taken, [P].
            trained: masks, [P] and [M]: what is False stays as it is; None for all True.
        """
        recipe = self._recipe
        gradient += self._decay * weights
        if trained is not None:
            gradient = tf.where(trained[0], gradient, 0.0)
        if recipe.clip_norm:
            gradient = tf.clip_by_norm(gradient, recipe.clip_norm)
        weights = self._step(weights, gradient, rate)
        self.weights.assign(weights)
        keep = recipe.batch_norm_momentum
        moving = keep * self.moving + (1 - keep) * statistics
        if trained is not None:  # a mean of equal numbers may differ from them in the last digit
            moving = tf.where(trained[1], moving, self.moving)
        self.moving.assign(moving)
        if recipe.ema_decay:
            for i, value in enumerate((weights, moving)):
                average = self.evaluated[i]
                mean = ema_decay * average + (1 - ema_decay) * value
                average.assign(mean if trained is None else tf.where(trained[i], mean, average))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything, by name."""
        return {name: variable.numpy() for name, variable in self._variables.items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up `arrays`.

        Raises:
            ValueError: an array is missing or has another shape.
        """
        for name, variable in self._variables.items():
            if name not in arrays or arrays[name].shape != tuple(variable.shape):
                found = arrays[name].shape if name in arrays else "missing"
                raise ValueError(f"state of {name} is {found}, expected {tuple(variable.shape)}")
        for name, variable in self._variables.items():
            variable.assign(arrays[name])

    def _step(self, weights: Tensor, gradient: Tensor, rate: Tensor) -> Tensor:
        """The optimizer's new weights, [P]."""
        recipe, slot = self._recipe, self._variables["velocity"]
        if recipe.optimizer == "rmsprop":
            square = self._variables["square"]
            mean = recipe.rmsprop_decay * square + (1 - recipe.rmsprop_decay) * gradient**2
            square.assign(mean)
            gradient *= rate * tf.math.rsqrt(mean + recipe.rmsprop_epsilon)
            rate = 1.0
        velocity = recipe.momentum * slot + gradient
        slot.assign(velocity)
        if recipe.nesterov:
            velocity = gradient + recipe.momentum * velocity
        return weights - rate * velocity
