"""CIFAR-10, CIFAR-100 and MNIST in the very files in which they are distributed.

Their official test images are the test images; validation images are held out of the others.
"""

import dataclasses
import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.data.arrays.canonical import make_dataset
from nasnet.data.arrays.pickles import read_pickle
from nasnet.data.dataset import DataError, Dataset
from nasnet.data.folders.names import named, printable
from nasnet.runtime.errors import one_line

_BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))
_MOST = 1 << 28  # bytes of a file in an archive
_IDX = re.compile(r"(train|t10k)-(images|labels)[-.]idx([13])-ubyte(\.gz)?")
# What reading, decompressing or understanding a file that is damaged or another one may raise.
_BROKEN = (ValueError, LookupError, TypeError, AttributeError, EOFError, zlib.error, OSError)
Files = Mapping[str, Callable[[], bytes]]
Part = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class _Cifar:
    """A data set of 32 x 32 colour images, in one of its two forms.

    Attributes:
        name: its name.
        train: the files of the training images.
        test: the file of the test images.
        names: the file with the names of the classes.
        labels: labels of each image; the last one is taken.
    """

    name: str
    train: tuple[str, ...]
    test: str
    names: str
    labels: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.train, self.test, self.names)

    @property
    def is_binary(self) -> bool:
        return self.test.endswith(".bin")

    def classes(self, content: bytes) -> tuple[str, ...]:
        """Names of the classes in the file with them."""
        if self.is_binary:
            return tuple(content.decode().split())
        return tuple(map(str, read_pickle(content)[self.labels[-1].removesuffix("s") + "_names"]))

    def part(self, content: bytes) -> Part:
        """Images [N, 32, 32, 3] and labels [N] of a file."""
        if self.is_binary:
            rows = np.frombuffer(content, np.uint8).reshape(-1, len(self.labels) + 3072)
            planes, labels = rows[:, len(self.labels) :], rows[:, len(self.labels) - 1]
        else:
            found = read_pickle(content)
            planes, labels = found["data"], np.array(found[self.labels[-1]])
        return planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels


_CIFARS = (
    _Cifar(
        "CIFAR-10",
        tuple(f"{name}.bin" for name in _BATCHES),
        "test_batch.bin",
        "batches.meta.txt",
        ("labels",),
    ),
    _Cifar("CIFAR-10", _BATCHES, "test_batch", "batches.meta", ("labels",)),
    _Cifar(
        "CIFAR-100",
        ("train.bin",),
        "test.bin",
        "fine_label_names.txt",
        ("coarse_labels", "fine_labels"),
    ),
    _Cifar("CIFAR-100", ("train",), "test", "meta", ("coarse_labels", "fine_labels")),
)


def is_distributed(names: Collection[str]) -> bool:
    """Whether files with these names are (a part of) a data set that is read here."""
    return _cifar_of(names) is not None or any(_IDX.fullmatch(name) for name in names)


def read_distributed_folder(path: Path, seed: int) -> Dataset:
    """The data set in a folder for whose files `is_distributed` holds.

    Args:
        path: the folder.
        seed: of the stratified validation split.
    """
    files = {file.name: file.read_bytes for file in path.iterdir() if file.is_file()}
    return _read(path, files, seed)


def read_distributed_archive(path: Path, seed: int) -> Dataset:
    """The data set in a .tar.gz; nothing is unpacked to disk. Else as `read_distributed_folder`."""
    with named(path):
        _, files = _in_archive(path)
    return _read(path, files, seed)


def read_cifar_training(path: Path) -> Part:
    """CIFAR's training images, [N, 32, 32, 3] uint8, and labels, [N], of a .tar.gz, in its order.

    Raises:
        DataError: it is damaged, or another archive.
    """
    with named(path):
        return _training(*_in_archive(path))


def _in_archive(path: Path) -> tuple[_Cifar, Files]:
    known = {name for cifar in _CIFARS for name in cifar.files}
    files: dict[str, Callable[[], bytes]] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                if member.isfile() and name in known and member.size <= _MOST:
                    content = archive.extractfile(member)
                    files[name] = io.BytesIO(content.read() if content else b"").getvalue
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        reason = one_line(error)
        raise DataError(f"the file is damaged, expected a whole archive: {reason}") from None
    cifar = _cifar_of(files)
    if cifar is None:
        raise DataError(
            "the file is an archive of other files than CIFAR-10's or CIFAR-100's, expected "
            "these; unpack it first"
        )
    return cifar, files


def _cifar_of(names: Collection[str]) -> _Cifar | None:
    """Which data set has files of these names; a single one that is missing does not matter."""
    held = (cifar for cifar in _CIFARS if len(set(cifar.files) - set(names)) <= 1)
    return next(held, None)


def _read(path: Path, files: Files, seed: int) -> Dataset:
    cifar = _cifar_of(files)
    with named(path):
        if cifar is None:
            name, classes = "MNIST's format", None
            train, test = (_idx_part(files, split) for split in ("train", "t10k"))
        else:
            name = cifar.name
            train = _training(cifar, files)
            test = _parsed(files, cifar.test, cifar.part)
            classes = _parsed(files, cifar.names, cifar.classes)
        arrays = {"x_train": train[0], "y_train": train[1], "x_test": test[0], "y_test": test[1]}
        short = printable(path.name)
        source = f"{short}, {name}, files of {printable(path)}"
        return make_dataset(short.partition(".")[0], source, arrays, classes, seed)


def _training(cifar: _Cifar, files: Files) -> Part:
    images, labels = zip(*(_parsed(files, name, cifar.part) for name in cifar.train), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _parsed(files: Files, name: str, parse: Callable) -> Any:
    if name not in files:
        raise DataError(f"{name} is missing, expected it beside the other files")
    try:
        return parse(files[name]())
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    except _BROKEN as error:
        raise DataError(f"{name} is damaged, expected a whole file: {one_line(error)}") from None


def _idx_part(files: Files, split: str) -> Part:
    """The images [N, H, W] and labels [N] of a split."""
    found = {m[2]: m[0] for m in map(_IDX.fullmatch, sorted(files)) if m and m[1] == split}
    images, labels = (
        _parsed(files, found.get(what, f"{split}-{what}-idx{rank}-ubyte"), _read_idx)
        for what, rank in (("images", 3), ("labels", 1))
    )
    return images, labels


def _read_idx(content: bytes) -> np.ndarray:
    """An array of bytes in the IDX format, compressed or not."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if content[:3] != b"\0\0\x08":
        raise DataError(f"the file begins with {content[:4]!r}, expected IDX of bytes")
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape.astype(int))
