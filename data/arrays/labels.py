"""Labels of the usual forms as indices into classes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet.data.dataset import DataError, by
from nasnet.data.inspection import FEW

_LARGEST = 2**53  # whole numbers above are not exact in floats


def read_labels(
    given: Mapping[str, np.ndarray], names: Sequence[str] | None
) -> tuple[dict[str, np.ndarray], tuple[str, ...], list[str]]:
    """Finds the classes and the index of each label.

    Args:
        given: labels of each split, "train" among them: [N] or [N, 1] whole numbers (of any type)
            or text, or [N, K] one-hot; none empty.
        names: of the classes, or None to name them after the labels.

    Returns:
        indices [N] int64 of each split, the names of the classes, and notes.

    Raises:
        DataError: they are no labels of classes.
    """
    read = {split: _read(f"y_{split}", y) for split, y in given.items()}
    forms = {split: form for split, (form, _) in read.items()}
    for split, form in forms.items():
        if form != forms["train"]:
            raise DataError(f"y_{split} is {form}, expected {forms['train']} as y_train")
    values = {split: found for split, (_, found) in read.items()}
    known = np.unique(values["train"])
    _check_known(values, known)
    form = forms["train"]
    if form.startswith("one-hot"):
        columns = given["train"].shape[1]
        if names is not None and len(names) != columns:
            raise DataError(
                f"y_train has {columns} columns, expected {len(names)} as in class_names"
            )
        labels, classes = values, names or [str(i) for i in range(columns)]
        notes = [f"one-hot labels became 0 to {columns - 1}"]
    elif names is not None:
        labels, notes = _by_names(values, known, names)
        classes = names
    else:
        labels = {split: np.searchsorted(known, y) for split, y in values.items()}
        classes = [str(label) for label in known]
        notes = _renamed(known)
    labels = {split: y.astype(np.int64) for split, y in labels.items()}
    return labels, tuple(classes), notes + _oddities(labels, classes)


def _read(name: str, y: np.ndarray) -> tuple[str, np.ndarray]:
    """The form of labels, and a whole number or a text for each image, [N]."""
    if y.dtype.kind not in "biufUS":
        raise DataError(f"{name} is {y.dtype}, expected whole numbers or text")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "biuf":
        return f"one-hot of {y.shape[1]} columns", _from_one_hot(name, y)
    if y.ndim != 1:
        raise DataError(f"{name} has shape {by(y.shape)}, expected N labels")
    if y.dtype.kind in "US":
        try:
            return "text", y if y.dtype.kind == "U" else np.char.decode(y, "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{name} has text that is not UTF-8, expected it") from None
    whole = (y == np.rint(y)) & (np.abs(y.astype(np.float64)) <= _LARGEST)  # NaN is not
    if not whole.all():
        raise DataError(
            f"a label in {name} is {y[~whole][0]}, expected whole numbers: "
            "classes can be searched on, measurements cannot"
        )
    return "numbers", y.astype(np.int64)


def _from_one_hot(name: str, y: np.ndarray) -> np.ndarray:
    """The column of the one in each row."""
    ones = (y == 1).sum(axis=1)
    if not ((y == 0) | (y == 1)).all() or not ones.all():
        raise DataError(
            f"{name} has shape {by(y.shape)} and rows that are not one-hot, "
            "expected a single one in each row, or N labels"
        )
    if ones.max() > 1:
        raise DataError(
            f"{name} has {ones.max()} ones in a row, expected one: "
            "images of several classes at once cannot be searched on"
        )
    return y.argmax(axis=1)


def _check_known(values: Mapping[str, np.ndarray], known: np.ndarray) -> None:
    """Every label is one to train on, and there are enough images of them."""
    for split, y in values.items():
        strange = np.setdiff1d(y, known)
        if len(strange):
            raise DataError(
                f"a label in y_{split} is {_shown(strange[0])}, expected one of those in y_train: "
                f"{_span(known)}"
            )
    images = len(values["train"])
    if 3 * len(known) > 2 * images:
        raise DataError(
            f"y_train has {len(known)} different labels for {images} images, expected several "
            "images of each class"
        )
    if known.dtype.kind == "i" and known[0] < 0 and known.tolist() != [-1, 1]:
        raise DataError(
            f"a label in y_train is {known[0]}, expected at least 0 (images without a class "
            "cannot be searched on)"
        )


def _by_names(
    values: Mapping[str, np.ndarray], known: np.ndarray, names: Sequence[str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Indices into the names that were given."""
    if known.dtype.kind == "U":
        places = {name: i for i, name in enumerate(names)}
        for label in known:
            if str(label) not in places:
                raise DataError(
                    f"a label in y_train is {str(label)!r}, expected one of {_span(names)}"
                )
        note = "text labels became their places in class_names"
        return {s: np.array([places[str(label)] for label in y]) for s, y in values.items()}, [note]
    if known[0] >= 1 and known[-1] == len(names):
        note = f"labels 1 to {len(names)} became 0 to {len(names) - 1}"
        return {split: y - 1 for split, y in values.items()}, [note]
    for label in (known[0], known[-1]):
        if not 0 <= label < len(names):
            raise DataError(f"a label in y_train is {label}, expected 0 to {len(names) - 1}")
    return dict(values), []


def _renamed(known: np.ndarray) -> list[str]:
    """What there is to say of labels that became their places among the known ones."""
    last = len(known) - 1
    if known.dtype.kind == "U":
        return [f"text labels became {len(known)} classes in order of the alphabet: {_span(known)}"]
    if (known == np.arange(len(known))).all():
        return []
    if known[-1] - known[0] == last:
        return [f"labels {known[0]} to {known[-1]} became 0 to {last}"]
    missing = known[-1] - known[0] - last
    return [
        f"labels {_span(known)} became 0 to {last}: {missing:,} of the numbers between them have "
        "no training image"
    ]


def _oddities(labels: Mapping[str, np.ndarray], classes: Sequence[str]) -> list[str]:
    """Classes with hardly any images."""
    notes = []
    train = np.bincount(labels["train"], minlength=len(classes))
    named = list(zip(classes, train, strict=True))
    if few := [f"{name} ({count})" for name, count in named if count < FEW]:
        notes.append(f"fewer than {FEW} training images: class {_span(few)}")
    for split in (split for split in labels if split != "train"):
        present = np.bincount(labels[split], minlength=len(classes))
        none = [name for (name, count), n in zip(named, present, strict=True) if count and not n]
        if none:
            notes.append(f"no image in y_{split}: class {_span(none)}")
    return notes


def _shown(label: Any) -> str:
    return repr(str(label)) if isinstance(label, str) else str(label)


def _span(values: Sequence[Any] | np.ndarray, most: int = 6) -> str:
    """The values in a line; of many the first and the last."""
    words = [str(value) for value in values]
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[: most - 2])}, ..., {words[-1]} ({len(words):,} in all)"
