"""A clock that tests wind by hand, so that none of them depends on the machine's speed."""

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
