"""Data sets by name or path, as arrays that have been checked.

`load` is the one way in: it reads a name or a path into a `Dataset`, or raises a `DataError` of
one line. Neither it nor its imports load TensorFlow, except to read CIFAR-10.
"""

import dataclasses
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.data import mini_cifar10, mnist, shapes
from nasnet.data.arrays.canonical import look_at
from nasnet.data.arrays.distributed import (
    is_distributed,
    read_distributed_archive,
    read_distributed_folder,
)
from nasnet.data.arrays.npz import is_npy_folder, read_named, read_npy_folder, read_npz
from nasnet.data.arrays.resizing import resize
from nasnet.data.dataset import DataError, Dataset, by, read_arrays, subset, write_arrays
from nasnet.data.folders.arrays import FOLDER_SIZE, read_folder
from nasnet.data.folders.names import named, printable
from nasnet.runtime.errors import one_line
from nasnet.runtime.loading import is_spec, load_object

__all__ = ["NAMES", "DataError", "Dataset", "load", "read_arrays", "subset", "write_arrays"]

NAMES = ("auto", "mini-cifar10", "mnist", "shapes10")
_SHAPES_SIZES = {"train": 10_000, "val": 2_000, "test": 2_000}


def load(spec: str, *, seed: int = 0, image_size: int | tuple[int, int] | None = None) -> Dataset:
    """Reads or draws a data set.

    Args:
        spec: one of
            "shapes10", 10,000 + 2,000 + 2,000 images drawn here, see `nasnet.data.shapes`;
            "mini-cifar10", as many of CIFAR-10's training set, see `data.mini_cifar10`;
            "mnist", 60,000 + 10,000 images of digits, see `data.mnist`;
            "auto", mini-cifar10 where it is on disk or can be downloaded, else shapes10, with
            `source` saying which and why;
            a path to an .npz or to a folder of .npy files, see `data.arrays.npz`;
            a path to CIFAR-10, CIFAR-100 or MNIST as distributed, see `data.arrays.distributed`;
            a path to a folder or a .zip of class folders, see `data.folders.layout`;
            "file.py:NAME", a function of yours that takes the seed and returns arrays by name, as
            in an .npz, or a `Dataset`.
        seed: of shapes10, and of the validation split where a file or folder has none. The images
            of mini-cifar10 are always the same.
        image_size: height and width in pixels, or one number for both; the largest such window in
            the middle is kept and resized (bilinear, antialiased). None leaves images as they are,
            those of a folder at 32 x 32.
    """
    if seed < 0:
        raise DataError(f"seed is {seed}, expected at least 0")
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    if size is not None and min(size) < 1:
        raise DataError(f"image_size is {image_size}, expected at least 1")
    if spec in NAMES:
        dataset = _named(spec, seed)
    elif Path(spec).is_dir():
        names = {file.name for file in Path(spec).iterdir() if file.is_file()}
        if is_distributed(names):
            dataset = read_distributed_folder(Path(spec), seed)
        elif is_npy_folder(names):
            dataset = read_npy_folder(Path(spec), seed)
        else:
            return read_folder(Path(spec), seed, size or FOLDER_SIZE)
    elif spec.lower().endswith(".zip"):
        return read_folder(Path(spec), seed, size or FOLDER_SIZE)
    elif Path(spec).is_file():
        read = read_distributed_archive if tarfile.is_tarfile(spec) else read_npz
        dataset = read(Path(spec), seed)
    elif is_spec(spec):
        dataset = _own(spec, seed)
    else:
        raise DataError(
            f"data set is {spec!r}, expected {', '.join(NAMES)}, the path of an .npz file, of a "
            "folder or .zip of class folders, of CIFAR's files, or file.py:NAME"
        )
    return dataset if size is None else _resized(dataset, size)


def _named(name: str, seed: int) -> Dataset:
    if name == "shapes10":
        return _shapes10(seed, "shapes10, drawn here")
    if name == "mnist":
        return mnist.mnist(seed)
    try:
        return mini_cifar10.mini_cifar10()
    except DataError as error:
        if name == "mini-cifar10":
            raise
        return _shapes10(seed, f"shapes10, drawn here: {error}")


def _own(spec: str, seed: int) -> Dataset:
    """What a user's function makes."""
    make = load_object(spec)
    if not callable(make):
        raise DataError(f"data set {spec} is {make!r:.60}, expected a function of a seed")
    try:
        found = make(seed)
    except DataError:
        raise
    except Exception as error:  # whatever a user's function does
        raise DataError(f"data set {spec} failed: {one_line(error)}") from error
    with named(f"data set {spec}"):
        if isinstance(found, Dataset):
            return look_at(found)
        if isinstance(found, Mapping):
            name = spec.rpartition(":")[2]
            return read_named(found, name, f"{name}, arrays of {printable(spec)}", seed)
    raise DataError(f"data set {spec} gave {found!r:.60}, expected a dict of arrays or a Dataset")


def _shapes10(seed: int, source: str) -> Dataset:
    arrays: dict[str, Any] = {}
    streams = np.random.SeedSequence(seed).generate_state(len(_SHAPES_SIZES), np.uint64)
    for (split, count), stream in zip(_SHAPES_SIZES.items(), streams, strict=True):
        arrays[f"x_{split}"], arrays[f"y_{split}"] = shapes.shapes10(count, int(stream))
    return Dataset("shapes10", source, shapes.CLASS_NAMES, **arrays)


def _resized(dataset: Dataset, size: tuple[int, int]) -> Dataset:
    if dataset.image_shape[:2] == size:
        return dataset
    return dataclasses.replace(
        dataset,
        source=f"{dataset.source}; resized to {by(size)}",
        x_train=resize(dataset.x_train, size),
        x_val=resize(dataset.x_val, size),
        x_test=None if dataset.x_test is None else resize(dataset.x_test, size),
    )
