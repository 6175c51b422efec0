"""The durable record of a search: one SQLite file, or a search in a PostgreSQL database.

A trial's result and the controller's state are written in one transaction, so that a search killed
at any moment goes on as if it had not been. The state is kept in parts, and only parts that differ
from the last time are written: of a policy's weights, which change once a minibatch, nothing is
written in between.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from nasnet.runtime.errors import one_line
from nasnet.search.stores.address import Address, is_url, parse_address
from nasnet.search.stores.base import StoreError
from nasnet.search.trial import Trial

T = TypeVar("T")
_PART = 1 << 16  # bytes of the controller's state in a row


class TrialStore:
    """Trials and the controller's state in one database.

    Args:
        place: an SQLite file, which is made where it is missing, unless `create` is False; or
            `postgresql://HOST/DATABASE#SEARCH`.
        create: whether a missing file or search, or a file without tables, becomes a store.
        exclusive: whether no other process may write to the search meanwhile. Only a server sees to
            that; of a file, whoever has its folder does.

    Raises:
        StoreError: it is missing or empty though it must not be, damaged, in use, of another
            version, or cannot be reached.
        ValueError: it is no such address, or what reaches the server is not installed.
    """

    durable = True

    def __init__(self, place: Path | str, *, create: bool = True, exclusive: bool = False) -> None:
        # SQLAlchemy, for those alone who open a store
        from nasnet.search.stores import sessions, statements

        self.place: Path | Address = parse_address(str(place)) if is_url(place) else Path(place)
        self._do = statements
        self._parts: list[bytes] | None = None  # of the state, as they are in the database
        if isinstance(self.place, Path) and not create and not self.place.is_file():
            text = f"store {place} is missing, expected the file of an earlier search"
            raise StoreError(text)
        self._session = sessions.open_session(self.place, exclusive=exclusive)
        try:
            self._open(create)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives the database back; what was saved stays."""
        self._session.close()

    def __enter__(self) -> "TrialStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def trials(self) -> list[Trial]:
        """All trials in the order of their numbers.

        Raises:
            StoreError: the database is damaged.
        """
        try:
            return self._run(self._do.read_trials)
        except ValueError as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"store {self.place} cannot be read: {error}") from None

    def controller_state(self) -> bytes | None:
        """What the last `save` with a state wrote; None before the first."""
        parts = self._run(self._do.read_state)
        return b"".join(parts) if parts else None

    def save(self, trials: Iterable[Trial], controller_state: bytes | None = None) -> None:
        """Writes trials, new or known, and the controller's state: all of it or nothing."""
        parts, trials = self._parts, list(trials)
        if (state := controller_state) is not None:
            parts = [state[i : i + _PART] for i in range(0, len(state), _PART)] or [b""]

        def write(connection: Any) -> None:
            self._do.write_trials(connection, trials)
            if parts is not None and parts is not self._parts:
                self._do.write_state(connection, parts, self._parts)

        self._run(write)
        self._parts = parts

    def seconds(self) -> float:
        """The wall time of the search so far, as it was kept last; 0 before, as of version 0.1."""
        return self._run(self._do.read_seconds)

    def keep_seconds(self, seconds: float) -> None:
        """Writes the wall time of the search so far."""
        self._run(lambda connection: self._do.write_seconds(connection, seconds))

    def config(self) -> str | None:
        """What the search is, as its run directory has it; None where that alone knows."""
        return self._run(self._do.read_config)

    def keep_config(self, config: str) -> None:
        """Writes what the search is, for those who know the store and not the directory."""
        self._run(lambda connection: self._do.write_config(connection, config))

    def _run(self, do: Callable[[Any], T]) -> T:
        try:
            return self._session.run(do)
        except self._do.DatabaseError as error:
            what = one_line(error.orig or error)
            raise StoreError(f"store {self.place} cannot be read: {what}") from None

    def _open(self, create: bool) -> None:
        schema = self._session.schema
        run, do = self._run, self._do
        if run(lambda connection: do.is_empty(connection, schema, self.place)):
            if not create:
                what = "tables, expected a search's" if schema is None else "such search"
                raise StoreError(f"store {self.place} holds no {what}")
            self._session.prepare()
            run(lambda connection: do.create_tables(connection, schema))
        run(lambda connection: do.check(connection, self.place))
