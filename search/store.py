"""The durable record of a search: one SQLite file, or any database that SQLAlchemy reaches.

A trial's result and the controller's state are written in one transaction, so that a search killed
at any moment goes on as if it had not been.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from controller.protocol import Proposal
from search.trial import Trial

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

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._path = path
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
            return connection.execute(sa.select(_CONTROLLER.c.state)).scalar()

    def save(self, trials: Iterable[Trial], controller_state: bytes | None = None) -> None:
        """Writes trials, new or known, and the controller's state: all of it or nothing."""
        with self._engine.begin() as connection:
            if rows := [_row(trial) for trial in trials]:
                insert = sqlite.insert(_TRIALS)
                changed = {c.name: insert.excluded[c.name] for c in _TRIALS.c if c.name != "number"}
                upsert = insert.on_conflict_do_update(index_elements=["number"], set_=changed)
                connection.execute(upsert, rows)
            if controller_state is not None:
                connection.execute(sa.delete(_CONTROLLER))
                connection.execute(sa.insert(_CONTROLLER), {"id": 1, "state": controller_state})

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
