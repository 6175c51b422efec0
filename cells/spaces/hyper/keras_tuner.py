"""What stands in for KerasTuner where a user's file imports it and it is not installed.

A file with a model-building function often does so for an annotation or a base class alone.
"""

import abc
from typing import Any

from nasnet.cells.spaces.hyper.hyperparameters import HyperParameters

__all__ = ("HyperModel", "HyperParameters")


class HyperModel(abc.ABC):
    """A model-building function as a class: it has a `build`.

    Args:
        name: of the model.
        tunable: not looked at.
    """

    def __init__(self, name: str | None = None, tunable: bool = True) -> None:
        self.name, self.tunable = name, tunable

    @abc.abstractmethod
    def build(self, hp: HyperParameters) -> Any:
        """The model with these hyper-parameters."""
