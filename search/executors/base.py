"""What runs in a process, what asks it to, and what becomes of a task."""

import dataclasses
import time
from typing import Any, Generic, Literal, Protocol, TypeVar

from nasnet.search.trial import State
from nasnet.stacking.recipe import Diverged

Task_contra = TypeVar("Task_contra", contravariant=True)
Result_co = TypeVar("Result_co", covariant=True)
Result = TypeVar("Result")


class Worker(Protocol[Task_contra, Result_co]):
    """Turns tasks into results; it is sent to worker processes, so it must be small."""

    def prepare(self, threads: int) -> None:
        """Runs once in each process before its first task; `threads` is its share of the cores."""

    def __call__(self, task: Task_contra, /) -> Result_co:
        """The result.

        Raises:
            Diverged: a training gave no finite loss.
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What became of a task.

    Attributes:
        number: under which it was submitted.
        state: "complete" or a way to fail; or "lost", where it says nothing of the task, which may
            be submitted again: its node was gone, say.
        seconds: wall time.
        result: where it is complete.
        error: one line, where it failed or was lost.
    """

    number: int
    state: State | Literal["lost"]
    seconds: float
    result: Result | None = None
    error: str = ""


class Executor(Protocol[Task_contra, Result]):
    """Does tasks, several at a time."""

    @property
    def free(self) -> int:
        """How many tasks could be submitted now."""

    def submit(self, number: int, task: Task_contra) -> None:
        """Starts a task.

        Raises:
            RuntimeError: no slot is free.
        """

    def wait(self, timeout: float) -> list[Outcome[Result]]:
        """What has ended, waiting up to `timeout` seconds for a first one."""

    def close(self) -> None:
        """Ends what still runs."""


def attempt(worker: Worker[Any, Any], number: int, task: Any) -> Outcome[Any]:
    """Does one task; whatever it raises is an outcome too."""
    started = time.monotonic()
    result: Any = None
    state: State = "complete"
    error = ""
    try:
        result = worker(task)
    except Diverged as exception:
        state, error = "diverged", str(exception)
    except Exception as exception:
        state, error = "error", describe(exception)
    return Outcome(number, state, time.monotonic() - started, result, error)


def describe(exception: Exception) -> str:
    """An exception in one line."""
    lines = [line for line in str(exception).splitlines() if line.strip()]
    return type(exception).__name__ + (f": {lines[0][:200]}" if lines else "")
