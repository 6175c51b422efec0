"""What a data set is: checked arrays with names, and how it is divided, cut down and stored."""

import dataclasses
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.runtime.errors import one_line

SPLITS = ("train", "val", "test")
_MOST_VALIDATION = 5000


class DataError(ValueError):
    """Data that cannot be read or used; one line that names the file and the value."""


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels of a task; an object that exists has passed every check.

    Attributes:
        name: short name, e.g. "shapes10".
        source: one line for a person: which data this is, and why it was taken.
        classes: class names, at least two and all different; a label is an index into them.
        x_train: images [N, H, W, C] uint8 to train on.
        y_train: labels [N] int64 of `x_train` (any integer type is accepted and converted).
        x_val: images [N, H, W, C] uint8 to choose by, of the same H, W and C.
        y_val: labels [N] int64 of `x_val`.
        x_test: images [N, H, W, C] uint8 to report on, or None where the task has none.
        y_test: labels [N] int64 of `x_test`, or None with it.
        notes: what a person should know of how it was read, one sentence each: what was converted,
            passed over or held out, and what looks odd.
    """

    name: str
    source: str
    classes: tuple[str, ...]
    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        if len(self.classes) < 2:
            raise DataError(f"number of classes is {len(self.classes)}, expected at least 2")
        if len(set(self.classes)) < len(self.classes):
            twice = next(c for c in self.classes if self.classes.count(c) > 1)
            raise DataError(f"class name {twice!r} is given twice, expected different names")
        for split in SPLITS:
            x, y = getattr(self, f"x_{split}"), getattr(self, f"y_{split}")
            if split == "test" and x is None and y is None:
                continue
            check_split(split, x, y)
            _check_labels(split, y, len(self.classes))
            if x.shape[1:] != self.x_train.shape[1:]:
                raise DataError(
                    f"images of x_{split} are {by(x.shape[1:])}, "
                    f"expected {by(self.x_train.shape[1:])} as in x_train"
                )
            if y.dtype != np.int64:  # the one place where a frozen class is filled in
                object.__setattr__(self, f"y_{split}", y.astype(np.int64))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        _, height, width, channels = self.x_train.shape
        return height, width, channels

    def describe(self) -> list[str]:
        """Lines for a person: which data, why this, shape, classes, range, counts; the notes."""
        present = {
            s: getattr(self, f"x_{s}") for s in SPLITS if getattr(self, f"x_{s}") is not None
        }
        lowest = min(int(x.min()) for x in present.values())
        highest = max(int(x.max()) for x in present.values())
        counts = " + ".join(f"{len(x):,} {split}" for split, x in present.items())
        facts = (
            f"{by(self.image_shape)}, {len(self.classes)} classes, values {lowest} to {highest}, "
            f"{counts} images"
        )
        return [f"{self.source}: {facts}", *self.notes]

    @functools.cached_property
    def content(self) -> str:
        """A digest of the images, the labels and the classes, whatever they are called or lie."""
        digest = hashlib.sha256("\0".join(self.classes).encode())
        for split in SPLITS:
            for axis in "xy":
                array = getattr(self, f"{axis}_{split}")
                if array is not None:
                    digest.update(f"{axis}_{split}{array.shape}".encode())
                    digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def check_beside(split: str, x: np.ndarray | None, y: np.ndarray | None) -> None:
    """Raises DataError where one of the two is missing."""
    for array, missing, present in ((x, "x", "y"), (y, "y", "x")):
        if array is None:
            raise DataError(f"{missing}_{split} is missing, expected it beside {present}_{split}")


def digests(images: np.ndarray) -> list[bytes]:
    """A digest of each image; equal images, to the pixel, have equal ones."""
    return [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]


def check_split(split: str, x: np.ndarray | None, y: np.ndarray | None) -> None:
    """Raises DataError unless x is [N, H, W, C] uint8, y [N] of integers, and neither is empty."""
    check_beside(split, x, y)
    if x is None or y is None:
        return
    if x.dtype != np.uint8:
        raise DataError(
            f"x_{split} is {x.dtype}, expected uint8 (0 to 255; floats from 0 to 1 times 255)"
        )
    if x.ndim != 4:
        raise DataError(f"x_{split} has shape {by(x.shape)}, expected N x H x W x C")
    if not np.issubdtype(y.dtype, np.integer):
        raise DataError(f"y_{split} is {y.dtype}, expected integers")
    if y.ndim != 1:
        raise DataError(f"y_{split} has shape {by(y.shape)}, expected N")
    if 0 in x.shape or not len(y):
        raise DataError(f"x_{split} has shape {by(x.shape)}, expected at least one image")
    if len(x) != len(y):
        raise DataError(f"y_{split} has {len(y)} labels, expected {len(x)} as in x_{split}")


def _check_labels(split: str, y: np.ndarray, classes: int) -> None:
    for label in (int(y.min()), int(y.max())):
        if not 0 <= label < classes:
            raise DataError(f"a label in y_{split} is {label}, expected 0 to {classes - 1}")


def by(shape: tuple[int, ...]) -> str:
    """Lengths for a person: 32 x 32 x 3."""
    return " x ".join(map(str, shape)) if shape else "()"


def stratified(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draws positions so that every class keeps its share.

    Args:
        labels: labels [N] to draw from.
        count: positions to draw.
        rng: of the choice within each class and of the order.

    Returns:
        `count` different positions in random order; the number of each class is within one of its
        share, and at least one for every class there is.
    """
    if count > len(labels):
        raise DataError(f"number of images asked for is {count}, expected at most {len(labels)}")
    present, sizes = np.unique(labels, return_counts=True)
    if count < len(present):
        raise DataError(
            f"number of images asked for is {count}, expected at least {len(present)}, "
            "one for each class"
        )
    shares = sizes * count / len(labels)
    quotas = np.maximum(np.floor(shares).astype(np.int64), 1)
    while (short := count - int(quotas.sum())) != 0:
        step = 1 if short > 0 else -1
        # A class never gives its last image away, nor gets more than it has.
        open_ = quotas < sizes if short > 0 else quotas > 1
        quotas[np.where(open_, step * (shares - quotas), -np.inf).argmax()] += step
    drawn = [
        rng.choice(np.flatnonzero(labels == label), quota, replace=False)
        for label, quota in zip(present, quotas, strict=True)
    ]
    return rng.permutation(np.concatenate(drawn))


def split_validation(
    labels: np.ndarray, seed: int, candidates: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divides training data that came without validation data.

    A sixth of it, at most 5,000 images, is held out, every class in its share.

    Args:
        labels: labels [N] of the training data.
        seed: of the choice.
        candidates: positions that may be held out, where not all may.

    Returns:
        positions to train on and positions to validate on, both in rising order.
    """
    positions = np.arange(len(labels)) if candidates is None else candidates
    if not len(positions):
        return np.arange(len(labels)), positions
    present, sizes = np.unique(labels, return_counts=True)
    if sizes.min() < 2:
        raise DataError(
            f"number of training images with label {present[sizes.argmin()]} is 1, "
            "expected at least 2 as there is no validation data"
        )
    open_ = np.unique(labels[positions])
    count = min(max(min(len(labels) // 6, _MOST_VALIDATION), len(open_)), len(positions))
    chosen = stratified(labels[positions], count, np.random.default_rng(seed))
    held_out = np.sort(positions[chosen])
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def hold_out(arrays: dict[str, np.ndarray], seed: int) -> str:
    """Moves validation data out of the training arrays, by name as in `Dataset`; says so."""
    kept, held_out = split_validation(arrays["y_train"], seed)
    for axis in "xy":
        whole = arrays[f"{axis}_train"]
        arrays[f"{axis}_val"], arrays[f"{axis}_train"] = whole[held_out], whole[kept]
    return f"{len(held_out):,} training images are held out for validation"


def subset(dataset: Dataset, train: int | None, val: int | None, seed: int) -> Dataset:
    """A smaller task of the same kind, for quick comparisons; test data is left as it is.

    Args:
        dataset: the task to draw from.
        train: training images to keep, every class in its share; None keeps all.
        val: validation images to keep, likewise.
        seed: of the choice.
    """
    changes: dict[str, Any] = {}
    # One stream for each split: how many are kept of one does not change the choice in the other.
    streams = np.random.SeedSequence(seed).spawn(2)
    for split, count, stream in zip(("train", "val"), (train, val), streams, strict=True):
        if count is None:
            continue
        x, y = getattr(dataset, f"x_{split}"), getattr(dataset, f"y_{split}")
        try:
            chosen = stratified(y, count, np.random.default_rng(stream))
        except DataError as error:
            raise DataError(f"{split} subset of {dataset.name}: {error}") from None
        changes |= {f"x_{split}": x[chosen], f"y_{split}": y[chosen]}
    return dataclasses.replace(dataset, **changes)


def write_arrays(dataset: Dataset, folder: Path) -> None:
    """Stores each array as .npy and the names as dataset.json, for `read_arrays`.

    Args:
        dataset: what to store.
        folder: made where it is missing; arrays of an earlier call are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored = [s for s in SPLITS if getattr(dataset, f"x_{s}") is not None]
    for split in stored:
        for axis in "xy":
            name = f"{axis}_{split}"
            np.save(folder / f"{name}.npy", getattr(dataset, name), allow_pickle=False)
    about = {name: getattr(dataset, name) for name in ("name", "source", "classes", "notes")}
    text = json.dumps(about | {"splits": stored}, indent=2) + "\n"
    # Written last, so that a folder that has it is complete.
    (folder / "dataset.json").write_text(text, encoding="utf-8")


def read_arrays(folder: Path) -> Dataset:
    """The data set in a folder of `write_arrays`; arrays are mapped from disk, not copied.

    Several processes that read one folder share the memory. The arrays are read-only.
    """
    try:
        about = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        arrays = {
            f"{axis}_{split}": np.load(
                folder / f"{axis}_{split}.npy", mmap_mode="r", allow_pickle=False
            )
            for split in about["splits"]
            for axis in "xy"
        }
        notes = tuple(about.get("notes", ()))  # version 0.1 had none
        return Dataset(
            about["name"], about["source"], tuple(about["classes"]), **arrays, notes=notes
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        reason = one_line(error)
        raise DataError(f"{folder} is no stored data set, expected one: {reason}") from None
