"""A run directory: all of one search, or one training, in one folder that can be moved.

That of a search holds `config.json` (settings, versions), `nasnet.db` (the store), `data/` (the
images of the proxy task), and what the search draws. Paths inside are relative.
"""

import dataclasses
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

import filelock

from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.searching.settings import differences, from_json, pinned
from nasnet.runtime.files import write_atomically

SEARCH, TRAINING = "nasnet-search", "nasnet-training"
VERSION = 1
T = TypeVar("T")
_KEYS = ("format", "version", "settings", "source", "classes", "environment")


class RunDirectory:
    """Where things lie in a run directory.

    Args:
        path: the folder.
        kind: `SEARCH` or `TRAINING`.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind
        self.config = path / "config.json"
        self.store = path / "nasnet.db"
        self.data = path / "data"
        self.best = path / "best.json"

    def lock(self) -> filelock.FileLock:
        """Held while a search writes here; the system frees it when the process ends.

        Raises:
            ValueError: another process holds it.
        """
        lock = filelock.FileLock(self.path / "nasnet.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise ValueError(
                f"run directory {self.path} is in use by another process, expected it to be free"
            ) from None
        return lock

    def write_config(
        self, settings: dict[str, Any], *, source: str, classes: Collection[str]
    ) -> None:
        """Records what this run is: settings, data, and what it ran with."""
        config = {
            "format": self.kind,
            "version": VERSION,
            "settings": settings,
            "source": source,
            "classes": list(classes),
            "environment": environment(),
        }
        write_atomically(self.config, json.dumps(config, indent=2) + "\n")

    def read_config(self) -> dict[str, Any]:
        """What `write_config` wrote.

        Raises:
            ValueError: the file is not such a record.
        """
        try:
            config = json.loads(self.config.read_text())
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{self.config} is not JSON: {error}") from None
        if not isinstance(config, dict) or sorted(config) != sorted(_KEYS):
            keys = sorted(config) if isinstance(config, dict) else config
            raise ValueError(f"{self.config} has the keys {keys}, expected {sorted(_KEYS)}")
        if config["format"] != self.kind or config["version"] != VERSION:
            found = f"{config['format']!r} version {config['version']!r}"
            raise ValueError(f"{self.config} is {found}, expected {self.kind!r} version {VERSION}")
        return config

    def settings(self, kind: type[T]) -> T:
        """The settings, as the dataclass `kind`.

        Raises:
            ValueError: the file is not such a record, or a setting is unknown or out of range.
        """
        try:
            return from_json(kind, self.read_config()["settings"])
        except ValueError as error:
            raise ValueError(f"{self.config}: {error}") from None

    def resume(self, settings: Any, may_change: Collection[str] = ()) -> None:
        """Records the settings to go on with.

        Args:
            settings: as they were given now; data that are left to be found out are the run's own.
            may_change: names of settings that do not make another run of it.

        Raises:
            ValueError: others have changed, and the text names them; or the file is no such record.
        """
        old = self.settings(type(settings))
        settings = pinned(settings, old.data)
        if self.changes(old, settings, may_change):
            config = self.read_config()
            self.write_config(
                dataclasses.asdict(settings), source=config["source"], classes=config["classes"]
            )

    def changes(self, old: Any, new: Any, may_change: Collection[str] = ()) -> list[str]:
        """One line for each setting of the run that differs now.

        Raises:
            ValueError: one of them is not among those that may change; the text names them all.
        """
        lines = differences(old, new)
        changed = [line for line in lines if line.split(":")[0] not in may_change]
        if changed:
            raise ValueError(
                f"settings have changed, expected those of {self.path}: {'; '.join(changed)}"
            )
        return lines


def create(path: Path | None, name: str, kind: str) -> RunDirectory:
    """A new run directory; without a path one below `runs/`, named after `name` and the time.

    Raises:
        ValueError: there is something already.
        OSError: it cannot be written.
    """
    if path is None:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        path = Path("runs") / f"{name}-{stamp}"
        for i in range(2, 100):
            if not path.exists():
                break
            path = Path("runs") / f"{name}-{stamp}-{i}"
    if path.is_dir() and (path / "config.json").exists():
        raise ValueError(f"{path} holds a run already, expected a new folder (or --resume {path})")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path} is there already, expected a new or an empty folder")
    path.mkdir(parents=True, exist_ok=True)
    return RunDirectory(path, kind)


def clear_unmade(path: Path) -> None:
    """Removes a run directory that a kill met while it was made: nothing has run in it yet."""
    if path.is_dir() and not (path / "config.json").is_file():
        shutil.rmtree(path)


def open_run(path: Path, kind: str = SEARCH) -> RunDirectory:
    """The run directory of an earlier search or training.

    Raises:
        NotFoundError: there is none.
    """
    run = RunDirectory(path, kind)
    what = "search" if kind == SEARCH else "training"
    if not path.is_dir():
        raise NotFoundError(f"run directory {path} does not exist, expected that of a {what}")
    if not run.config.is_file():
        raise NotFoundError(f"{path} holds no {what}, expected a folder with config.json")
    return run


def environment() -> dict[str, str]:
    """What a result depends on besides its settings: versions, machine, commit."""
    versions = {
        name: importlib.metadata.version(name)
        for name in ("nasnet-toolkit", "tensorflow", "tensorflow-cpu", "keras", "numpy")
        if _is_installed(name)
    }
    return {
        "python": platform.python_version(),
        **versions,
        "platform": platform.platform(),
        "cores": str(os.cpu_count()),
        "commit": _commit(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _commit() -> str:
    """The toolkit's own git commit, with a plus where files were changed since."""
    command = ["git", "-C", str(Path(__file__).parents[1]), "describe", "--always", "--dirty=+"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return result.stdout.strip() or "unknown"
