"""How long a search has run, and how much is left of its time."""

import math
import time

from nasnet.search.stores.base import Store

_KEEP_SECONDS = 5.0


class Clock:
    """The wall time of all sessions of a search, without the pauses between them.

    It is kept in the store every few seconds, so that a kill loses no more of it.

    Args:
        store: of the search.
        limit: seconds in all; None for no limit.
    """

    def __init__(self, store: Store, limit: float | None = None) -> None:
        self._store, self._limit = store, limit
        self._before = self._kept = store.seconds()
        self._began = time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds of all sessions."""
        return self._before + time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds until the limit; infinite without one."""
        return math.inf if self._limit is None else max(0.0, self._limit - self.spent)

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.left <= 0

    def keep(self, *, now: bool = False) -> None:
        """Saves the time where some seconds have passed, or `now`."""
        if now or self.spent - self._kept >= _KEEP_SECONDS:
            self._kept = self.spent
            self._store.keep_seconds(self._kept)

    def use_up(self) -> None:
        """Ends the time: what is left of it is too short for anything, and counts as spent."""
        self._before += self.left
        self.keep(now=True)
