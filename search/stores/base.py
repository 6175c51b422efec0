"""What the loop asks of a store."""

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
