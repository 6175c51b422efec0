"""Names that people give to arrays, as ours: x_train, y_train, ..., class_names."""

import itertools
import re
from collections.abc import Iterable

from nasnet.data.dataset import SPLITS, DataError

OURS = (*(f"{axis}_{split}" for split in SPLITS for axis in "xy"), "class_names")
ABOUT = ("idx_", "lossless_")  # about the images, such as where each one came from
_AXES = {
    "x": ("x", "image", "images", "img", "imgs", "data"),
    "y": ("y", "label", "labels", "target", "targets"),
}
_WORDS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
_CLASSES = ("class_names", "classes", "label_names")


def _spellings() -> dict[str, str]:
    """Our name of each usual one, without its marks."""
    found = {name.replace("_", ""): "class_names" for name in _CLASSES}
    for axis, split in itertools.product(_AXES, SPLITS):
        for noun, word in itertools.product(_AXES[axis], _WORDS[split]):
            found[noun + word] = found[word + noun] = f"{axis}_{split}"
    return found | {noun: f"{axis}_train" for axis in _AXES for noun in _AXES[axis]}


_SPELLINGS = _spellings()


def our_name(name: str) -> str | None:
    """What we call an array of this name; None where it is unknown."""
    return name if name in OURS else _SPELLINGS.get(re.sub("[_ .-]", "", name.lower()))


def our_names(names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Our name of each array that is read, and notes; arrays about the images are left out.

    Raises:
        DataError: a name is unknown, or two say the same.
    """
    found: dict[str, str] = {}
    for name in names:
        if name.startswith(ABOUT):
            continue
        ours = our_name(name)
        if ours is None:
            raise DataError(
                f"array name is {name!r}, expected {', '.join(OURS)}, idx_*, lossless_*, or usual "
                "names (train_images, train_labels, X_test, images, labels, x, y, ...)"
            )
        if ours in found.values():
            other = next(known for known in found if found[known] == ours)
            raise DataError(f"arrays {other!r} and {name!r} are both {ours}, expected one")
        found[name] = ours
    changed = {name: ours for name, ours in found.items() if name != ours}
    note = f"arrays {', '.join(changed)} were read as {', '.join(changed.values())}"
    return found, [note] if changed else []
