"""An evaluator with a watch: what each evaluation takes of the processor."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from nasnet.search.budgets import Budgets
from nasnet.search.evaluators.base import Evaluator
from nasnet.search.rules import Rules
from nasnet.search.tasks import Evaluation


@dataclasses.dataclass(frozen=True)
class Timed(Evaluator[Any]):
    """Does as another evaluator does; the metrics have `cpu_seconds`, of all threads, as well.

    Args:
        evaluator: the other one.
    """

    evaluator: Evaluator[Any]

    def rules(
        self,
        *,
        budgets: Budgets | None = None,
        limit: Callable[[Any], str | None] | None = None,
    ) -> Rules:
        return self.evaluator.rules(budgets=budgets, limit=limit)

    def prepare(self, threads: int) -> None:
        """As for the other one."""
        self.evaluator.prepare(threads)

    def __call__(self, task: Any, /) -> Evaluation:
        """What the other one gives, with its seconds."""
        started = time.process_time()
        evaluation = self.evaluator(task)
        spent = {"cpu_seconds": round(time.process_time() - started, 3)}
        return dataclasses.replace(evaluation, metrics=evaluation.metrics | spent)
