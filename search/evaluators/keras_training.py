"""A model of a user's own function under training by Keras' own `fit`.

The function is named by a text, so that every process loads it for itself; TensorFlow is imported
where a model is built.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nasnet.cells.spaces.hyper import Configuration, HyperParameters, Parameter, Value
from nasnet.runtime.checks import check_fields
from nasnet.runtime.loading import load_object
from nasnet.search.evaluators.base import read_split
from nasnet.search.settings import child_seed
from nasnet.search.tasks import Evaluation
from nasnet.stacking.recipe import Diverged

Pixels = Literal["unit", "signed", "raw"]
_RISING = ("accuracy", "acc", "auc", "precision", "recall", "score", "iou")
_FALLING = ("loss", "error", "mse", "mae", "mape", "msle", "crossentropy")


@dataclasses.dataclass(frozen=True, slots=True)
class FitSettings:
    """How models are trained and what they are worth.

    Args:
        epochs: passes over the training data.
        batch_size: examples in a step.
        objective: what counts, of the epoch in which it was best: a metric of validation as Keras
            calls it, such as val_accuracy or val_loss; with min: or max: in front where its name
            does not say which.
        patience: epochs without a better objective after which a training ends; 0 for never.
        pixels: what the values 0 to 255 of images become: "unit" is 0 to 1, "signed" -1 to 1, "raw"
            leaves them.

    Raises:
        ValueError: a number is out of range, or the direction of the objective is not known.
    """

    epochs: int = 10
    batch_size: int = 32
    objective: str = "val_accuracy"
    patience: int = 0
    pixels: Pixels = "unit"

    def __post_init__(self) -> None:
        check_fields(self, epochs=1, batch_size=1, patience=0)
        _ = self.sign

    @property
    def metric(self) -> str:
        """What Keras calls the objective."""
        return self.objective.partition(":")[2] or self.objective

    @property
    def sign(self) -> int:
        """1 where more of the objective is better, else -1."""
        direction, colon, _ = self.objective.partition(":")
        if colon and direction in ("min", "max"):
            return 1 if direction == "max" else -1
        words = self.objective.lower().split("_")
        if not colon and any(word in _FALLING for word in words):
            return -1
        if not colon and any(word in _RISING for word in words):
            return 1
        name = self.metric
        raise ValueError(f"objective is {self.objective!r}, expected min:{name} or max:{name}")


def load_builder(spec: str) -> Callable[[HyperParameters], Any]:
    """The function that `file.py:NAME` names, or the `build` of an object or a class.

    Raises:
        ValueError: there is none, or the object trains its models itself.
    """
    found = load_object(spec)
    if isinstance(found, type):
        try:
            found = found()
        except TypeError as error:
            raise ValueError(f"{spec} cannot be made without arguments: {error}") from None
    if "fit" in vars(type(found)):
        raise ValueError(f"{spec} has a fit of its own, expected build alone")
    build = getattr(found, "build", found)
    if not callable(build):
        raise ValueError(f"{spec} is {found!r:.80}, expected a function of hyper-parameters")
    return build


@dataclasses.dataclass(frozen=True)
class Splits:
    """Examples to train on and to validate by, and to test where there are any.

    Attributes:
        train: inputs and targets, [N, ...] each.
        val: the same.
    """

    train: tuple[np.ndarray, np.ndarray]
    val: tuple[np.ndarray, np.ndarray]


@functools.lru_cache(maxsize=1)
def read_splits(folder: Path, pixels: Pixels) -> Splits:
    """The data of a folder, scaled."""
    (x, y), (x_val, y_val) = read_split(folder, "train"), read_split(folder, "val")
    return Splits((scaled(x, pixels), y[:]), (scaled(x_val, pixels), y_val[:]))


def scaled(images: np.ndarray, pixels: Pixels) -> np.ndarray:
    """Images of 8 bits as a model is given them; other arrays as they are."""
    if images.dtype != np.uint8:
        return images
    values = images.astype(np.float32)
    if pixels == "raw":
        return values
    return values / 255 if pixels == "unit" else values / 127.5 - 1


class Training:
    """A model and what has become of it, epoch by epoch.

    Args:
        spec: of the function that builds it.
        fit: how it is trained.
        configuration: its hyper-parameters.
        seed: of its weights and the order of the examples.

    Attributes:
        unknown: hyper-parameters that the function asked for and the configuration lacks, which
            have their defaults.
        history: what Keras logs of each epoch.
        best_epoch: the one with the best objective, from 1.
        best_weights: those at its end.

    Raises:
        TypeError: the function gave no compiled model.
    """

    def __init__(
        self, spec: str, fit: FitSettings, configuration: Configuration, seed: int
    ) -> None:
        import keras

        self.configuration, self.seed, self._fit = configuration, seed, fit
        self.unknown: dict[str, Value] = {}
        self.history: list[dict[str, float]] = []
        self.best_epoch, self.best_weights = 0, list[np.ndarray]()
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        self.model = load_builder(spec)(
            HyperParameters(dict(configuration.values), choose=self._choose)
        )
        if not isinstance(self.model, keras.Model) or not self.model.compiled:
            raise TypeError(f"{spec} gave {self.model!r:.60}, expected a compiled keras.Model")

    def run(self, splits: Splits, epochs: int) -> None:
        """Trains behind the epochs that have been, up to `epochs` in all.

        Raises:
            Diverged: a loss is not finite.
            ValueError: there is no such metric as the objective.
        """
        import keras

        first = len(self.history)
        if first >= epochs or self._is_stale():
            return
        # A stage that was cut short is trained again in the same order.
        keras.utils.set_random_seed(child_seed(self.seed, first))
        x, y = self.fitted(splits.train)
        self.model.fit(
            x,
            y,
            batch_size=self._fit.batch_size,
            epochs=epochs,
            initial_epoch=first,
            validation_data=self.fitted(splits.val),
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=self._on_epoch_end)],
            verbose=0,
        )

    def fitted(self, examples: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Inputs in the shape that the model takes, and targets in the form that its loss takes."""
        import keras

        x, y = examples
        shape = getattr(self.model, "input_shape", None)
        if isinstance(shape, tuple) and None not in shape[1:]:
            size = math.prod(shape[1:])
            x = x.reshape(len(x), *shape[1:]) if size == x[0].size else x
        loss = getattr(self.model.loss, "name", self.model.loss)
        if loss == "categorical_crossentropy" and y.ndim == 1:
            y = keras.utils.to_categorical(y, self.model.output_shape[-1])
        return x, y

    def evaluation(self) -> Evaluation:
        """What it is worth."""
        metric = self._fit.metric
        best = self.history[self.best_epoch - 1]
        metrics: dict[str, Any] = {
            metric: best[metric],
            "best_epoch": self.best_epoch,
            "epochs": self.history,
            "parameters": self.model.count_params(),
        }
        if self.unknown:
            metrics["unknown"] = self.unknown
        return Evaluation(self._fit.sign * best[metric], metrics)

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs."""
        names = list(self.history[0])
        return {
            "names": np.array(names),
            "history": np.array([[logs[name] for name in names] for logs in self.history]),
            "best_epoch": np.array(self.best_epoch),
            **numbered("w", self.best_weights),
            **numbered("v", [variable.numpy() for variable in self._variables()]),
        }

    def restore(self, state: Mapping[str, np.ndarray], splits: Splits) -> None:
        """Takes up the `state` of a training with the same arguments."""
        if not self.model.built:
            self.model(self.fitted(splits.val)[0][:1])
        names = state["names"].tolist()
        self.history = [dict(zip(names, row, strict=True)) for row in state["history"].tolist()]
        self.best_epoch = int(state["best_epoch"])
        self.best_weights = listed("w", state)
        variables = self._variables()
        for variable, value in zip(variables, listed("v", state), strict=True):
            variable.assign(value)

    def _variables(self) -> list[Any]:
        """Weights, seeds, and the optimizer's memory."""
        model = self.model
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        metrics = {id(variable) for variable in model.metrics_variables}
        own = [variable for variable in model.variables if id(variable) not in metrics]
        return [*own, *model.optimizer.variables]

    def _choose(self, parameter: Parameter) -> Value:
        self.unknown[parameter.name] = parameter.first
        return parameter.first

    def _on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        found = {name: float(value) for name, value in logs.items()}
        metric = self._fit.metric
        if metric not in found:
            raise ValueError(f"objective is {metric!r}, expected one of: {', '.join(found)}")
        for name in ("loss", metric):
            if not math.isfinite(found[name]):
                raise Diverged(f"{name} is {found[name]} in epoch {epoch + 1}")
        self.history.append(found)
        sign, best = self._fit.sign, self.history[self.best_epoch - 1][metric]
        if not self.best_epoch or sign * found[metric] > sign * best:
            self.best_epoch, self.best_weights = epoch + 1, self.model.get_weights()
        self.model.stop_training = self._is_stale()

    def _is_stale(self) -> bool:
        patience = self._fit.patience
        return 0 < patience <= len(self.history) - self.best_epoch


def numbered(letter: str, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays by name, numbered behind a letter, for a file."""
    return {f"{letter}{i}": array for i, array in enumerate(arrays)}


def listed(letter: str, arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The arrays that were numbered behind a letter, in order."""
    count = sum(name[0] == letter and name[1:].isdigit() for name in arrays)
    return [arrays[f"{letter}{i}"] for i in range(count)]
