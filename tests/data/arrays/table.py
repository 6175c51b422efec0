"""What becomes of arrays as people bring them: some fifty of them, each of them tried.

The good data set is 60 + 20 images of 16 x 12 pixels in colour of three classes; each case changes
something about it, in both splits where it does not say otherwise.
"""

import dataclasses
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from nasnet.data.sources import DataError, Dataset, load

HEADER = ("arrays", "are", "what is said")
COUNTS = {"train": 60, "val": 20}
Arrays = dict[str, np.ndarray]


def good() -> Arrays:
    """The arrays that each case changes."""
    arrays: Arrays = {}
    for split, count in COUNTS.items():
        rng = np.random.default_rng(count)
        arrays[f"x_{split}"] = rng.integers(0, 256, (count, 16, 12, 3), np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 3
    return arrays


@dataclasses.dataclass(frozen=True)
class Case:
    """Arrays as someone brings them.

    Args:
        what: about them, for a person.
        make: makes them of the good ones.
        meant: the good ones that they stand for, after which what is accepted is held; None where
            they stand for none or something is lost.
    """

    what: str
    make: Callable[[Arrays], Mapping[str, np.ndarray]]
    meant: Callable[[Arrays], Arrays] | None = None

    def load(self) -> Dataset:
        """What the readers make of it.

        Raises:
            DataError: nothing; its text does not name the file.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "images.npz"
            np.savez(path, **self.make(good()))  # type: ignore[arg-type]
            try:
                return load(str(path))
            except DataError as error:
                raise DataError(str(error).removeprefix(f"{path}: ")) from None

    def row(self) -> tuple[str, str, str]:
        """The case's line of the table."""
        try:
            notes = [note for note in self.load().notes if not note.startswith("fewer than")]
        except DataError as error:
            return self.what, "refused", str(error)
        return self.what, "taken, and said" if notes else "taken", "; ".join(notes)


def rows() -> list[tuple[str, str, str]]:
    """Every case's line."""
    return [case.row() for case in CASES]


def images(change: Callable, only: tuple[str, ...] = ("train", "val")) -> Callable:
    """Changes the images of the splits."""
    return lambda arrays: {
        name: change(a) if name in [f"x_{split}" for split in only] else a
        for name, a in arrays.items()
    }


def labels(change: Callable, only: tuple[str, ...] = ("train", "val")) -> Callable:
    """Changes the labels of the splits."""
    return lambda arrays: {
        name: change(a) if name in [f"y_{split}" for split in only] else a
        for name, a in arrays.items()
    }


def renamed(**names: str) -> Callable:
    """Calls arrays something else; `_` is the split."""
    return lambda arrays: {
        re.sub(r"^([xy])_(\w+)$", lambda m: names[m[1]].replace("SPLIT", m[2]), name): a
        for name, a in arrays.items()
    }


def also(**more: np.ndarray) -> Callable:
    """Adds or replaces arrays."""
    return lambda arrays: arrays | more


def alpha(value: int) -> Callable:
    """Adds a fourth channel, with another value in one pixel where it is not 255."""

    def change(x: np.ndarray) -> np.ndarray:
        channel = np.full((*x.shape[:3], 1), 255, np.uint8)
        channel[0, 0, 0] = value
        return np.concatenate([x, channel], axis=-1)

    return change


def same(arrays: Arrays) -> Arrays:
    """The good arrays."""
    return arrays


def grey(arrays: Arrays) -> Arrays:
    """The good arrays with their first channel alone."""
    return images(lambda x: x[..., :1])(arrays)


PETS = np.array(["cat", "dog", "elk"])
CASES = (
    Case(
        "`x_train`, `y_train`, `x_val`, `y_val`: uint8 [N, H, W, C], whole numbers [N]", same, same
    ),
    Case(
        "`train_images`, `train_labels`, `val_images`, ... (MedMNIST)",
        renamed(x="SPLIT_images", y="SPLIT_labels"),
        same,
    ),
    Case("`X_train`, `Y_train`, ...", renamed(x="X_SPLIT", y="Y_SPLIT"), same),
    Case(
        "`images` and `labels`; `X` and `y`; `data` and `target`",
        lambda a: {"images": a["x_train"], "labels": a["y_train"]},
    ),
    Case("`arr_0`, `arr_1`", lambda a: {"arr_0": a["x_train"], "arr_1": a["y_train"]}),
    Case("`x_train` beside `train_images`", lambda a: a | {"train_images": a["x_train"]}),
    Case("no `y_val`", lambda a: {name: x for name, x in a.items() if name != "y_val"}),
    Case(
        "images in `y_train`, labels in `x_train`",
        lambda a: {"x_train": a["y_train"], "y_train": a["x_train"]},
    ),
    Case("fewer labels than images", labels(lambda y: y[:-1], only=("train",))),
    Case("grey, [N, H, W]", images(lambda x: x[..., 0]), grey),
    Case("grey, [N, H, W, 1]", images(lambda x: x[..., :1]), grey),
    Case("channels first, [N, 3, H, W]", images(lambda x: x.transpose(0, 3, 1, 2)), same),
    Case("images last, [H, W, 3, N], as in SVHN", images(lambda x: x.transpose(1, 2, 3, 0)), same),
    Case(
        "images last and channels first, [3, H, W, N]",
        images(lambda x: x.transpose(3, 1, 2, 0)),
        same,
    ),
    Case("grey, images last, [H, W, N]", images(lambda x: x[..., 0].transpose(1, 2, 0)), grey),
    Case("channels in the middle, [N, H, 3, W]", images(lambda x: x.transpose(0, 1, 3, 2))),
    Case("images in the middle, [H, N, W, 3]", images(lambda x: x.transpose(1, 0, 2, 3))),
    Case(
        "channels first in one split alone",
        images(lambda x: x.transpose(0, 3, 1, 2), only=("val",)),
    ),
    Case("3 pixels high, [N, 3, 12, 3]", images(lambda x: x[:, :3])),
    Case("3 pixels high and grey, [N, 3, 12]", images(lambda x: x[:, :3, :, 0])),
    Case("flat, [N, 784]", images(lambda x: np.resize(x, (len(x), 784)))),
    Case("flat, [N, 3072]", images(lambda x: np.resize(x, (len(x), 3072)))),
    Case("films, [N, 5, H, W, 3]", images(lambda x: np.stack([x] * 5, axis=1))),
    Case(
        "one image per split twice as large",
        images(lambda x: np.repeat(x, 2, axis=1), only=("val",)),
    ),
    Case("colour and alpha that is 255 everywhere", images(alpha(255)), same),
    Case("colour and alpha that differs", images(alpha(7))),
    Case("two channels", images(lambda x: x[..., :2])),
    Case(
        "13 channels of square images, [N, 16, 16, 13]",
        images(lambda x: np.resize(x, (len(x), 16, 16, 13))),
    ),
    Case("int64, 0 to 255", images(lambda x: x.astype(np.int64)), same),
    Case("floats, 0 to 255", images(lambda x: x.astype(np.float32)), same),
    Case("floats, 0 to 1", images(lambda x: x / 255), same),
    Case("floats, -1 to 1", images(lambda x: (x / 127.5 - 1).astype(np.float32)), same),
    Case("floats, less their mean", images(lambda x: x / 255 - 0.5)),
    Case("floats of mean 0 and deviation 1", images(lambda x: (x - 127.5) / 73.6)),
    Case("floats, 0 to 100", images(lambda x: x / 2.55)),
    Case("floats, 0 to 1, divided by 255 again", images(lambda x: x / 255 / 255)),
    Case("`(x / 255).astype('uint8')`", images(lambda x: (x / 255).astype(np.uint8))),
    Case("0 to 255 in training, 0 to 1 in validation", images(lambda x: x / 255, only=("val",))),
    Case("0 to 255 in training, 0 to 63 in validation", images(lambda x: x // 4, only=("val",))),
    Case("a NaN", images(lambda x: np.where(x == 255, np.nan, x))),
    Case("truth values", images(lambda x: x > 127), images(lambda x: (x > 127) * np.uint8(255))),
    Case("uint16, 0 to 65535", images(lambda x: x.astype(np.uint16) * 257), same),
    Case("uint16 of 12 bits, 0 to 4095", images(lambda x: x.astype(np.uint16) * 16)),
    Case("int8 that ran over, -128 to 127", images(lambda x: x.astype(np.int8))),
    Case("200 to 215", images(lambda x: x // 16 + 200), images(lambda x: x // 16 + 200)),
    Case("0 to 15", images(lambda x: x // 16), images(lambda x: x // 16)),
    Case(
        "a third of the images in one colour",
        images(
            lambda x: np.where((np.arange(len(x)) % 3 == 0)[:, None, None, None], 90, x).astype(
                np.uint8
            )
        ),
    ),
    Case("text in place of numbers", images(lambda x: x.astype(str))),
    Case("labels [N, 1]", labels(lambda y: y[:, None]), same),
    Case("labels as floats, 0.0, 1.0, 2.0", labels(lambda y: y.astype(np.float32)), same),
    Case("labels 1 to 3", labels(lambda y: y + 1), same),
    Case("labels 1 to 3 in validation alone", labels(lambda y: y + 1, only=("val",))),
    Case(
        "labels 1 to 3 and three `class_names`",
        lambda a: labels(lambda y: y + 1)(a) | {"class_names": PETS},
        same,
    ),
    Case("labels 0 to 2 and two `class_names`", also(class_names=PETS[:2])),
    Case("labels 0, 7, 14", labels(lambda y: 7 * y), same),
    Case("labels 0, 1, 255", labels(lambda y: np.where(y == 2, 255, y)), same),
    Case("labels -1, 0, 1", labels(lambda y: y - 1)),
    Case("one-hot, [N, 3]", labels(lambda y: np.eye(3)[y]), same),
    Case("several ones in a row, [N, 3]", labels(lambda y: np.eye(3)[y] + np.eye(3)[(y + 1) % 3])),
    Case("probabilities, [N, 3]", labels(lambda y: np.eye(3)[y] * 0.7 + 0.1)),
    Case("text, `cat`, `dog`, `elk`", labels(lambda y: PETS[y]), same),
    Case(
        "text and `class_names` in another order",
        lambda a: labels(lambda y: PETS[y])(a) | {"class_names": PETS[::-1]},
    ),
    Case("measurements, 0.5, 1.5, 2.5", labels(lambda y: y + 0.5)),
    Case("another label for each image", labels(np.argsort, only=("train",))),
    Case("one label for all", labels(np.zeros_like)),
    Case(
        "a class in validation that training lacks",
        labels(lambda y: np.where(y == 2, 1, y), only=("train",)),
    ),
    Case(
        "a class in training that validation lacks",
        labels(lambda y: np.where(y == 2, 1, y), only=("val",)),
    ),
    Case("pickled objects", also(x_train=np.array([object()] * 60))),
)
