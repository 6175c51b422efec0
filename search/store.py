"""The durable record of a search: one SQLite file, or any database that SQLAlchemy reaches.

A trial's result and the controller's state are written in one transaction, so that a search killed
at any moment goes on as if it had not been. The state is kept in parts, and only parts that differ
from the last time are written: of a policy's weights, which change once a minibatch, nothing is
written in between.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from nasnet.controller.protocol import Proposal
from nasnet.search.trial import Trial

VERSION = "1"
_TABLES = sa.MetaData()
_META = sa.Table(
    "nasnet_meta",
    _TABLES,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_CONTROLLER = sa.Table(
    "nasnet_controller",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.LargeBinary, nullable=False),
)
_PART = 1 << 16  # bytes of the controller's state in a row
_TRIALS = sa.Table(
    "nasnet_trials",
    _TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("choices", sa.Text, nullable=False),
    sa.Column("log_probs", sa.Text, nullable=False),
    sa.Column("genotype", sa.Text, nullable=False),
    sa.Column("key", sa.String(16), nullable=False, index=True),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("reward", sa.Double),
    sa.Column("observed", sa.Boolean, nullable=False),
    sa.Column("reused_from", sa.Integer),
    sa.Column("metrics", sa.Text, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)


_UPSERTS = {
    table: insert.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={c.name: insert.excluded[c.name] for c in table.c if not c.primary_key},
    )
    for table in (_TRIALS, _CONTROLLER)
    for insert in (sqlite.insert(table),)
}


class StoreError(ValueError):
    """The store cannot be read: it is damaged, foreign, or of another version."""


class TrialStore:
    """Trials and the controller's state in one database.

    Args:
        path: the SQLite file; made where it is missing, unless `create` is False.
        create: whether a missing file is made.

    Raises:
        StoreError: the file is missing though it must not be, damaged, or of another version.
    """

    durable = True

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._path = path
        self._parts: list[bytes] | None = None  # of the state, as they are in the file
        if not create and not path.is_file():
            raise StoreError(f"store {path} is missing, expected the file of an earlier search")
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _make_durable)
        try:
            self._open()
        except sa.exc.DatabaseError as error:
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
                rows = connection.execute(sa.select(_TRIALS).order_by(_TRIALS.c.number)).mappings()
                return [_trial(row) for row in rows]
        except (sa.exc.DatabaseError, ValueError) as error:
            raise StoreError(f"store {self._path} cannot be read: {error}") from None

    def controller_state(self) -> bytes | None:
        """What the last `save` with a state wrote; None before the first."""
        with self._engine.connect() as connection:
            query = sa.select(_CONTROLLER.c.state).order_by(_CONTROLLER.c.id)
            parts = list(connection.execute(query).scalars())
        return b"".join(parts) if parts else None

    def save(self, trials: Iterable[Trial], controller_state: bytes | None = None) -> None:
        """Writes trials, new or known, and the controller's state: all of it or nothing."""
        parts = self._parts if controller_state is None else _split(controller_state)
        with self._engine.begin() as connection:
            if rows := [_row(trial) for trial in trials]:
                connection.execute(_UPSERTS[_TRIALS], rows)
            if parts is not None and parts is not self._parts:
                self._write_parts(connection, parts)
        self._parts = parts

    def _write_parts(self, connection: sa.Connection, parts: list[bytes]) -> None:
        if self._parts is None or len(parts) < len(self._parts):
            known: list[bytes] = []
            connection.execute(sa.delete(_CONTROLLER))
        else:
            known = self._parts
        fresh = [
            {"id": i, "state": part}
            for i, part in enumerate(parts)
            if i >= len(known) or part != known[i]
        ]
        if fresh:
            connection.execute(_UPSERTS[_CONTROLLER], fresh)

    def _open(self) -> None:
        found = set(sa.inspect(self._engine).get_table_names())
        if not found:
            with (
                self._engine.connect() as connection
            ):  # no transaction: the mode cannot change in one
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        with self._engine.begin() as connection:
            ours = set(_TABLES.tables)
            if found and not ours <= found:
                raise StoreError(
                    f"store {self._path} holds the tables {sorted(found)}, expected a search's"
                )
            if not found:
                _TABLES.create_all(connection)
                connection.execute(sa.insert(_META), {"key": "version", "value": VERSION})
            version = connection.execute(
                sa.select(_META.c.value).where(_META.c.key == "version")
            ).scalar()
            if version != VERSION:
                raise StoreError(f"store {self._path} has version {version!r}, expected {VERSION}")
            damage = connection.execute(sa.text("PRAGMA quick_check(1)")).scalar()
            if damage != "ok":
                first = str(damage).splitlines()[0]
                raise StoreError(f"store {self._path} is damaged: {first}")


def _split(state: bytes) -> list[bytes]:
    return [state[i : i + _PART] for i in range(0, len(state), _PART)] or [b""]


def _make_durable(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=10000")


def _row(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state,
        "choices": json.dumps(trial.proposal.choices),
        "log_probs": json.dumps(trial.proposal.log_probs),
        "genotype": trial.genotype,
        "key": trial.key,
        "seed": trial.seed,
        "attempt": trial.attempt,
        "reward": trial.reward,
        "observed": trial.observed,
        "reused_from": trial.reused_from,
        "metrics": json.dumps(trial.metrics),
        "seconds": trial.seconds,
        "error": trial.error,
    }


def _trial(row: Any) -> Trial:
    values = dict(row)
    choices, log_probs = (tuple(json.loads(values.pop(n))) for n in ("choices", "log_probs"))
    metrics = json.loads(values.pop("metrics"))
    return Trial(proposal=Proposal(choices, log_probs), metrics=metrics, **values)
