"""Loose arrays of a task as a `Dataset`."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet.data.arrays.axes import arrange
from nasnet.data.arrays.labels import read_labels
from nasnet.data.arrays.values import to_bytes
from nasnet.data.dataset import SPLITS, DataError, Dataset, by, check_beside, hold_out
from nasnet.data.inspection import flat_images


def make_dataset(
    name: str,
    source: str,
    given: Mapping[str, np.ndarray],
    classes: Sequence[str] | None,
    seed: int,
    notes: Sequence[str] = (),
) -> Dataset:
    """Understands arrays, or refuses them.

    Args:
        name: of the data set.
        source: one line for a person: where they are.
        given: "x_train", "y_train" and where there are "x_val" and so on, as they were found.
        classes: their names, or None to name them after the labels.
        seed: of the validation split where there is none.
        notes: what is to say before all others.

    Raises:
        DataError: they are no images with the labels of classes, or what they are is not certain.
    """
    arrays, found, more = understand(given, classes)
    if "x_val" not in arrays:
        more.append(hold_out(arrays, seed))
    return Dataset(name, source, found, **arrays, notes=(*notes, *more))


def look_at(dataset: Dataset) -> Dataset:
    """A data set that came whole, its arrays understood like those of a file."""
    stored = {
        f"{axis}_{split}": getattr(dataset, f"{axis}_{split}") for split in SPLITS for axis in "xy"
    }
    given = {name: array for name, array in stored.items() if array is not None}
    arrays, _, notes = understand(given, dataset.classes)
    changes: dict[str, Any] = {**arrays, "notes": (*dataset.notes, *notes)}
    return dataclasses.replace(dataset, **changes)


def understand(
    given: Mapping[str, np.ndarray], classes: Sequence[str] | None
) -> tuple[dict[str, np.ndarray], tuple[str, ...], list[str]]:
    """Images [N, H, W, C] uint8 and labels [N] int64 by name, classes and notes.

    Raises:
        DataError: as in `make_dataset`.
    """
    splits = [s for s in SPLITS if s == "train" or {f"x_{s}", f"y_{s}"} & given.keys()]
    for split in splits:
        x, y = given.get(f"x_{split}"), given.get(f"y_{split}")
        check_beside(split, x, y)
        _check_roles(split, given[f"x_{split}"], given[f"y_{split}"])
    labels, names, label_notes = read_labels({s: given[f"y_{s}"] for s in splits}, classes)
    counts = {split: len(y) for split, y in labels.items()}
    images, axis_notes = arrange({s: given[f"x_{s}"] for s in splits}, counts)
    images, value_notes = to_bytes(images)
    images = {split: np.ascontiguousarray(x) for split, x in images.items()}
    flat_notes = [
        f"{flat:,} of {len(x):,} images of x_{split} are of one colour or nearly"
        for split, x in images.items()
        if (flat := flat_images(x))
    ]
    notes = [*axis_notes, *value_notes, *flat_notes, *label_notes]
    arrays = {f"x_{s}": x for s, x in images.items()} | {f"y_{s}": y for s, y in labels.items()}
    return arrays, names, notes


def _check_roles(split: str, x: np.ndarray, y: np.ndarray) -> None:
    """Images are no labels, labels no images, and there are some of both."""
    if y.ndim > 2 and x.ndim <= 2:
        raise DataError(
            f"x_{split} has shape {by(x.shape)} and y_{split} {by(y.shape)}, expected images in x "
            "and labels in y: they look swapped"
        )
    if x.ndim < 2:
        raise DataError(f"x_{split} has shape {by(x.shape)}, expected N x H x W x C")
    if 0 in x.shape or not y.size:
        raise DataError(f"x_{split} has shape {by(x.shape)}, expected at least one image")
    if y.ndim == 2 and len(y) != len(x) and len(y) not in x.shape:
        raise DataError(
            f"y_{split} has shape {by(y.shape)}, expected {len(x)} labels as in x_{split}"
        )
