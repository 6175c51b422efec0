"""Time as a limit: whether another child will end within it, by those that have ended."""

import math
import statistics
from collections import deque
from collections.abc import Iterable

from nasnet.search.clock import Clock
from nasnet.search.rules import Rules
from nasnet.search.trial import Trial

_LATEST = 100
_SHARE = 0.9  # of tasks, that take at most what is expected of one that may be the last


class Pace:
    """How long tasks take, by the latest hundred that have ended.

    The first task of a process is slow, since it is traced there; those count only while there are
    no others.
    """

    def __init__(self) -> None:
        self._first: list[tuple[int, float]] = []
        self._later: deque[tuple[int, float]] = deque(maxlen=_LATEST)

    def add(self, seconds: float, size: int = 1, *, first: bool = False) -> None:
        """Takes a task that has ended.

        Args:
            seconds: that it took.
            size: of the task: the epochs of a stage, or 1 for a whole child.
            first: whether it was the first of its process.
        """
        (self._first if first else self._later).append((size, seconds))

    @property
    def mean(self) -> float | None:
        """Seconds of a task; None while none has ended."""
        seconds = [seconds for _, seconds in self._later or self._first]
        return statistics.fmean(seconds) if seconds else None

    def longest(self, size: int = 1) -> float | None:
        """What nine of ten tasks of this size take at most; None while none has ended.

        Where none was of this size, seconds are taken to grow with the size.
        """
        ended = self._later or self._first
        same = [seconds for other, seconds in ended if other == size]
        found = sorted(same or (size * seconds / other for other, seconds in ended))
        return found[math.ceil(_SHARE * len(found)) - 1] if found else None


class Schedule:
    """Plans a search by the children that have ended, and by how many are evaluated at a time.

    Args:
        clock: of the search.
        rules: what holds for every child.
        slots: children at a time.
        trials: of earlier sessions.

    Attributes:
        running: by the number of a trial that is being evaluated, the clock at its start.
    """

    def __init__(self, clock: Clock, rules: Rules, slots: int, trials: Iterable[Trial]) -> None:
        self._clock, self._rules, self._slots = clock, rules, slots
        self._tasks, self._children = Pace(), Pace()
        self._first: set[int] = set()  # trials that new processes began with
        self.running: dict[int, float] = {}
        for trial in trials:
            if trial.done and not trial.imported:
                self._children.add(trial.seconds)
            if trial.seconds:
                sizes = (rules.size_of(trial.number, i) for i in range(len(trial.stages) or 1))
                self._tasks.add(trial.seconds, sum(sizes))

    def started(self, number: int) -> None:
        """Takes note of a trial that is being evaluated."""
        self.running[number] = self._clock.spent
        if len(self._first) < self._slots:
            self._first.add(number)

    def stopped(self, trial: Trial, seconds: float) -> None:
        """Takes note of a trial's task that has ended: the whole of it or a stage."""
        del self.running[trial.number]
        size, first = self._rules.size_of(trial.number, len(trial.stages)), self._first
        self._tasks.add(seconds, size, first=trial.number in first)

    def lost(self, number: int) -> None:
        """Takes note of a trial's task that came to nothing, whatever time it took."""
        del self.running[number]

    def slots_are(self, slots: int) -> None:
        """Takes note of how many are evaluated at a time now."""
        self._slots = max(1, slots)

    def ended(self, trial: Trial) -> None:
        """Takes note of a trial that has ended."""
        self._children.add(trial.seconds, first=trial.number in self._first)

    def has_time(self, number: int, done: int = 0) -> bool:
        """Whether a trial's next task will end in time, and all that is of use only with it.

        Nobody knows how long the first child takes, so it may always start.

        Args:
            number: of the trial.
            done: stages that it has ended.
        """
        if math.isinf(self._clock.left):
            return True
        size = self._rules.size_of(number, done)
        if self._rules.budgets is not None and not done:
            size = max(size, self._rules.budgets.cohort(number, self._slots))
        seconds = self._tasks.longest(size)
        if seconds is None:
            return not (self._clock.over and self.running)
        return seconds <= self._clock.left

    def left(self, children: float) -> float | None:
        """Seconds until the time is up or, where that is sooner, until so many more have ended.

        None while nothing is known of either.
        """
        left, mean = self._clock.left, self._children.mean
        if math.isfinite(children) and mean is not None:
            now = self._clock.spent
            begun = sum(min(mean, now - since) for since in self.running.values())
            left = min(left, math.ceil(children / self._slots) * mean - begun / self._slots)
        return max(0.0, left) if math.isfinite(left) else None
