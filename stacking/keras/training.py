"""A recipe for Keras' own `fit`: stock optimizer, schedule, losses and regularizers."""

from typing import Any

import keras

from nasnet.stacking.keras.drop_path import DropPathSchedule, drop_path_layers
from nasnet.stacking.recipe import Recipe


def compile_network(
    model: keras.Model, recipe: Recipe, steps_per_epoch: int
) -> list[keras.callbacks.Callback]:
    """Compiles a network for `fit`, with one-hot labels [N, classes].

    With an auxiliary classifier the labels are {"predictions": labels, "aux": labels}. Augmentation
    and cutout are left to the data; epochs and batch size to `fit`.

    Where Keras' own parts differ from `Trainer`: its momentum takes up the learning rate of each
    step, its moving average is of trained weights alone and takes the full decay from the second
    step on, and `fit` puts the averages into the model when it ends, not at each evaluation.

    Args:
        model: of `build_network` with `training` and this recipe.
        recipe: how to train.
        steps_per_epoch: batches that `fit` will see in an epoch.

    Returns:
        The callbacks that `fit` must be given.

    Raises:
        ValueError: the recipe has drop path, dropout or an auxiliary classifier and the model has
            not, or the other way round; or its outputs are neither logits nor a softmax.
    """
    if steps_per_epoch < 1:
        raise ValueError(f"steps_per_epoch is {steps_per_epoch}, expected at least 1")
    _check(model, recipe)
    total = recipe.epochs * steps_per_epoch
    for variable in model.trainable_variables:
        if variable.path.endswith("kernel"):
            variable.regularizer = keras.regularizers.L2(recipe.weight_decay / 2)
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=_gives_logits(model), label_smoothing=recipe.label_smoothing
    )
    heads: dict[str, Any] = {"loss": loss, "metrics": ["accuracy"]}
    if recipe.aux_weight:
        heads = {
            "loss": {"predictions": loss, "aux": loss},
            "loss_weights": {"predictions": 1.0, "aux": recipe.aux_weight},
            "metrics": {"predictions": ["accuracy"]},
        }
    model.compile(_optimizer(recipe, steps_per_epoch), **heads)
    scheduled = recipe.drop_path_keep < 1 and recipe.drop_path_follows_time
    return [DropPathSchedule(total)] if scheduled else []


@keras.saving.register_keras_serializable(package="nasnet")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Another schedule behind a rise along a line from 0.

    Args:
        schedule: of the learning rate, from the first step on; a number for a constant one.
        learning_rate: at the end of the rise.
        steps: of the rise.
    """

    def __init__(
        self,
        schedule: keras.optimizers.schedules.LearningRateSchedule | float,
        learning_rate: float,
        steps: float,
    ) -> None:
        self._schedule, self._rate, self._steps = schedule, learning_rate, steps

    def __call__(self, step: Any) -> Any:
        step = keras.ops.cast(step, "float32")
        rising = self._rate * step / self._steps
        behind = self._schedule(step) if callable(self._schedule) else self._schedule
        return keras.ops.where(step < self._steps, rising, behind)

    def get_config(self) -> dict[str, Any]:
        schedule = keras.saving.serialize_keras_object(self._schedule)
        return {"schedule": schedule, "learning_rate": self._rate, "steps": self._steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["learning_rate"], config["steps"])


def _optimizer(recipe: Recipe, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    schedules = keras.optimizers.schedules
    rate = recipe.learning_rate
    schedule: keras.optimizers.schedules.LearningRateSchedule | float = rate
    if recipe.schedule == "cosine":
        schedule = schedules.CosineDecay(rate, recipe.epochs * steps_per_epoch)
    elif recipe.schedule == "exponential":
        every = recipe.decay_epochs * steps_per_epoch
        schedule = schedules.ExponentialDecay(rate, every, recipe.decay_rate, staircase=True)
    if recipe.warmup_epochs:
        schedule = WarmUp(schedule, rate, recipe.warmup_epochs * steps_per_epoch)
    common = {
        "momentum": recipe.momentum,
        "global_clipnorm": recipe.clip_norm or None,
        "use_ema": recipe.ema_decay > 0,
        "ema_momentum": recipe.ema_decay,
    }
    if recipe.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(
            schedule, rho=recipe.rmsprop_decay, epsilon=recipe.rmsprop_epsilon, **common
        )
    return keras.optimizers.SGD(schedule, nesterov=recipe.nesterov, **common)


def _check(model: keras.Model, recipe: Recipe) -> None:
    dropout = any(isinstance(layer, keras.layers.Dropout) for layer in model.layers)
    for what, wanted, present in (
        ("drop path", recipe.drop_path_keep < 1, bool(drop_path_layers(model))),
        ("dropout", recipe.dropout_keep < 1, dropout),
        ("an auxiliary classifier", recipe.aux_weight > 0, isinstance(model.output, dict)),
    ):
        if wanted != present:
            found, expected = (("without", "with")[x] for x in (present, wanted))
            raise ValueError(
                f"model is {found} {what}, expected one {expected} it, as the recipe has it"
            )


def _gives_logits(model: keras.Model) -> bool:
    """Whether the outputs are logits; the activation's layer is named after its output."""
    activations = [layer for layer in model.layers if layer.name == "predictions"]
    if not activations:
        return True
    if activations[0].activation is not keras.activations.softmax:
        name = activations[0].activation.__name__
        raise ValueError(f"classifier activation is {name}, expected softmax or None")
    return False
