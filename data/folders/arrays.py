"""Class folders of images as arrays in memory, for searches and trainings of small images."""

from pathlib import Path
from typing import Any

import numpy as np

from nasnet.data.dataset import DataError, Dataset, by, hold_out
from nasnet.data.folders.bad import Bad, BadImageError, bad_notes, check_bad
from nasnet.data.folders.layout import ImageFolder, open_folder
from nasnet.data.folders.names import printable
from nasnet.data.folders.pixels import read_fitted
from nasnet.data.folders.split import FileSplit

FOLDER_SIZE = (32, 32)


def read_folder(path: Path, seed: int, size: tuple[int, int] = FOLDER_SIZE) -> Dataset:
    """The data set in a folder or .zip of class folders of images, read as RGB.

    How it may be laid out is in `nasnet.data.folders.layout`. Bad images are left out and named;
    too many are an error, and so is a class whose training images are all bad.

    Args:
        path: the folder.
        seed: of the stratified validation split, taken from the training data (a sixth, at most
            5,000 images) where the folder has none. (A training on photos divides by names, see
            `FileSplit.hold_out`; here the images are kept with the run.)
        size: height and width of the images, see `nasnet.data.folders.pixels.fit`.
    """
    found = open_folder(path)
    arrays: dict[str, Any] = {}
    bad: list[Bad] = []
    for split, files in found.splits.items():
        x, good = _read(files, size, bad)
        arrays |= {f"x_{split}": x[good], f"y_{split}": files.labels[good].astype(np.int64)}
    where = printable(path)
    count = sum(files.count for files in found.splits.values()) + len(found.bad)
    check_bad([*found.bad, *bad], count, where)
    _check_classes(found, arrays, where)
    notes = (*found.notes, *bad_notes(bad))
    if all(_is_grey(x) for name, x in arrays.items() if name[0] == "x"):
        notes += ("all images are grey: each is read as three equal channels",)
    try:
        if "val" not in found.splits:
            notes += (hold_out(arrays, seed),)
        source = f"{found.name}, images of {where} at {by(size)}"
        return Dataset(found.name, source, found.classes, **arrays, notes=notes)
    except DataError as error:
        raise DataError(f"{where}: {error}") from None


def _read(files: FileSplit, size: tuple[int, int], bad: list[Bad]) -> tuple[np.ndarray, np.ndarray]:
    """The images [N, *size, 3] uint8, and which of them are good, [N] bool."""
    images = np.empty((files.count, *size, 3), np.uint8)
    good = np.ones(files.count, bool)
    for i, name in enumerate(files.names):
        try:
            images[i] = np.asarray(read_fitted(files.folder / name, size))
        except BadImageError as error:
            bad.append((files.describe(i), str(error)))
            good[i] = False
    return images, good


def _check_classes(found: ImageFolder, arrays: dict[str, Any], where: str) -> None:
    counts = np.bincount(arrays["y_train"], minlength=len(found.classes))
    if not counts.all():
        name = found.classes[int(counts.argmin())]
        raise DataError(f"{where}: all training images of class {name!r} are bad, expected some")
    for split in found.splits:
        if not len(arrays[f"y_{split}"]):
            raise DataError(f"{where}: all {split} images are bad, expected some good ones")


def _is_grey(images: np.ndarray) -> bool:
    return all(np.array_equal(images[..., 0], images[..., channel]) for channel in (1, 2))
