"""Images in files of their own, and how a part of them is taken or held out."""

import dataclasses
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nasnet.data.folders.names import printable


@dataclasses.dataclass(frozen=True, eq=False)
class FileSplit:
    """Images in files of their own.

    Attributes:
        folder: what the names are relative to.
        names: of the files, in order; of any bytes, as `os.fsdecode` gives them.
        labels: of the images, [N] int32.
    """

    folder: Path
    names: tuple[str, ...]
    labels: np.ndarray

    @property
    def count(self) -> int:
        """How many images."""
        return len(self.names)

    def describe(self, index: int) -> str:
        """The name of an image's file, as it can be printed."""
        return printable(self.names[index])

    def limited(self, limit: int) -> "FileSplit":
        """At most `limit` of the images, every class in its share, in the same order."""
        if limit >= self.count:
            return self
        share = self._places() / np.bincount(self.labels)[self.labels]
        return self.taken(np.sort(np.argsort(share, kind="stable")[:limit]))

    def identity(self) -> Iterator[str]:
        """Names, labels, and the sizes of some files: others mean other images."""
        yield from (f"{n}\0{label}" for n, label in zip(self.names, self.labels, strict=True))
        # A thousand, for a network's disk takes its time to tell the size of a million.
        for name in self.names[:: -(-self.count // 1000) or 1]:
            yield str((self.folder / name).stat().st_size)

    def taken(self, positions: np.ndarray) -> "FileSplit":
        """The images at `positions`."""
        names = tuple(self.names[i] for i in positions)
        return FileSplit(self.folder, names, self.labels[positions])

    def hold_out(self, share: float) -> tuple["FileSplit", "FileSplit"]:
        """Divides each class, which has two images or more; one at least goes to either side.

        The files' names decide and not a seed, so that every process of a training, and a later
        evaluation, find the same division in the folder itself. (A search keeps its images in its
        run, and divides by its seed.)
        """
        counts = np.bincount(self.labels)
        wanted = np.clip(np.rint(counts * share), 1, counts - 1)
        held = self._places() < wanted[self.labels]
        return self.taken(np.flatnonzero(~held)), self.taken(np.flatnonzero(held))

    def _places(self) -> np.ndarray:
        """The place of each image among those of its class, from 0, [N].

        Digests of the names decide: one file more moves the others by one at most.
        """
        digests = [hashlib.blake2b(os.fsencode(n), digest_size=8).digest() for n in self.names]
        order = np.lexsort((np.array(digests, "V8").view(">u8"), self.labels))
        counts = np.bincount(self.labels)
        firsts = np.cumsum(counts) - counts
        places = np.empty(len(self.names), np.int64)
        places[order] = np.arange(len(self.names)) - firsts[self.labels[order]]
        return places
