"""Which images there are and what they show: class folders, record shards, TensorFlow Datasets.

Nothing here loads TensorFlow, or reads more than an image of each class;
`nasnet.data.photos.pipeline` makes batches of a split.

What a folder may hold is in `nasnet.data.folders.layout`. Without validation images, a share of
each class is held out of the training images; test images are left alone.
"""

import dataclasses
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nasnet.data.dataset import DataError
from nasnet.data.folders.bad import MAX_PIXELS, BadImageError
from nasnet.data.folders.names import printable
from nasnet.data.folders.split import FileSplit
from nasnet.data.photos.record_files import INDEX, PLAN, RecordSplit, open_records

if TYPE_CHECKING:
    from nasnet.data.folders.layout import ImageFolder

__all__ = ("MAX_PIXELS", "FileSplit", "ImageSet", "RecordSplit", "Split", "open_images")

CROP = 0.875  # side of the square that an evaluation shows, of the shorter side
TFDS_PREFIX = "tfds:"


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
        notes: what a person should know of how they were found, one sentence each.
    """

    name: str
    source: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    notes: tuple[str, ...] = ()

    def describe(self) -> list[str]:
        """Lines for a person: which images, how many, and the notes."""
        return [self.source, *self.notes]

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
        path: a folder or .zip of class folders; a folder that `nasnet.data.photos.records.convert`
            made; or "tfds:NAME", a data set that TensorFlow Datasets has prepared on this machine.
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
    if not folder.is_dir() and not (folder.is_file() and folder.suffix.lower() == ".zip"):
        raise ValueError(
            f"images are {text!r}, expected a folder of class folders or of record shards, a .zip "
            "of class folders, or tfds:NAME"
        )
    if (folder / INDEX).is_file():
        name, classes, train, validation = open_records(folder)
        return _image_set(name, f"records in {folder}", classes, train, validation, image_limit)
    if (folder / PLAN).is_file():
        raise ValueError(
            f"{folder} holds an unfinished conversion, expected a whole one: run it again"
        )
    found, files, held = _open_folder(folder, held_out)
    images = _image_set(found.name, printable(folder), found.classes, files, held, image_limit)
    return dataclasses.replace(images, notes=found.notes)


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


def _open_folder(folder: Path, share: float) -> tuple["ImageFolder", FileSplit, FileSplit]:
    """What there is, and the images to train on and to choose by."""
    from nasnet.data.folders.layout import open_folder

    found = open_folder(folder)
    train, validation = found.splits["train"], found.splits.get("val")
    _check_first_images(train, found.classes)
    notes = list(found.notes)
    if "test" in found.splits:
        notes.append(f"{found.splits['test'].count:,} test images are not used here")
    if validation is None:
        counts = np.bincount(train.labels)
        if counts.min() < 2:
            lone = found.classes[int(counts.argmin())]
            raise DataError(
                f"{printable(folder)}: class {lone!r} has 1 training image, expected at least 2 "
                "where no folder holds validation images"
            )
        train, validation = train.hold_out(share)
        notes.append(f"{share:.0%} of each class held out to validate")
    return dataclasses.replace(found, notes=tuple(notes)), train, validation


def _check_first_images(train: FileSplit, classes: tuple[str, ...]) -> None:
    """Refuses a class whose images are all bad; of the others the first good one is looked at."""
    from nasnet.data.folders.pixels import read_rgb

    reasons = dict.fromkeys(range(len(classes)), "")
    for name, label in zip(train.names, train.labels.tolist(), strict=True):
        if label not in reasons:
            continue
        try:
            read_rgb(train.folder / name, draft=1)
            del reasons[label]
        except BadImageError as error:
            reasons[label] = f"{printable(name)}: {error}"
    for label, reason in reasons.items():
        raise DataError(
            f"all training images of class {classes[label]!r} are bad, expected some; the last: "
            f"{reason}"
        )
