"""The rules by which training moves weights; for TensorFlow's tensors and NumPy's arrays alike."""

from collections.abc import Mapping
from typing import Any

from nasnet.stacking.recipe import Recipe

Array = Any


def optimizer_slots(recipe: Recipe) -> tuple[str, ...]:
    """The names of what the optimizer remembers, each as long as the weights and 0 at first."""
    return ("velocity",) if recipe.optimizer == "momentum" else ("velocity", "square")


def optimizer_step(
    recipe: Recipe, weights: Array, gradient: Array, slots: Mapping[str, Array], rate: Array
) -> tuple[Array, dict[str, Array]]:
    """One step of the recipe's optimizer.

    Momentum SGD is that of TensorFlow 1 and PyTorch: the learning rate multiplies the running sum.
    In Keras it multiplies what enters the sum, which differs a little while the rate changes.
    RMSProp is that of Keras; TensorFlow 1 starts the mean of squared gradients at 1 instead of 0.

    Args:
        recipe: names the optimizer and its constants.
        weights: [P].
        gradient: with weight decay and after clipping, [P].
        slots: `optimizer_slots` by name, [P] each.
        rate: learning rate.

    Returns:
        New weights and slots.
    """
    found = {}
    if recipe.optimizer == "rmsprop":
        found["square"] = running_mean(recipe.rmsprop_decay, slots["square"], gradient**2)
        gradient = gradient * (rate * (found["square"] + recipe.rmsprop_epsilon) ** -0.5)
        rate = 1.0
    found["velocity"] = velocity = recipe.momentum * slots["velocity"] + gradient
    if recipe.nesterov:
        velocity = gradient + recipe.momentum * velocity
    return weights - rate * velocity, found


def running_mean(keep: Array, mean: Array, value: Array) -> Array:
    """An exponential moving average that keeps the share `keep` of itself."""
    return keep * mean + (1 - keep) * value
