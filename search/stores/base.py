"""What the loop asks of a store, and the store of a search that nothing need survive."""

from collections.abc import Iterable
from typing import Protocol

from nasnet.search.trial import Trial


class StoreError(ValueError):
    """The store cannot be read: it is missing, damaged, foreign, or of another version."""


class Store(Protocol):
    """The record of a search."""

    @property
    def durable(self) -> bool:
        """Whether a later process can go on from it; if not, no controller's state is saved."""

    def trials(self) -> list[Trial]:
        """All trials in the order of their numbers."""

    def controller_state(self) -> bytes | None:
        """The last state saved; None before the first."""

    def save(self, trials: Iterable[Trial], controller_state: bytes | None = None) -> None:
        """Writes trials, new or known, and the controller's state if given: all of it or none."""

    def seconds(self) -> float:
        """The wall time of the search so far, as it was kept last; 0 before."""

    def keep_seconds(self, seconds: float) -> None:
        """Writes the wall time of the search so far."""


class MemoryStore:
    """Trials in memory, for searches of seconds: there is no state of the controller to keep."""

    durable = False

    def __init__(self) -> None:
        self._trials: dict[int, Trial] = {}
        self._seconds = 0.0

    def trials(self) -> list[Trial]:
        return [self._trials[number] for number in sorted(self._trials)]

    def controller_state(self) -> None:
        return None

    def save(self, trials: Iterable[Trial], controller_state: bytes | None = None) -> None:
        for trial in trials:
            self._trials[trial.number] = trial

    def seconds(self) -> float:
        return self._seconds

    def keep_seconds(self, seconds: float) -> None:
        self._seconds = seconds
