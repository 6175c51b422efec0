"""Transactions with a database: a file here, or a server that may be away for a while."""

import contextlib
import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from nasnet.search.stores.address import Address
from nasnet.search.stores.base import StoreError

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
PATIENCE = 600.0  # seconds that a server may be away
_LOCK_SECONDS = 5.0  # in which a server notices that a driver was killed
_PAUSE = 0.5
_log = logging.getLogger(__name__)


class Session(Protocol):
    """Does what is to be done in one transaction each."""

    schema: str | None

    def prepare(self) -> None:
        """What a database needs before its tables are made."""

    def run(self, do: Work[T]) -> T:
        """What `do` gives; what it wrote is there as a whole, or not at all."""

    def close(self) -> None:
        """Gives the database back."""


class FileSession:
    """An SQLite file, whose transactions survive the machine's sudden end.

    Args:
        path: of the file.
    """

    schema: str | None = None

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _make_durable)

    def prepare(self) -> None:
        with self._engine.connect() as connection:  # the mode cannot change in a transaction
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def run(self, do: Work[T]) -> T:
        with self._engine.begin() as connection:
            return do(connection)

    def close(self) -> None:
        self._engine.dispose()


def _make_durable(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=10000")


class ServerSession:
    """One connection to a PostgreSQL server, made again when it is lost.

    All of a transaction is done again then, so it must not matter whether it was done before.

    Args:
        address: of the search.
        exclusive: whether no other process may write to this search meanwhile. The lock belongs to
            the connection: who is gone has lost it.

    Raises:
        ValueError: psycopg is missing.
    """

    def __init__(self, address: Address, *, exclusive: bool = False) -> None:
        self._address, self._exclusive = address, exclusive
        self.schema: str | None = address.schema
        url = sa.make_url(address.url).set(drivername="postgresql+psycopg")
        try:
            self._engine = sa.create_engine(
                url, execution_options={"schema_translate_map": {None: address.schema}}
            )
        except ModuleNotFoundError as error:
            raise ValueError(
                f"store is {address} and {error.name} is missing, expected it to be installed: "
                "pip install 'psycopg[binary]'"
            ) from None
        self._connection: sa.Connection | None = None
        self._was_there = False

    def prepare(self) -> None:
        """Nothing."""

    def run(self, do: Work[T]) -> T:
        started = time.monotonic()
        while True:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                with self._connection.begin():
                    found = do(self._connection)
                self._was_there = True
                return found
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
                self._drop()
                waited = time.monotonic() - started
                if not self._was_there or waited > PATIENCE:
                    raise
                if waited < _PAUSE:
                    reason = str(error.orig).strip().splitlines()[0]
                    text = "store %s is away (%s), trying again for %d minutes"
                    _log.warning(text, self._address, reason, PATIENCE // 60)
            time.sleep(_PAUSE)

    def close(self) -> None:
        self._drop()
        self._engine.dispose()

    def _connect(self) -> sa.Connection:
        connection = self._engine.connect()
        if self._exclusive:
            try:
                self._lock(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _lock(self, connection: sa.Connection) -> None:
        digest = hashlib.sha256(self._address.schema.encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            with connection.begin():
                query = sa.text("SELECT pg_try_advisory_lock(:key)")
                if connection.execute(query, {"key": key}).scalar():
                    return
            if time.monotonic() > deadline:
                raise StoreError(
                    f"store {self._address} is in use by another process, expected it to be free"
                )
            time.sleep(_PAUSE)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sa.exc.DBAPIError):  # it is gone already
                connection.invalidate()
                connection.close()


def open_session(place: Path | Address, *, exclusive: bool) -> Session:
    """The session of a place; processes that work in a run directory lock that itself."""
    if isinstance(place, Address):
        return ServerSession(place, exclusive=exclusive)
    return FileSession(place)
