"""Which images there are in a folder or .zip of class folders: splits, classes, files.

One way of reading for every command; docs/data.md shows what becomes of what. Nothing is decoded
here, and files that are called as images are not opened.
"""

import dataclasses
import os
from pathlib import Path

import numpy as np

from nasnet.data.dataset import SPLITS, DataError
from nasnet.data.folders.archives import unpacked
from nasnet.data.folders.bad import Bad
from nasnet.data.folders.label_files import find_label_file, label_file_names, read_labels
from nasnet.data.folders.names import printable, split_of
from nasnet.data.folders.split import FileSplit
from nasnet.data.folders.survey import Survey

_INSIDE = "images"  # Tiny-ImageNet's classes and splits have their images in a folder
_KAGGLE = Path("Data", "CLS-LOC")
_DEVKIT = "ILSVRC2012_devkit_t12"


@dataclasses.dataclass(frozen=True, eq=False)
class ImageFolder:
    """Class folders of images.

    Attributes:
        name: a short one.
        classes: names of the classes as they can be printed, sorted; a label is an index into them.
        splits: the images by split: "train", and "val" and "test" where they are.
        notes: what a person should know: what was entered, passed over or cannot be used.
        bad: files that cannot be used, of those that were looked at.
    """

    name: str
    classes: tuple[str, ...]
    splits: dict[str, FileSplit]
    notes: tuple[str, ...]
    bad: tuple[Bad, ...]


def open_folder(path: Path) -> ImageFolder:
    """Finds the images of a folder or a .zip.

    Raises:
        DataError: there are none, or they are laid out in another way.
        OSError: a folder cannot be read.
    """
    top = path if path.is_dir() else unpacked(path)
    survey = Survey(top)
    if top != path:
        survey.say(f"{printable(path.name)} is unpacked in {printable(top)}")
    root = _entered(survey, top)
    folders = _split_folders(survey, root)
    train = folders["train"] = _entered(survey, folders["train"])
    names = survey.look(train).folders
    if len(names) < 2:
        raise DataError(
            f"{printable(train)}: number of class folders is {len(names)}, expected at least 2"
        )
    splits = {}
    for split, folder in folders.items():
        found = _list(survey, split, folder, names)
        if found is not None:
            splits[split] = found
    survey.check(sum(split.count for split in splits.values()))
    return ImageFolder(
        printable(path.resolve().name if path.is_dir() else path.stem),
        tuple(map(printable, names)),
        splits,
        survey.notes,
        tuple(survey.bad),
    )


def _entered(survey: Survey, folder: Path, classes: tuple[str, ...] = ()) -> Path:
    """The folder that matters: downloads wrap theirs, which are not classes, into one or two."""
    while True:
        inside = survey.look(folder)
        if (folder / _KAGGLE / "train").is_dir():
            deeper = folder / _KAGGLE
        elif len(inside.folders) == 1 and not inside.images and inside.folders[0] not in classes:
            deeper = folder / inside.folders[0]
            if not survey.look(deeper).folders or split_of(deeper.name) == "train" != split_of(
                folder.name
            ):
                return folder
        else:
            return folder
        place = os.path.relpath(deeper, survey.root)
        survey.say(f"entered the folder {printable(place)}, which holds all")
        folder = deeper


def _split_folders(survey: Survey, root: Path) -> dict[str, Path]:
    """The folder of each split; without one for training the folder itself is that."""
    inside = survey.look(root)
    by_split: dict[str, list[str]] = {split: [] for split in SPLITS}
    others: list[str] = []
    for name in inside.folders:
        split = split_of(name)
        (others if split is None else by_split[split]).append(name)
    # A class may be called "train", too; a split has folders.
    trains = [name for name in by_split["train"] if survey.look(root / name).folders]
    if not trains:
        _check_not_splits(survey, root, others, by_split)
        return {"train": root}
    others = [name for name in others if name != _DEVKIT]
    if others:
        raise DataError(
            f"{printable(root / others[0])} is beside {trains[0]}, expected only folders for "
            "training, validation and test there"
        )
    for name in inside.images:
        survey.name_bad(root, name, f"it is beside {trains[0]}, expected in a class folder")
    for split, names in by_split.items():
        if len(names) > 1:
            raise DataError(
                f"{printable(root / names[0])} and {printable(names[1])} both mean {split}, "
                "expected one of them"
            )
    return {split: root / names[0] for split, names in by_split.items() if names}


def _check_not_splits(
    survey: Survey, root: Path, others: list[str], by_split: dict[str, list[str]]
) -> None:
    """Refuses what would become classes, and are splits."""
    splits = {split: names[0] for split, names in by_split.items() if names}
    deep = [name for name in splits.values() if survey.look(root / name).folders]
    if deep:
        raise DataError(f"{printable(root)} has {deep[0]} without train, expected train beside it")
    if len(splits) > 1 and not others:
        raise DataError(
            f"{printable(root)} has {' and '.join(splits.values())} without class folders in "
            "them, expected a folder for each class"
        )


def _list(survey: Survey, split: str, folder: Path, classes: tuple[str, ...]) -> FileSplit | None:
    """The images of a split in order of class and name; None for test images without classes."""
    folder = folder if split == "train" else _entered(survey, folder, classes)
    inside = survey.look(folder)
    if inside.images and not inside.folders:
        return _list_flat(survey, split, folder, folder, classes)
    if inside.folders == (_INSIDE,) and _INSIDE not in classes:
        return _list_flat(survey, split, folder, folder / _INSIDE, classes)
    if not inside.folders:
        raise DataError(f"{printable(folder)} is empty, expected class folders")
    for name in inside.images:
        survey.name_bad(folder, name, "it is beside class folders, expected in one of them")
    names: list[str] = []
    labels: list[int] = []
    for name in inside.folders:
        if name not in classes:
            raise DataError(
                f"{printable(folder / name)} is a class that train lacks, expected one of train's"
            )
        found = _list_class(survey, folder / name)
        names += found
        labels += [classes.index(name)] * len(found)
    for name in sorted(set(classes) - set(inside.folders)):
        survey.say(f"{printable(folder.name)} has no images of class {printable(name)!r}")
    return FileSplit(survey.root, tuple(names), np.array(labels, np.int32))


def _list_class(survey: Survey, folder: Path) -> list[str]:
    inside = survey.look(folder)
    if inside.folders == (_INSIDE,) and not inside.images:
        folder = folder / _INSIDE
        inside = survey.look(folder)
    if inside.folders:
        raise DataError(
            f"{printable(folder / inside.folders[0])} is a folder in a class folder, expected "
            "image files: which of the two is the class cannot be known"
        )
    if not inside.images:
        raise DataError(f"{printable(folder)} is an empty class folder, expected images")
    prefix = os.path.relpath(folder, survey.root)
    return [f"{prefix}/{name}" for name in inside.images]


def _list_flat(
    survey: Survey, split: str, folder: Path, holder: Path, classes: tuple[str, ...]
) -> FileSplit | None:
    """Images without class folders, whose classes a file says."""
    images = survey.look(holder).images
    places = [holder, folder, *_above(folder, survey.root)]
    places += [place / _DEVKIT / "data" for place in places]
    file = find_label_file(split, places)
    if file is None and split == "test":
        count = len(images)
        survey.say(f"{printable(folder.name)} has {count:,} images without classes: not used")
        return None
    if file is None:
        raise DataError(
            f"{printable(folder)} has images without class folders, expected these or a file that "
            f"labels them, such as {' or '.join(label_file_names(split)[:2])}"
        )
    labels = read_labels(file, images, classes)
    place = os.path.relpath(file, survey.root)
    survey.use(file.name)
    survey.say(f"the classes of {printable(folder.name)} are those of {printable(place)}")
    prefix = os.path.relpath(holder, survey.root)
    return FileSplit(survey.root, tuple(f"{prefix}/{name}" for name in images), labels)


def _above(folder: Path, root: Path) -> list[Path]:
    """The folders from one up to the root, which is in them."""
    return [p for p in folder.parents if p == root or root in p.parents]
