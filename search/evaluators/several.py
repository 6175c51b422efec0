"""Several evaluators on the same child, to be compared."""

import dataclasses
import math
import time
from typing import Any

from nasnet.search.evaluators.base import Evaluator
from nasnet.search.tasks import Evaluation, Train


@dataclasses.dataclass(frozen=True)
class Several(Evaluator[Train[Any]]):
    """Runs one evaluator after the other on the same child.

    The reward is 0; each evaluator's reward and seconds are in the metrics under its name, and the
    text of its error where it failed.

    Args:
        evaluators: by name.
    """

    failure_reward = 0.0

    evaluators: tuple[tuple[str, Evaluator[Any]], ...]

    def prepare(self, threads: int) -> None:
        """Prepares all of them."""
        for _, evaluator in self.evaluators:
            evaluator.prepare(threads)

    def __call__(self, task: Train[Any], /) -> Evaluation:
        """All rewards."""
        found = {}
        for name, evaluator in self.evaluators:
            started, reward, error = time.monotonic(), math.nan, ""
            try:
                reward = evaluator(evaluator.task(task.architecture, task.seed)).reward
            except Exception as exception:  # a proxy that fails costs itself alone
                error = f"{type(exception).__name__}: {exception}"
            if not error and not math.isfinite(reward):
                error = f"reward is {reward}"
            found[name] = {
                "reward": None if error else reward,
                "seconds": round(time.monotonic() - started, 4),
                "error": error[:200],
            }
        return Evaluation(0.0, found)
