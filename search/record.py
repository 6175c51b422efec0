"""The trials of a search, in memory and in its store."""

import math
import time
from collections.abc import Callable

from nasnet.search.stores.base import Store
from nasnet.search.trial import Trial, best_trial

_GROUP_SECONDS = 0.02


class Record:
    """All that is known of a search's trials; what has changed is saved in one transaction.

    Children of some milliseconds share a transaction: what a kill undoes, beside the running
    children, is at most 20 ms of finished ones.

    Args:
        store: the record so far.
        state: gives the controller's state, which is saved with what it was told or asked.

    Attributes:
        trials: all proposals so far, by number.
        finished: how many trials have ended.
        failed: how many of these ended without a result.
        best: the first of the complete trials with the highest reward.
        controller_moved: whether the controller's state has changed since it was saved.
        unsaved_seconds: of children that have ended since.
    """

    def __init__(self, store: Store, state: Callable[[], bytes]) -> None:
        self._store, self._state = store, state
        self.trials = store.trials()
        self.finished = sum(trial.done for trial in self.trials)
        self.failed = sum(trial.failed for trial in self.trials)
        self.best = best_trial(self.trials)
        self.controller_moved = False
        self.unsaved_seconds, self._saved_at = 0.0, -math.inf
        self._unsaved: dict[int, Trial] = {}
        self._known: dict[str, int] = {}
        for trial in self.trials:
            self._remember(trial)

    def add(self, trial: Trial) -> None:
        """Takes a new trial, whose number is the next."""
        self.trials.append(trial)
        self._unsaved[trial.number] = trial

    def change(self, trial: Trial) -> None:
        """Takes a trial as it is now."""
        self.trials[trial.number] = self._unsaved[trial.number] = trial

    def end(self, trial: Trial) -> None:
        """Takes a trial that has ended."""
        self.change(trial)
        self.finished += 1
        self.failed += trial.failed
        self.best = best_trial([self.best, trial] if self.best else [trial])
        self._remember(trial)

    def known(self, key: str) -> Trial | None:
        """The first trial that has a result for the networks of this key."""
        number = self._known.get(key)
        return None if number is None else self.trials[number]

    def save_if_due(self) -> None:
        """Saves where there is enough to save."""
        waited = time.monotonic() - self._saved_at
        if max(self.unsaved_seconds, waited) >= _GROUP_SECONDS:
            self.save()

    def save(self) -> None:
        """Writes what has changed since the last time: all of it or nothing."""
        if not self._unsaved:
            return
        moved = self.controller_moved and self._store.durable
        self._store.save(self._unsaved.values(), self._state() if moved else None)
        self._unsaved.clear()
        self.controller_moved = False
        self.unsaved_seconds, self._saved_at = 0.0, time.monotonic()

    def _remember(self, trial: Trial) -> None:
        if trial.state in ("complete", "stopped"):
            self._known.setdefault(trial.key, trial.number)
