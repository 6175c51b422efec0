"""Tasks in this very process."""

import os
import time
from typing import Generic

from nasnet.search.executors.base import Outcome, Result, Task_contra, Worker, attempt


class InlineExecutor(Generic[Task_contra, Result]):
    """One task at a time in this very process: no time-outs, but a debugger reaches it."""

    def __init__(self, worker: Worker[Task_contra, Result]) -> None:
        self._worker = worker
        self._waiting: list[tuple[int, Task_contra]] = []
        self._prepared = False

    @property
    def free(self) -> int:
        return 1 - len(self._waiting)

    def submit(self, number: int, task: Task_contra) -> None:
        if not self.free:
            raise RuntimeError(f"child {number} was submitted where 0 slots are free, expected 1")
        self._waiting.append((number, task))

    def wait(self, timeout: float) -> list[Outcome[Result]]:
        if not self._waiting:
            time.sleep(timeout)
            return []
        if not self._prepared:
            self._worker.prepare(os.cpu_count() or 1)
            self._prepared = True
        return [attempt(self._worker, *self._waiting.pop())]

    def close(self) -> None:
        self._waiting.clear()
