"""Searches by where their record is: a run directory, or a name in a database."""

import json
import socket
from pathlib import Path
from typing import Any

from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.run import Run
from nasnet.experiments.searching.settings import SEARCH, SearchRun, SearchSettings
from nasnet.search.stores import StoreError, TrialStore
from nasnet.search.stores.address import Address, is_url


class StoredRun(Run[SearchSettings]):
    """A search that is known by its record in a database; its directory may be elsewhere.

    Args:
        address: of the record, `postgresql://HOST/DATABASE#SEARCH`.

    Raises:
        NotFoundError: there is no such search.
        StoreError: the database cannot be read.
    """

    def __init__(self, address: str) -> None:
        try:
            with TrialStore(address, create=False) as store:
                text = store.config()
        except StoreError as error:
            if "holds no such search" in str(error):
                raise NotFoundError(str(error)) from None
            raise
        if text is None:
            raise NotFoundError(f"store {address} holds no search that has begun")
        record = json.loads(text)
        super().__init__(Path(record["path"]), SEARCH)
        self.address, self.host = address, record["host"]
        self._text = record["config"]

    @property
    def called(self) -> str:
        return self.address

    @property
    def working(self) -> str | None:
        if self.path.is_dir() and (found := super().working):
            return found
        try:
            with TrialStore(self.address, create=False, exclusive=True):
                return None
        except StoreError as error:
            if "is in use" not in str(error):
                raise
        return f"running now, begun on {self.host}"

    def config_text(self) -> str:
        return self._text


def open_search(text: str | Path, *, here: bool = False) -> SearchRun:
    """A search by its directory, or by the address of its record.

    Args:
        text: which search.
        here: whether its directory, where the images are, must be on this machine.

    Raises:
        NotFoundError: there is none, or its directory is elsewhere.
    """
    if not is_url(text):
        return SEARCH.open(Path(text))
    run = StoredRun(str(text))
    if here and not run.path.is_dir():
        raise NotFoundError(
            f"run directory of {text} is {run.path} on {run.host}, expected it here: its images "
            "are there"
        )
    return run


def record_place(run: Run[Any]) -> Path | str:
    """Where the trials of a run are; of a record in a database, there."""
    if isinstance(run, StoredRun):
        return run.address
    return run.recorded.get("store") or run.store


def keep_config(run: SearchRun, store: TrialStore) -> None:
    """Writes into a database what is searched there, and from which directory."""
    if isinstance(store.place, Address):
        record = {
            "host": socket.gethostname(),
            "path": str(run.path.resolve()),
            "config": run.config_text(),
        }
        store.keep_config(json.dumps(record))
