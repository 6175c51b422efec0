"""Checkpoints: one file a step, the last few kept, a damaged one passed over. No TensorFlow."""

import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nasnet.runtime.errors import one_line
from nasnet.runtime.files import replacing

_NAME = re.compile(r"step-(\d{9})\.npz")
DAMAGE = (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error)


class Checkpoints:
    """The files `step-000001000.npz` of a folder, arrays by name; no pickle.

    Args:
        folder: made with the first checkpoint.
        keep: how many of the newest stay.

    Raises:
        ValueError: none would stay.
    """

    def __init__(self, folder: Path, keep: int = 3) -> None:
        if keep < 1:
            raise ValueError(f"kept checkpoints is {keep}, expected at least 1")
        self.folder, self._keep = folder, keep

    def save(self, step: int, arrays: Mapping[str, np.ndarray]) -> Path:
        """Writes a checkpoint aside, flushes it to disk, renames it, and drops the oldest.

        Raises:
            OSError: the folder cannot be written; the checkpoints are then as they were.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(step)
        # Straight into the file: a large network's state need not be in memory twice.
        with replacing(path) as file:
            np.savez(file, allow_pickle=False, **arrays)
        self._flush_folder()
        for old in self.paths()[: -self._keep]:
            old.unlink(missing_ok=True)
        for torn in self.folder.glob(".step-*"):  # of a process that was killed while it wrote
            torn.unlink(missing_ok=True)
        return path

    def newest(self) -> tuple[int, dict[str, np.ndarray], list[str]] | None:
        """The newest checkpoint that can be read.

        Returns:
            Its step, its arrays, and one line on each newer file that is damaged; None where there
            is no file at all.

        Raises:
            ValueError: there are files, and all of them are damaged.
        """
        damaged: list[str] = []
        for path in reversed(self.paths()):
            try:
                return step_of(path), read_checkpoint(path), damaged
            except DAMAGE as error:
                reason = one_line(error)
                damaged.append(f"{path} is damaged ({reason}), going back to the one before")
        if damaged:
            raise ValueError(
                f"checkpoints in {self.folder} are all damaged, expected one that can be read"
            )
        return None

    def path(self, step: int) -> Path:
        """The file of a step, whether it is there or not."""
        return self.folder / f"step-{step:09d}.npz"

    def paths(self) -> list[Path]:
        """The files, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))

    def _flush_folder(self) -> None:
        """Makes the new name itself outlast a power failure."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint.

    Raises:
        DAMAGE: one of these errors where the file is damaged.
    """
    # Opened here, for NumPy leaves a file that it cannot read open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def step_of(path: Path) -> int:
    """The training step in a checkpoint's name.

    Raises:
        ValueError: it is no such name.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"checkpoint is {path.name!r}, expected step-000001000.npz or the like")
    return int(match[1])
