"""Objects of a user's own, named on the command line: `mine.py:NAME` or `package.module:NAME`.

A name is text, so it can stand in a run's settings and be loaded anew in every worker process.
"""

import hashlib
import importlib
import importlib.util
import runpy
import sys
from collections.abc import Iterable
from importlib.abc import Loader
from pathlib import Path
from types import ModuleType
from typing import Any

_PREFIX = "_loaded_"
# Modules of ours for libraries that a user's file may import and that may be missing.
STAND_INS = {"keras_tuner": "nasnet.cells.spaces.hyper.keras_tuner"}


def is_spec(text: str) -> bool:
    """Whether `text` names an object of a user's own, and not one of ours."""
    return ":" in text


def absolute(spec: str) -> str:
    """The same name, good in every working directory; what is none stays as it is."""
    place, _, name = spec.rpartition(":")
    return f"{Path(place).resolve()}:{name}" if _is_file(place) else spec


def load_object(spec: str) -> Any:
    """The object that `spec` names; a file is run once a process.

    Args:
        spec: `path/to/file.py:NAME`, or `package.module:NAME` of what can be imported.

    Raises:
        ValueError: there is no such file, module or name, or running it failed.
    """
    place, name = _parts(spec)
    module = _from_file(Path(place), spec) if _is_file(place) else _imported(place, spec)
    if not hasattr(module, name):
        known = ", ".join(key for key in vars(module) if not key.startswith("_")) or "none"
        raise ValueError(f"{place} has no {name!r}, expected one of: {known}")
    return getattr(module, name)


def load_subclass(spec: str, base: type, called: str) -> Any:
    """The class that `spec` names, one of `base`.

    Raises:
        ValueError: as `load_object`; or it is none, and `called` says what of.
    """
    found = load_object(spec)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise ValueError(f"{spec} is {found!r:.80}, expected a subclass of {called}")
    return found


def run_file(path: Path) -> dict[str, Any]:
    """What a file that was just written defines, by name.

    No other process hears of it, unlike of a user's: the file may be gone by then.
    """
    return runpy.run_path(str(path))


def loaded_object(spec: str) -> Any | None:
    """The object that `spec` names, if this process has loaded it before; nothing is run."""
    place, name = _parts(spec)
    key = _key(Path(place).resolve()) if _is_file(place) else place
    return getattr(sys.modules.get(key), name, None)


def loaded_files() -> list[str]:
    """The users' files that this process has run, in their order."""
    modules = [module for key, module in sys.modules.items() if key.startswith(_PREFIX)]
    return [str(module.__file__) for module in modules]


def load_files(paths: Iterable[str]) -> None:
    """Runs the users' files that another process has run, so that objects of theirs can be sent.

    Raises:
        ValueError: a file is missing, or running it failed.
    """
    for path in paths:
        _from_file(Path(path), path)


def _parts(spec: str) -> tuple[str, str]:
    place, _, name = spec.rpartition(":")
    if not place or not name.isidentifier():
        raise ValueError(f"name is {spec!r}, expected file.py:NAME or module:NAME")
    return place, name


def _is_file(place: str) -> bool:
    return place.endswith(".py")


def _from_file(path: Path, spec: str) -> ModuleType:
    path = path.resolve()
    key = _key(path)
    if key in sys.modules:
        return sys.modules[key]
    if not path.is_file():
        raise ValueError(f"{spec} is in {path}, expected a file that exists")
    found = importlib.util.spec_from_file_location(key, path)
    if found is None or found.loader is None:
        raise ValueError(f"{path} cannot be loaded, expected a Python file")
    module = importlib.util.module_from_spec(found)
    sys.modules[key] = module  # dataclasses look their module up while it runs
    try:
        _run(found.loader, module)
    except Exception as error:  # whatever a user's file does
        del sys.modules[key]
        raise ValueError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module


def _run(loader: Loader, module: ModuleType) -> None:
    """Runs a file, with a stand-in for a library where that is missing."""
    try:
        loader.exec_module(module)
    except ModuleNotFoundError as error:
        if error.name not in STAND_INS:
            raise
        sys.modules[error.name] = importlib.import_module(STAND_INS[error.name])
        try:
            loader.exec_module(module)
        finally:
            del sys.modules[error.name]


def _key(path: Path) -> str:
    return f"{_PREFIX}{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"


def _imported(place: str, spec: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except Exception as error:  # whatever a user's module does
        raise ValueError(f"{spec} cannot be imported: {type(error).__name__}: {error}") from error
