"""What a worker reads, brought to nodes that do not see the driver's folders."""

import dataclasses
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

W = TypeVar("W")


@dataclasses.dataclass(frozen=True)
class Parcel:
    """The files of a folder by their content.

    Attributes:
        folder: where they lie for the driver.
        files: content by name.
        digest: of all of it.
    """

    folder: Path
    files: Mapping[str, bytes]
    digest: str

    @classmethod
    def of(cls, folder: Path) -> "Parcel":
        """All files of a folder, without those below it."""
        files = {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}
        return cls(folder, files, _digest(files))

    def unpack(self, cache: Path) -> Path:
        """A folder of this machine that has the files: the driver's own where it is seen here.

        Args:
            cache: of this machine; what is there of the same content is used again.
        """
        if self.folder.is_dir() and Parcel.of(self.folder).digest == self.digest:
            return self.folder
        place = cache / self.digest
        if place.is_dir() and Parcel.of(place).digest == self.digest:
            return place
        cache.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=cache))
        for name, content in self.files.items():
            (made / name).write_bytes(content)
        shutil.rmtree(place, ignore_errors=True)
        try:
            os.rename(made, place)
        except OSError:  # another slot of this machine was first
            shutil.rmtree(made)
            if not place.is_dir():
                raise
        return place


def moved(value: W, places: Mapping[Path, Path]) -> W:
    """The same dataclass with other folders in it, at any depth of its fields.

    Args:
        value: a worker, or a part of one.
        places: the new folder of each old one; paths below an old one move along.
    """
    found: Any = value
    if isinstance(value, Path):
        for old, new in places.items():
            if value == old or old in value.parents:
                found = new / value.relative_to(old)
                break
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f.name for f in dataclasses.fields(value) if f.init]
        parts = {name: moved(getattr(value, name), places) for name in fields}
        if any(part is not getattr(value, name) for name, part in parts.items()):
            found = dataclasses.replace(value, **parts)
    return found


def read_folders(worker: Any) -> list[Path]:
    """The folders that a worker reads, or one in it: its `data`, and shared weights' own."""
    found: list[Path] = []
    for name in ("data", "folder") if getattr(worker, "shares_weights", False) else ("data",):
        folder = getattr(worker, name, None)
        if isinstance(folder, Path) and folder.is_dir():
            found.append(folder)
    if dataclasses.is_dataclass(worker):
        for field in dataclasses.fields(worker):
            part = getattr(worker, field.name)
            if dataclasses.is_dataclass(part) and not isinstance(part, type):
                found += read_folders(part)
    return list(dict.fromkeys(found))


def written_folders(worker: Any) -> list[Path]:
    """The folders that it writes into, which are the node's own where the driver's is not seen."""
    folder = getattr(worker, "folder", None)
    if isinstance(folder, Path) and not getattr(worker, "shares_weights", False):
        return [folder]
    return []


def _digest(files: Mapping[str, bytes]) -> str:
    found = hashlib.sha256()
    for name, content in sorted(files.items()):
        found.update(f"{name}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()[:32]


def missing_files(paths: Sequence[str]) -> list[str]:
    """Those that are no files here."""
    return [path for path in paths if not Path(path).is_file()]
