"""What a search submits to an executor, and what it gets back: plain data."""

import dataclasses
import json
from typing import Any, Generic, TypeVar

A = TypeVar("A")


@dataclasses.dataclass(frozen=True, slots=True)
class Train(Generic[A]):
    """A child to be evaluated as a whole.

    Attributes:
        architecture: of the search's space.
        seed: of everything random in it.
    """

    architecture: A
    seed: int


@dataclasses.dataclass(frozen=True, slots=True)
class Stage(Generic[A]):
    """A part of a child's training, in a search with budgets.

    Attributes:
        architecture: of the search's space.
        seed: of everything random in it.
        number: of its trial.
        epochs: to be done at the end of the stage, those of earlier stages included.
        last: whether no stage follows.
        behind: epochs that earlier stages have done. Where nothing of them is left on a machine,
            `trained_again` among an evaluation's metrics says how many were done once more.
    """

    architecture: A
    seed: int
    number: int
    epochs: int
    last: bool
    behind: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Evaluation:
    """What a child is worth.

    Attributes:
        reward: to be maximised; finite.
        metrics: JSON values for the record.

    Raises:
        TypeError, ValueError: the reward is no number, or a metric no JSON value.
    """

    reward: float
    metrics: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reward", float(self.reward))
        if self.metrics:
            json.dumps(self.metrics)
