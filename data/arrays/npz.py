"""Arrays in an .npz file, or in a folder of .npy files; nothing pickled is read."""

import contextlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.data.arrays.canonical import make_dataset
from nasnet.data.arrays.names import our_name, our_names
from nasnet.data.dataset import DataError, Dataset
from nasnet.data.folders.names import named, printable
from nasnet.runtime.errors import one_line


def read_npz(path: Path, seed: int) -> Dataset:
    """The data set in an .npz of plain arrays; a file with pickled objects is refused.

    Args:
        path: a file with x_train and y_train, and where there are x_val, y_val, x_test, y_test and
            class_names [classes]; `names` knows other usual names, `canonical` what they may hold.
        seed: of the stratified validation split, taken from the training data (a sixth, at most
            5,000 images) where the file has none.
    """
    with named(path):
        # Opened here, because np.load forgets to close a file that it finds damaged.
        with path.open("rb") as file, _whole("the file"):
            stored = np.load(file, allow_pickle=False)
            if not isinstance(stored, np.lib.npyio.NpzFile):
                raise DataError(
                    "the file is a single array, expected an .npz with x_train, or its folder with "
                    "x_train.npy and y_train.npy"
                )
            names, notes = our_names(stored.files)
            arrays = {}
            for name, ours in names.items():
                with _whole(name):
                    arrays[ours] = stored[name]
        return _of_file(path, arrays, seed, notes)


def is_npy_folder(names: Iterable[str]) -> bool:
    """Whether files with these names are arrays of a data set."""
    stems = [name.removesuffix(".npy") for name in names if name.endswith(".npy")]
    return any(our_name(stem) for stem in stems)


def read_npy_folder(path: Path, seed: int) -> Dataset:
    """The data set in a folder of x_train.npy, y_train.npy and so on; else as `read_npz`."""
    with named(path):
        names, notes = our_names(sorted(file.stem for file in path.glob("*.npy")))
        arrays = {}
        for name, ours in names.items():
            with (path / f"{name}.npy").open("rb") as file, _whole(f"{name}.npy"):
                arrays[ours] = np.load(file, allow_pickle=False)
        return _of_file(path, arrays, seed, notes)


@contextlib.contextmanager
def _whole(name: str) -> Iterator[None]:
    """Says what is damaged, in whichever way NumPy says it."""
    try:
        yield
    except DataError:
        raise
    except (OSError, ValueError, EOFError, KeyError, MemoryError, RuntimeError) as error:
        if "allow_pickle" not in str(error):
            raise _damaged(name, error) from None
        reason = "is pickled or no array at all, expected numbers or text"
        raise DataError(f"{name} {reason}") from None
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(name, error) from None


def _damaged(name: str, error: BaseException) -> DataError:
    return DataError(f"{name} is damaged, expected a whole file of arrays: {one_line(error)}")


def read_named(given: Mapping[str, Any], name: str, source: str, seed: int) -> Dataset:
    """The data set of arrays by any usual names, which stay as they are.

    Args:
        given: the arrays; also lists, or what else NumPy makes arrays of numbers or text of.
        name: of the data set.
        source: one line for a person: where they are.
        seed: as of `read_npz`.

    Raises:
        DataError: names or arrays are not understood.
    """
    names, notes = our_names(map(str, given))
    arrays = {}
    for theirs, ours in names.items():
        try:
            arrays[ours] = np.asarray(given[theirs])
        except (ValueError, TypeError) as error:
            raise DataError(f"{theirs} is no array, expected one: {one_line(error)}") from None
    return _dataset(name, source, arrays, seed, notes)


def _of_file(path: Path, arrays: dict[str, Any], seed: int, notes: list[str]) -> Dataset:
    source = f"{printable(path.name)}, arrays of {printable(path)}"
    return _dataset(printable(path.stem), source, arrays, seed, notes)


def _dataset(
    name: str, source: str, arrays: dict[str, Any], seed: int, notes: list[str]
) -> Dataset:
    for ours, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype == object:
            raise DataError(f"{ours} is not an array of numbers or text, expected one")
    names = arrays.pop("class_names", None)
    classes = None
    if names is not None:
        if names.ndim != 1 or names.dtype.kind not in "US":
            raise DataError(f"class_names is {names.ndim}-d {names.dtype}, expected a list of text")
        classes = tuple(str(name) for name in names.astype(str))
    return make_dataset(name, source, arrays, classes, seed, notes)
