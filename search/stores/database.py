"""The durable record of a search: one SQLite file.

A trial's result and the controller's state are written in one transaction, so that a search killed
at any moment goes on as if it had not been. The state is kept in parts, and only parts that differ
from the last time are written: of a policy's weights, which change once a minibatch, nothing is
written in between.
"""

from collections.abc import Iterable
from pathlib import Path

from nasnet.search.stores.base import StoreError
from nasnet.search.trial import Trial

_PART = 1 << 16  # bytes of the controller's state in a row


class TrialStore:
    """Trials and the controller's state in one database.

    Args:
        path: the SQLite file; made where it is missing, unless `create` is False.
        create: whether a missing file, or one without tables, becomes a store.

    Raises:
        StoreError: the file is missing or empty though it must not be, damaged, or of another
            version.
    """

    durable = True

    def __init__(self, path: Path, *, create: bool = True) -> None:
        from nasnet.search.stores import statements  # SQLAlchemy, for those alone who open a store

        self._path, self._do = path, statements
        self._parts: list[bytes] | None = None  # of the state, as they are in the file
        if not create and not path.is_file():
            raise StoreError(f"store {path} is missing, expected the file of an earlier search")
        self._engine = statements.connect(path)
        try:
            self._open(create)
        except statements.DatabaseError as error:
            self.close()
            raise StoreError(f"store {path} cannot be read: {error.orig}") from None
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Gives the file back; what was saved stays."""
        self._engine.dispose()

    def __enter__(self) -> "TrialStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def trials(self) -> list[Trial]:
        """All trials in the order of their numbers.

        Raises:
            StoreError: the file is damaged.
        """
        try:
            with self._engine.connect() as connection:
                return self._do.read_trials(connection)
        except (self._do.DatabaseError, ValueError) as error:
            raise StoreError(f"store {self._path} cannot be read: {error}") from None

    def controller_state(self) -> bytes | None:
        """What the last `save` with a state wrote; None before the first."""
        with self._engine.connect() as connection:
            parts = self._do.read_state(connection)
        return b"".join(parts) if parts else None

    def save(self, trials: Iterable[Trial], controller_state: bytes | None = None) -> None:
        """Writes trials, new or known, and the controller's state: all of it or nothing."""
        parts = self._parts
        if (state := controller_state) is not None:
            parts = [state[i : i + _PART] for i in range(0, len(state), _PART)] or [b""]
        with self._engine.begin() as connection:
            self._do.write_trials(connection, trials)
            if parts is not None and parts is not self._parts:
                self._do.write_state(connection, parts, self._parts)
        self._parts = parts

    def seconds(self) -> float:
        """The wall time of the search so far, as it was kept last; 0 before, as of version 0.1."""
        with self._engine.connect() as connection:
            return self._do.read_seconds(connection)

    def keep_seconds(self, seconds: float) -> None:
        """Writes the wall time of the search so far."""
        with self._engine.begin() as connection:
            self._do.write_seconds(connection, seconds)

    def _open(self, create: bool) -> None:
        if self._do.is_empty(self._engine, self._path):
            if not create:
                raise StoreError(f"store {self._path} holds no tables, expected a search's")
            self._do.create_tables(self._engine)
        with self._engine.connect() as connection:
            self._do.check(connection, self._path)
