"""A clock that tests wind by hand, so that none of them depends on the machine's speed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasnet.search import Outcome, ProcessPool
from nasnet.search.executors import base, inline, pool

EXECUTORS = (base, inline, pool)  # the modules that read a clock


class Clock:
    """Stands in for the module `time` of another module; it moves only where a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    perf_counter = monotonic

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class HurriedPool(ProcessPool[Any, Any]):
    """A pool whose clock runs once nothing is left to wait for but a child that hangs.

    Args:
        clock: the one that the modules of `nasnet.search.executors` read.
        hangs: a file that the child that hangs has made.
        options: of the pool.
    """

    def __init__(self, *arguments: Any, clock: Clock, hangs: Path, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._clock, self._hangs, self._given_up = clock, hangs, False

    def wait(self, timeout: float) -> list[Outcome[Any]]:
        outcomes = super().wait(timeout)
        self._given_up = self._given_up or any(one.state == "timeout" for one in outcomes)
        alone = sum(slot.number is not None for slot in self._slots) == 1
        if not outcomes and alone and self._hangs.exists() and not self._given_up:
            self._clock.now += self._timeout or 0.0
        return outcomes


class Timetable:
    """An executor whose children take the clock's time, and none of the processor's.

    Args:
        clock: moves as children end.
        slots: children at a time.
        seconds: how long the task submitted as n-th, from 0, takes; or all of them alike.
        worker: gives the results.
    """

    def __init__(
        self,
        clock: Clock,
        slots: int,
        seconds: float | Callable[[int, Any], float],
        worker: Callable[[Any], Any],
    ) -> None:
        self._clock, self._slots, self._seconds, self._worker = clock, slots, seconds, worker
        self._running: dict[int, tuple[float, float, Any]] = {}
        self.submitted = 0

    @property
    def free(self) -> int:
        return self._slots - len(self._running)

    def submit(self, number: int, task: Any) -> None:
        seconds = self._seconds
        if not isinstance(seconds, float | int):
            seconds = seconds(self.submitted, task)
        self.submitted += 1
        self._running[number] = (self._clock.now + seconds, seconds, task)

    def wait(self, timeout: float) -> list[Outcome[Any]]:
        until = self._clock.now + timeout
        self._clock.now = min([until, *(end for end, _, _ in self._running.values())])
        ended = [n for n, (end, _, _) in self._running.items() if end <= self._clock.now]
        outcomes = []
        for number in ended:
            _, seconds, task = self._running.pop(number)
            outcomes.append(Outcome(number, "complete", seconds, self._worker(task)))
        return outcomes

    def close(self) -> None:
        self._running.clear()
