"""A small CIFAR-10 out of its training set, and whether it can be had without a long wait."""

import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.data.arrays.distributed import read_cifar_training
from nasnet.data.dataset import DataError, Dataset, stratified
from nasnet.data.downloads import download, keras_datasets
from nasnet.runtime.errors import one_line

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
ARCHIVE = "cifar-10-batches-py-target_archive"  # the name under which Keras keeps the download
ARCHIVE_BYTES = 170_498_071
_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
_SIZES = {"train": 10_000, "val": 2_000, "test": 2_000}
_PATIENCE = 4.0  # seconds for an answer from the host


def archive_path() -> Path:
    """Where Keras keeps the CIFAR-10 archive."""
    return keras_datasets() / ARCHIVE


def on_disk() -> bool:
    """Whether the whole archive is there; Keras downloads again over a part of it."""
    path = archive_path()
    return path.is_file() and path.stat().st_size == ARCHIVE_BYTES


def why_unreachable() -> str | None:
    """Asks the host for the archive's header; None where it answers, else the reason in a line."""
    answer: list[str | None] = []

    def ask():
        try:
            request = urllib.request.Request(URL, method="HEAD")
            urllib.request.urlopen(request, timeout=_PATIENCE).close()
            answer.append(None)
        except (OSError, ValueError) as error:  # URLError is an OSError
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            answer.append(one_line(reason))

    # The time limit of urlopen leaves out the name lookup, which can hang for longer.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(2 * _PATIENCE)
    return answer[0] if answer else f"no answer in {2 * _PATIENCE:.0f} s"


def mini_cifar10() -> Dataset:
    """10,000 + 2,000 + 2,000 images for training, validation and test, always the same ones.

    All three are drawn from CIFAR-10's *training* set, every class in equal number. CIFAR-10's
    own test set is never touched, so that nobody chooses a cell by it; the test images here are
    held out of training and validation. Downloaded once, by Keras (170 MB).
    """
    if not on_disk() and (reason := why_unreachable()) is not None:
        raise DataError(f"CIFAR-10 is not on disk and could not be downloaded ({reason})")
    images, labels = _training_set()
    rest = np.arange(len(labels))
    arrays: dict[str, Any] = {}
    rng = np.random.default_rng(0)
    for split, count in _SIZES.items():
        chosen = rest[stratified(labels[rest], count, rng)]
        rest = np.setdiff1d(rest, chosen)
        arrays |= {f"x_{split}": np.ascontiguousarray(images[chosen]), f"y_{split}": labels[chosen]}
    source = "mini-cifar10, 14,000 images of CIFAR-10's training set"
    return Dataset("mini-cifar10", source, CLASS_NAMES, **arrays)


def _training_set() -> tuple[np.ndarray, np.ndarray]:
    """CIFAR-10's training images, [50000, 32, 32, 3] uint8, and labels, [50000]."""
    if not on_disk():
        download("CIFAR-10", ARCHIVE, URL, _SHA256)
    return read_cifar_training(archive_path())
