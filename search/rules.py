"""What holds for every child of a search, whatever its controller."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from nasnet.search.budgets import Budgets
from nasnet.search.tasks import Stage, Train
from nasnet.search.trial import Trial


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """How children are evaluated, and what failing earns; `Evaluator.rules` makes them.

    Args:
        task: makes what is submitted, of an architecture and a seed.
        failure_reward: what the controller is told of a child that failed. None is the lowest
            reward so far, where no bound of the rewards is known.
        budgets: which children are trained to the end; None for all. The executor is given a
            `Stage` then.
        limit: says why an architecture is not evaluated, or None where it is.

    Raises:
        ValueError: the reward is not finite.
    """

    task: Callable[[Any, int], Any] = Train
    failure_reward: float | None = None
    budgets: Budgets | None = None
    limit: Callable[[Any], str | None] | None = None

    def __post_init__(self) -> None:
        if self.failure_reward is not None and not math.isfinite(self.failure_reward):
            raise ValueError(f"failure_reward is {self.failure_reward}, expected a finite number")

    def task_of(self, trial: Trial, architecture: Any) -> Any:
        """What is submitted of a trial next."""
        if self.budgets is None:
            return self.task(architecture, trial.seed)
        stages, done = self.budgets.stages(trial.number), len(trial.stages)
        last = done + 1 == len(stages)
        behind = stages[done - 1] if done else 0
        return Stage(architecture, trial.seed, trial.number, stages[done], last, behind)

    def size_of(self, number: int, done: int) -> int:
        """What a trial's next task is measured in, beside others: epochs, or 1 for a whole child.

        Args:
            number: of the trial.
            done: stages that it has ended.
        """
        if self.budgets is None:
            return 1
        stages = self.budgets.stages(number)
        return stages[done] - (stages[done - 1] if done else 0)

    def refusal(self, architecture: Any) -> str | None:
        """Why an architecture is not evaluated; None where it is."""
        return None if self.limit is None else self.limit(architecture)
