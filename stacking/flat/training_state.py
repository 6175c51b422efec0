"""What changes while a network trains: flat vectors, and one update for all of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.update import optimizer_slots, optimizer_step, running_mean

Tensor = Any


class TrainingState:
    """Weights, running statistics, the optimizer's memory, and moving averages.

    Args:
        network: whose they are; its recipe names the optimizer and all constants.
        seed: of the initial weights.

    Attributes:
        network: as given.
        weights: the trained parameters, [P].
        moving: batch normalization's running statistics, [M].
        evaluated: the two vectors that evaluation and saving take: averages, if there are any.
    """

    def __init__(self, network: FlatNetwork, seed: int = 0) -> None:
        self.network, self._recipe, self._seed = network, network.recipe, seed
        weights, moving = network.layout.initial(seed)
        self.weights, self.moving = tf.Variable(weights), tf.Variable(moving)
        self._slots = {
            name: tf.Variable(np.zeros_like(weights)) for name in optimizer_slots(self._recipe)
        }
        self._variables = {"weights": self.weights, "moving": self.moving, **self._slots}
        self.evaluated = self.weights, self.moving
        if self._recipe.ema_decay:
            self.evaluated = tf.Variable(weights), tf.Variable(moving)
            names = ("average_weights", "average_moving")
            self._variables |= dict(zip(names, self.evaluated, strict=True))
        decay = self._recipe.weight_decay * network.layout.decay_mask()
        self._decay = tf.constant(decay, tf.float32)

    def update(
        self,
        gradient: Tensor,
        statistics: Tensor,
        rate: Tensor,
        ema_decay: Tensor,
        weights: Tensor,
    ) -> None:
        """One training step; what the network has frozen stays as it is.

        Args:
            gradient: of the loss without weight decay, [P].
            statistics: of the batch, [M].
            rate: learning rate, a scalar.
            ema_decay: of the moving averages, a scalar; read where there are any.
            weights: the value of `self.weights` at which the gradient was taken, [P].
        """
        recipe, trained = self._recipe, self._trained()
        gradient += self._decay * weights
        if trained is not None:
            gradient = tf.where(trained[0], gradient, 0.0)
        if recipe.clip_norm:
            gradient = tf.clip_by_norm(gradient, recipe.clip_norm)
        weights, slots = optimizer_step(recipe, weights, gradient, self._slots, rate)
        for name, value in slots.items():
            self._slots[name].assign(value)
        self.weights.assign(weights)
        moving = running_mean(recipe.batch_norm_momentum, self.moving, statistics)
        if trained is not None:  # a mean of equal numbers may differ from them in the last digit
            moving = tf.where(trained[1], moving, self.moving)
        self.moving.assign(moving)
        if recipe.ema_decay:
            for i, value in enumerate((weights, moving)):
                average = self.evaluated[i]
                mean = running_mean(ema_decay, average, value)
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

    def by_path(self) -> dict[str, np.ndarray]:
        """Every weight array by its path in the Keras network of the same network.

        They are the averages where the recipe has any, and come without the auxiliary classifier.
        """
        vectors = [vector.numpy() for vector in self.evaluated]
        arrays = self.network.layout.unpack(vectors[0], vectors[1])
        return {p.path: arrays[p.path] for p in self.network.cost.parameters}

    def initial(self) -> dict[str, np.ndarray]:
        """The weights that the seed gives, by path, with those of the auxiliary classifier."""
        layout = self.network.layout
        return layout.unpack(*layout.initial(self._seed))

    def begin_with(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes `arrays` by path, as `initial` has them, for the weights before the first step.

        Raises:
            ValueError: a path is missing or unknown, or an array has another shape.
        """
        weights, moving = self.network.layout.pack(dict(arrays))
        begun = {"weights": weights, "moving": moving}
        begun |= {f"average_{name}": vector for name, vector in begun.items()}
        self.restore(
            {name: begun.get(name, np.zeros_like(array)) for name, array in self.arrays().items()}
        )

    def _trained(self) -> tuple[Tensor, Tensor] | None:
        """Masks of the flat vectors, False where something is frozen; None for all True."""
        frozen, layout = self.network.frozen, self.network.layout
        if not frozen:
            return None
        masks = []
        for part in (layout.trainable, layout.moving):
            values = [parameter.path not in frozen for parameter in part]
            masks.append(tf.constant(np.repeat(values, [parameter.size for parameter in part])))
        return masks[0], masks[1]
