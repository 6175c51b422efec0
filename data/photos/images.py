"""Which images there are and what they show: class folders, record shards, TensorFlow Datasets.

Nothing here reads an image or loads TensorFlow; `nasnet.data.photos.pipeline` makes batches of a
split.

What a folder may hold, and what becomes of it:

- train/CLASS/*.jpg beside val/CLASS/*.jpg (or `validation`); without train, CLASS/*.jpg alone. The
  sorted names of the class folders are the labels. Without validation images, a share of each
  class is held out of the training images, chosen by the files' names.
- Files in .jpg, .jpeg and .png count, in any case of letters; other files, hidden ones, folders
  (whatever they are called) and links that lead nowhere or round in circles are passed over.
- A class folder without images, fewer than two classes or no images at all are errors.
"""

import dataclasses
import functools
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nasnet.data.photos.record_files import INDEX, PLAN, RecordSplit, open_records

__all__ = ("FileSplit", "ImageSet", "RecordSplit", "Split", "open_images")

CROP = 0.875  # side of the square that an evaluation shows, of the shorter side
MAX_PIXELS = 100_000_000  # of an image; its header may promise any number
SUFFIXES = (".jpg", ".jpeg", ".png")
_VALIDATION = ("val", "validation")
TFDS_PREFIX = "tfds:"


@dataclasses.dataclass(frozen=True, eq=False)
class FileSplit:
    """Images in files of their own.

    Attributes:
        folder: what the names are relative to.
        names: of the files, in order.
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
        """The name of an image's file."""
        return self.names[index]

    def limited(self, limit: int) -> "FileSplit":
        """At most `limit` of the images, every class in its share, in the same order."""
        if limit >= self.count:
            return self
        share = _places(self.names, self.labels) / np.bincount(self.labels)[self.labels]
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


Split = FileSplit | RecordSplit


@dataclasses.dataclass(frozen=True, eq=False)
class ImageSet:
    """Images to train on and images to choose by.

    Attributes:
        name: a short one.
        source: one line for a person: where they are, and how many.
        classes: names of the classes; a label is an index into them.
        train: the training images.
        validation: the others.
    """

    name: str
    source: str
    classes: tuple[str, ...]
    train: Split
    validation: Split

    def describe(self) -> list[str]:
        """Lines for a person."""
        return [self.source]

    @functools.cached_property
    def content(self) -> str:
        """A digest of which images these are, wherever they lie; no image is read."""
        digest = hashlib.sha256("\0".join(self.classes).encode("utf-8", "surrogateescape"))
        for split in (self.train, self.validation):
            for line in split.identity():
                digest.update(f"{line}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()


def open_images(
    path: str | Path,
    *,
    image_limit: int | None = None,
    held_out: float = 0.1,
    data_dir: Path | None = None,
) -> ImageSet:
    """Finds the images of a folder or a named data set.

    Args:
        path: a folder of class folders; a folder that `nasnet.data.photos.records.convert` made; or
            "tfds:NAME", a data set that TensorFlow Datasets has prepared on this machine.
        image_limit: at most so many images of each split, for trials; None for all.
        held_out: share of the training images that validate where there is no validation split.
        data_dir: where TensorFlow Datasets keeps its data; None for its own choice, which the
            environment variable TFDS_DATA_DIR decides.

    Raises:
        ValueError: there are no such images, or they are laid out in another way.
        OSError: a folder cannot be read.
    """
    if image_limit is not None and image_limit < 1:
        raise ValueError(f"image limit is {image_limit}, expected at least 1")
    if not 0 < held_out < 1:
        raise ValueError(f"held-out share is {held_out}, expected above 0 and below 1")
    text, folder = str(path), Path(path)
    if text.startswith(TFDS_PREFIX):
        from nasnet.data.photos.tfds import open_tfds

        classes, train, validation, note = open_tfds(
            text.removeprefix(TFDS_PREFIX), held_out=held_out, data_dir=data_dir
        )
        return _image_set(text, text + note, classes, train, validation, image_limit)
    if not folder.is_dir():
        raise ValueError(
            f"images are {text!r}, expected a folder of class folders or of record shards, "
            "or tfds:NAME"
        )
    if (folder / INDEX).is_file():
        name, classes, train, validation = open_records(folder)
        return _image_set(name, f"records in {folder}", classes, train, validation, image_limit)
    if (folder / PLAN).is_file():
        raise ValueError(
            f"{folder} holds an unfinished conversion, expected a whole one: run it again"
        )
    classes, files, files_held_out, note = _open_folder(folder, held_out)
    name = folder.resolve().name
    return _image_set(name, f"{folder}{note}", classes, files, files_held_out, image_limit)


def _image_set(
    name: str,
    source: str,
    classes: tuple[str, ...],
    train: Split,
    validation: Split,
    limit: int | None,
) -> ImageSet:
    if limit is not None:
        train, validation = train.limited(limit), validation.limited(limit)
    counts = f"{train.count:,} training and {validation.count:,} validation images"
    return ImageSet(
        name, f"{source}; {counts} of {len(classes)} classes", classes, train, validation
    )


def _open_folder(folder: Path, share: float) -> tuple[tuple[str, ...], FileSplit, FileSplit, str]:
    """Classes, the two splits, and what there is to say about them."""
    split = folder / "train"
    top = split if split.is_dir() else folder
    classes = tuple(name for name in _entries(top, folders=True))
    if len(classes) < 2:
        raise ValueError(f"{top} has {len(classes)} class folders, expected at least 2")
    train = _list(folder, top, classes)
    counts = np.bincount(train.labels, minlength=len(classes))
    for name, count in zip(classes, counts, strict=True):
        if not count:
            raise ValueError(
                f"class folder {top / name} has no images, expected some in {', '.join(SUFFIXES)}"
            )
    found = [folder / name for name in _VALIDATION if top != folder and (folder / name).is_dir()]
    if len(found) > 1:
        raise ValueError(f"{found[1]} is a second validation folder, expected one")
    if found:
        unknown = sorted(set(_entries(found[0], folders=True)) - set(classes))
        if unknown:
            raise ValueError(f"{found[0] / unknown[0]} is a class that {top} lacks, expected none")
        validation = _list(folder, found[0], classes)
        if not validation.count:
            raise ValueError(f"{found[0]} has no images, expected some in its class folders")
        return classes, train, validation, ""
    if counts.min() < 2:
        lone = classes[int(counts.argmin())]
        raise ValueError(
            f"class folder {top / lone} has 1 image, expected at least 2 where no folder "
            "holds validation images"
        )
    train, validation = _hold_out(train, counts, share)
    return classes, train, validation, f", {share:.0%} of each class held out to validate"


def _hold_out(files: FileSplit, counts: np.ndarray, share: float) -> tuple[FileSplit, FileSplit]:
    """Divides each class; at least one image of it goes to either side."""
    wanted = np.clip(np.rint(counts * share), 1, counts - 1)
    held = _places(files.names, files.labels) < wanted[files.labels]
    return files.taken(np.flatnonzero(~held)), files.taken(np.flatnonzero(held))


def _places(names: tuple[str, ...], labels: np.ndarray) -> np.ndarray:
    """The place of each image among those of its class, from 0, [N].

    Digests of the names decide: one file more moves the others by one at most, and needs no seed.
    """
    digests = [hashlib.blake2b(os.fsencode(name), digest_size=8).digest() for name in names]
    order = np.lexsort((np.array(digests, "V8").view(">u8"), labels))
    counts = np.bincount(labels)
    firsts = np.cumsum(counts) - counts
    places = np.empty(len(names), np.int64)
    places[order] = np.arange(len(names)) - firsts[labels[order]]
    return places


def _list(folder: Path, top: Path, classes: tuple[str, ...]) -> FileSplit:
    names: list[str] = []
    counts = []
    for name in classes:
        inside = top / name
        found = _entries(inside, folders=False) if inside.is_dir() else []
        prefix = inside.relative_to(folder).as_posix()
        names += [f"{prefix}/{file}" for file in found]
        counts.append(len(found))
    labels = np.repeat(np.arange(len(classes), dtype=np.int32), counts)
    return FileSplit(folder, tuple(names), labels)


def _entries(folder: Path, *, folders: bool) -> list[str]:
    """The sorted names of the folders, or of the image files, in `folder`."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                wanted = entry.is_dir() if folders else entry.is_file()
            except OSError:  # a link that leads round in a circle
                continue
            if wanted and (folders or entry.name.lower().endswith(SUFFIXES)):
                found.append(entry.name)
    return sorted(found)
