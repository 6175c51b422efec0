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


class MemoryStore:
    """Trials in memory, for searches of seconds: there is no state of the controller to keep."""

    durable = False

    def __init__(self) -> None:
        self._trials: dict[int, Trial] = {}

    def trials(self) -> list[Trial]:
        return [self._trials[number] for number in sorted(self._trials)]

    def controller_state(self) -> None:
        return None

    def save(self, trials: Iterable[Trial], controller_state: bytes | None = None) -> None:
        for trial in trials:
            self._trials[trial.number] = trial
