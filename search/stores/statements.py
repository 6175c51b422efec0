"""The tables of a database and what is said to it. Imports SQLAlchemy, which takes a while."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from nasnet.controller.protocol import Proposal
from nasnet.search.stores.base import StoreError
from nasnet.search.trial import Trial

VERSION = "1"
_SECONDS, _CONFIG = "seconds", "config"  # keys
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
_TRIALS = sa.Table(
    "nasnet_trials",
    _TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("choices", sa.JSON, nullable=False),
    sa.Column("log_probs", sa.JSON, nullable=False),
    sa.Column("genotype", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("reward", sa.Double),
    sa.Column("observed", sa.Boolean, nullable=False),
    sa.Column("reused_from", sa.Integer),
    sa.Column("metrics", sa.JSON, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)


def _upserts(insert: Any) -> dict[sa.Table, Any]:
    """For each table what writes a row, whether it is there or not."""
    found = {}
    for table in (_TRIALS, _CONTROLLER, _META):
        row = insert(table)
        values = {c.name: row.excluded[c.name] for c in table.c if not c.primary_key}
        found[table] = row.on_conflict_do_update(
            index_elements=list(table.primary_key), set_=values
        )
    return found


_UPSERTS = {"sqlite": _upserts(sqlite.insert), "postgresql": _upserts(postgresql.insert)}

Connection = sa.Connection
DatabaseError = sa.exc.DatabaseError


def is_empty(connection: Connection, schema: str | None, place: object) -> bool:
    """Whether a database, or a schema of it, has no table yet.

    Raises:
        StoreError: it has tables, but not those of a search.
    """
    found = set(sa.inspect(connection).get_table_names(schema))
    if found and not set(_TABLES.tables) <= found:
        raise StoreError(f"store {place} holds the tables {sorted(found)}, expected a search's")
    return not found


def create_tables(connection: Connection, schema: str | None) -> None:
    """Makes the tables of a search where there are none: all of them or none."""
    if schema is None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # SQLite's driver begins none for tables
    else:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:s))"), {"s": schema})
        connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    # Another process may have been first.
    if not sa.inspect(connection).has_table(_META.name, schema):
        _TABLES.create_all(connection)
        connection.execute(sa.insert(_META), {"key": "version", "value": VERSION})


def check(connection: Connection, place: object) -> None:
    """Raises StoreError unless the tables are of this version and whole."""
    version = connection.execute(sa.select(_META.c.value).where(_META.c.key == "version")).scalar()
    if version != VERSION:
        raise StoreError(f"store {place} has version {version!r}, expected {VERSION}")
    if connection.dialect.name == "sqlite":
        damage = connection.execute(sa.text("PRAGMA quick_check(1)")).scalar()
        if damage != "ok":
            raise StoreError(f"store {place} is damaged: {str(damage).splitlines()[0]}")


def read_trials(connection: Connection) -> list[Trial]:
    """All trials in the order of their numbers."""
    rows = connection.execute(sa.select(_TRIALS).order_by(_TRIALS.c.number)).mappings()
    return [_trial(row) for row in rows]


def write_trials(connection: Connection, trials: Iterable[Trial]) -> None:
    """Writes trials, new or known."""
    if rows := [_row(trial) for trial in trials]:
        connection.execute(_UPSERTS[connection.dialect.name][_TRIALS], rows)


def read_seconds(connection: Connection) -> float:
    """The wall time of the search; 0 where it was never written."""
    return float(_read(connection, _SECONDS) or 0.0)


def write_seconds(connection: Connection, seconds: float) -> None:
    """Writes the wall time of the search."""
    _write(connection, _SECONDS, repr(seconds))


def read_config(connection: Connection) -> str | None:
    """What the search is; None where it was never written, as in files, which lie beside it."""
    return _read(connection, _CONFIG)


def write_config(connection: Connection, config: str) -> None:
    """Writes what the search is."""
    _write(connection, _CONFIG, config)


def _read(connection: Connection, key: str) -> str | None:
    return connection.execute(sa.select(_META.c.value).where(_META.c.key == key)).scalar()


def _write(connection: Connection, key: str, value: str) -> None:
    rows = {"key": key, "value": value}
    connection.execute(_UPSERTS[connection.dialect.name][_META], rows)


def read_state(connection: Connection) -> list[bytes]:
    """The parts of the controller's state."""
    query = sa.select(_CONTROLLER.c.state).order_by(_CONTROLLER.c.id)
    return list(connection.execute(query).scalars())


def write_state(
    connection: Connection, parts: Sequence[bytes], known: Sequence[bytes] | None
) -> None:
    """Writes the parts of a state that differ from those there, `known`; None is not known."""
    if known is None or len(parts) < len(known):
        known = ()
        connection.execute(sa.delete(_CONTROLLER))
    fresh = [
        {"id": i, "state": part}
        for i, part in enumerate(parts)
        if i >= len(known) or part != known[i]
    ]
    if fresh:
        connection.execute(_UPSERTS[connection.dialect.name][_CONTROLLER], fresh)


def _row(trial: Trial) -> dict[str, Any]:
    proposal = {"choices": trial.proposal.choices, "log_probs": trial.proposal.log_probs}
    return {c.name: getattr(trial, c.name) for c in _TRIALS.c if c.name not in proposal} | proposal


def _trial(row: Any) -> Trial:
    values = dict(row)
    choices, log_probs = (tuple(values.pop(name)) for name in ("choices", "log_probs"))
    return Trial(proposal=Proposal(choices, log_probs), **values)
