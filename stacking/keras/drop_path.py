"""Drop path for Keras networks: a layer, the callback that ramps it, and the way to get rid of it.

Zoph et al., https://arxiv.org/abs/1707.07012, section 4 and appendix A.7 (ScheduledDropPath).
"""

from typing import Any

import keras

Tensor = Any


@keras.saving.register_keras_serializable(package="nasnet")
class DropPath(keras.layers.Layer):
    """In training, zeroes its input for whole examples and scales up the others; [N, H, W, C].

    Args:
        rate: probability that an example is zeroed, at the end of training.
        scheduled: whether the rate grows along a line from 0, as a `DropPathSchedule` tells.
        seed: of the draws; Keras' global seed where it is None.

    Attributes:
        progress: share of all training steps that are done; a variable that is not trained.

    Raises:
        ValueError: the rate is not a probability below 1.
    """

    def __init__(
        self, rate: float, *, scheduled: bool = True, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"rate is {rate}, expected at least 0 and below 1")
        self.rate, self.scheduled, self.seed = rate, scheduled, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.progress = self.add_weight(
            shape=(), initializer="zeros", dtype="float32", trainable=False, name="progress"
        )

    @property
    def keep(self) -> Tensor:
        """The probability that an example is kept now, a scalar."""
        return 1.0 - (self.progress * self.rate if self.scheduled else self.rate)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        if not training:
            return x
        shape = (keras.ops.shape(x)[0], 1, 1, 1)
        draws = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
        mask = keras.ops.floor(self.keep + draws) / self.keep
        return x * keras.ops.cast(mask, x.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"rate": self.rate, "scheduled": self.scheduled, "seed": self.seed}
        return {**super().get_config(), **own}


class DropPathSchedule(keras.callbacks.Callback):
    """Tells every `DropPath` layer of the model, before each step, how far training has come.

    The steps are those of the optimizer, so a training that is resumed goes on where it was.

    Args:
        total_steps: steps of the whole training.

    Raises:
        ValueError: there are no steps.
    """

    def __init__(self, total_steps: int) -> None:
        super().__init__()
        if total_steps < 1:
            raise ValueError(f"total_steps is {total_steps}, expected at least 1")
        self._total = total_steps
        self._layers: list[DropPath] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._layers = [layer for layer in drop_path_layers(self.model) if layer.scheduled]

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        for layer in self._layers:
            layer.progress.assign(min(1.0, step / self._total))


def drop_path_layers(model: keras.Model) -> list[DropPath]:
    """The `DropPath` layers of a model."""
    return [layer for layer in model.layers if isinstance(layer, DropPath)]


def strip_drop_path(model: keras.Model) -> keras.Model:
    """The network for inference: equal predictions from stock layers alone, to save or export.

    Args:
        model: of `build_network`.

    Returns:
        A new model with a copy of the weights, without drop path, without the auxiliary classifier,
        and not compiled.
    """
    output = model.output["predictions"] if isinstance(model.output, dict) else model.output
    stripped = keras.models.clone_model(
        keras.Model(model.input, output, name=model.name),
        call_function=lambda layer, x, *args, **kwargs: (
            x if isinstance(layer, DropPath) else layer(x, *args, **kwargs)
        ),
    )
    trained = {variable.path: variable for variable in model.weights}
    for variable in stripped.weights:
        variable.assign(trained[variable.path])
    return stripped
