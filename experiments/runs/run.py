"""A run: all of one search, one training or one comparison, in one folder that can be moved.

`config.json` holds its settings and versions; a search has beside it `nasnet.db` (the store),
`data/` (the images of the proxy task), and what it draws. Paths inside are relative.

Every kind of run lives alike. It begins with a folder into which `record` writes its settings last:
a folder with a config is a whole run, and "auto" is resolved once. It is opened again with the
settings that it has, of which some may change; one process at a time works in it, behind `lock`.
"""

import dataclasses
import json
import shlex
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Generic, TypeVar

from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.owner import owned, working
from nasnet.experiments.runs.values import differences, from_json, pinned, values_of
from nasnet.runtime.files import write_atomically

VERSION = 1
S = TypeVar("S")
_KEYS = ("format", "version", "settings", "source", "classes", "environment")
_LATER_KEYS = ("content", "lines")  # version 0.1 had none


@dataclasses.dataclass(frozen=True)
class RunKind(Generic[S]):
    """A kind of run.

    Args:
        format: the name of its config's form.
        what: it, in a word.
        name: what new folders begin with.
        settings: the dataclass of its settings.
        may_change: settings that do not make another run of it when they change.
        one_of: settings that say one thing in several ways: the one that is given when a run goes
            on takes the place of all.
        check: raises ValueError where a run cannot be gone on with.
    """

    format: str
    what: str
    name: str
    settings: type[S]
    may_change: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    check: Callable[["Run[S]"], None] = lambda run: None

    def create(self, path: Path | None, name: str = "") -> "Run[S]":
        """A new folder; without a path one below `runs/`, named after `name` and the time.

        Raises:
            ValueError: there is something already.
            OSError: it cannot be written.
        """
        path = path or _free_path(name or self.name)
        if path.is_dir() and (path / "config.json").exists():
            raise ValueError(
                f"{path} holds a run already, expected a new folder "
                f"(or {shlex.join(('--resume', str(path)))})"
            )
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise ValueError(f"{path} is there already, expected a new or an empty folder")
        path.mkdir(parents=True, exist_ok=True)
        return Run(path, self)

    def open(self, path: Path) -> "Run[S]":
        """An earlier run.

        Raises:
            NotFoundError: there is none.
        """
        run = Run(path, self)
        if not path.is_dir():
            raise NotFoundError(
                f"run directory {path} does not exist, expected that of a {self.what}"
            )
        if not run.config.is_file():
            raise NotFoundError(f"{path} holds no {self.what}, expected a folder with config.json")
        return run

    def is_at(self, path: Path) -> bool:
        """Whether a folder holds a run of this kind."""
        try:
            config = json.loads((path / "config.json").read_text())
        except (OSError, ValueError):
            return False
        return isinstance(config, dict) and config.get("format") == self.format

    def read(self, stored: Any) -> S:
        """Settings from their JSON values.

        Raises:
            ValueError: one is unknown or out of range.
        """
        return from_json(self.settings, stored)

    def reopen(self, path: Path, settings: S) -> "Run[S]":
        """An earlier run, to go on with `settings`, which are recorded.

        Raises:
            NotFoundError: there is none.
            ValueError: settings have changed that may not, and the text names them; or the run
                cannot be gone on with.
        """
        run = self.open(path)
        self.check(run)
        settings = pinned(settings, run.data_name)
        if run.changes(settings):
            run.write_config(settings, run.facts)
        run.facts.say()
        return run


class Run(Generic[S]):
    """Where things lie in a run's folder.

    Args:
        path: the folder.
        kind: what runs there.
    """

    def __init__(self, path: Path, kind: RunKind[S]) -> None:
        self.path, self.kind = path, kind
        self.config = path / "config.json"
        self.store = path / "nasnet.db"
        self.data = path / "data"
        self.best = path / "best.json"

    @property
    def called(self) -> str:
        """What a command takes it by."""
        return str(self.path)

    def lock(self) -> AbstractContextManager[None]:
        """Held while a process works here; the system frees it when the process ends.

        Raises:
            ValueError: another process holds it.
        """
        return owned(self.path)

    @property
    def working(self) -> str | None:
        """Which process works here now, in words; None where none does."""
        return working(self.path)

    def record(self, settings: S, facts: DataFacts) -> None:
        """Records what a new run is, the last step of its beginning, and says what its data are."""
        self.write_config(pinned(settings, facts.name), facts)
        facts.say()

    def write_config(self, settings: S, facts: DataFacts) -> None:
        """Writes settings, data, and what the run runs with."""
        from nasnet.experiments.runs.environment import environment

        config = {
            "format": self.kind.format,
            "version": VERSION,
            "settings": dataclasses.asdict(settings),  # type: ignore[call-overload]
            **facts.written(),
            "environment": environment(),
        }
        write_atomically(self.config, json.dumps(config, indent=2) + "\n")

    def config_text(self) -> str:
        """What `write_config` wrote, as text."""
        return self.config.read_text()

    def read_config(self) -> dict[str, Any]:
        """What `write_config` wrote.

        Raises:
            ValueError: the file is not such a record.
        """
        try:
            config = json.loads(self.config_text())
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{self.config} is not JSON: {error}") from None
        if not isinstance(config, dict) or {*config} - {*_LATER_KEYS} != {*_KEYS}:
            keys = sorted(config) if isinstance(config, dict) else config
            raise ValueError(f"{self.config} has the keys {keys}, expected {sorted(_KEYS)}")
        if config["format"] != self.kind.format or config["version"] != VERSION:
            found = f"{config['format']!r} version {config['version']!r}"
            expected = f"{self.kind.format!r} version {VERSION}"
            raise ValueError(f"{self.config} is {found}, expected {expected}")
        return config

    @property
    def settings(self) -> S:
        """The run's own.

        Raises:
            ValueError: the file is not such a record, or a setting is unknown or out of range.
        """
        try:
            return self.kind.read(self.read_config()["settings"])
        except ValueError as error:
            raise ValueError(f"{self.config}: {error}") from None

    @property
    def recorded(self) -> dict[str, Any]:
        """The settings as JSON values; nothing that they name is loaded or run.

        Raises:
            ValueError: the file is not such a record, or a setting is unknown.
        """
        stored = self.read_config()["settings"]
        try:
            return values_of(self.kind.settings, stored)
        except ValueError as error:
            raise ValueError(f"{self.config}: {error}") from None

    @property
    def data_name(self) -> str:
        """The data that the settings name."""
        settings: Any = self.settings
        return settings.data

    @property
    def facts(self) -> DataFacts:
        """What is known of its data."""
        return DataFacts.read(self.read_config(), self.data_name)

    @property
    def source(self) -> str:
        """A line about its data."""
        return self.read_config()["source"]

    def changes(self, new: S) -> list[str]:
        """One line for each setting of the run that differs now.

        Raises:
            ValueError: one of them is not among those that may change; the text names them all.
        """
        lines = differences(pinned(self.settings, self.data_name), pinned(new, self.data_name))
        changed = [line for line in lines if line.split(":")[0] not in self.kind.may_change]
        if changed:
            raise ValueError(
                f"settings have changed, expected those of {self.path}: {'; '.join(changed)}"
            )
        return lines


def _free_path(name: str) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{name}-{stamp}", *(f"{name}-{stamp}-{i}" for i in range(2, 100)))
    paths = [Path("runs") / name for name in names]
    return next((path for path in paths if not path.exists()), paths[-1])


def clear_unmade(path: Path) -> None:
    """Removes a run directory that a kill met while it was made: nothing has run in it yet."""
    if path.is_dir() and not (path / "config.json").is_file():
        shutil.rmtree(path)
