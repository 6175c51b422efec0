"""Files that say what the images of one folder show, as ImageNet's validation images have them.

Read are, beside the images or the folder of the split:

- lines of a file's name and its class: val_annotations.txt (Tiny-ImageNet), LOC_val_solution.csv
  (Kaggle), val.txt or val_map.txt (Caffe; a number there is a place among the sorted classes), and
  val_labels.txt or .csv;
- a class for each image in order of the names: imagenet_2012_validation_synset_labels.txt;
- ILSVRC2012_validation_ground_truth.txt with meta.mat beside it, which names its numbers.
"""

import csv
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import numpy as np

from nasnet.data.dataset import DataError
from nasnet.data.folders.names import printable
from nasnet.runtime.errors import one_line

_BY_NAME = (
    "{0}_annotations.txt",
    "LOC_{0}_solution.csv",
    "{0}_labels.txt",
    "{0}_labels.csv",
    "{0}_map.txt",
    "{0}.txt",
    "{0}.csv",
)
_IN_ORDER = "imagenet_2012_validation_synset_labels.txt"
_NUMBERED, _NUMBERS = "ILSVRC2012_validation_ground_truth.txt", "meta.mat"


def label_file_names(split: str) -> tuple[str, ...]:
    """What a file may be called that labels the images of a split."""
    names = tuple(name.format(split) for name in _BY_NAME)
    return (*names, _IN_ORDER, _NUMBERED) if split == "val" else names


def find_label_file(split: str, places: Iterable[Path]) -> Path | None:
    """The first such file in some folders."""
    names = label_file_names(split)
    return next((p / n for p in places for n in names if (p / n).is_file()), None)


def read_labels(file: Path, images: tuple[str, ...], classes: tuple[str, ...]) -> np.ndarray:
    """What each of the images, which are sorted, shows: places among the classes, [N] int32.

    Raises:
        DataError: an image is left out, or a class is not one of those.
    """
    rows = _rows(file)
    if file.name == _NUMBERED:
        said = _from_numbers(file, rows)
    elif all(len(row) == 1 for row in rows):
        said = [row[0] for row in rows]
    else:
        return _numbered(file, _by_name(file, rows, images), classes)
    if len(said) != len(images):
        raise DataError(
            f"{printable(file)} has {len(said):,} lines, expected {len(images):,}, one an image"
        )
    return _numbered(file, said, classes)


def _rows(file: Path) -> list[list[str]]:
    try:
        text = file.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise DataError(f"{printable(file)} cannot be read: {error.strerror}") from None
    lines = [line for line in text.splitlines() if line.strip()]
    if file.suffix == ".csv":
        return list(csv.reader(lines))
    return [line.split("\t") if "\t" in line else line.split() for line in lines]


def _by_name(file: Path, rows: list[list[str]], images: tuple[str, ...]) -> list[str]:
    """The class of each image, of rows of a name (with or without its suffix) and a class."""
    # Behind the class there may be boxes: "n02666196 0 32 44 62".
    said = {
        PurePosixPath(row[0]).name: row[1].split()[0]
        for row in rows
        if len(row) > 1 and row[1].split()
    }
    found = [said.get(name) or said.get(PurePosixPath(name).stem) for name in images]
    for name, label in zip(images, found, strict=True):
        if label is None:
            raise DataError(f"{printable(file)} does not name {printable(name)}, expected a line")
    return [label for label in found if label is not None]


def _from_numbers(file: Path, rows: list[list[str]]) -> list[str]:
    """The WordNet ids that ILSVRC2012's own numbers mean; they are not in order."""
    table = file.with_name(_NUMBERS)
    if not table.is_file():
        raise DataError(
            f"{printable(file)} has numbers, expected {_NUMBERS} of the same development kit "
            "beside it, which says what they mean"
        )
    from scipy.io import loadmat  # only here: it takes a quarter of a second

    try:
        synsets = loadmat(table, squeeze_me=True, variable_names=["synsets"])["synsets"]
        names = {int(s["ILSVRC2012_ID"]): str(s["WNID"]) for s in synsets}
        return [names[int(row[0])] for row in rows]
    except Exception as error:  # a damaged file makes SciPy raise almost anything
        reason = one_line(error)
        raise DataError(
            f"{printable(file)} and {_NUMBERS} do not fit, expected those of one development "
            f"kit: {reason}"
        ) from None


def _numbered(file: Path, said: list[str], classes: tuple[str, ...]) -> np.ndarray:
    places = {name: i for i, name in enumerate(classes)}
    if not places.keys() & set(said) and all(label.isdecimal() for label in said):
        places = {str(i): i for i in range(len(classes))}
    unknown = next((label for label in said if label not in places), None)
    if unknown is not None:
        raise DataError(
            f"class {printable(unknown)!r} of {printable(file)} is none of train's "
            f"{len(classes)}, expected one such as {printable(classes[0])!r}"
        )
    return np.array([places[label] for label in said], np.int32)
