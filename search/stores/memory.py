"""The store of a search that nothing need survive."""

from collections.abc import Iterable

from nasnet.search.trial import Trial


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
