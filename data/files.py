"""Data sets that a person brings: an .npz of arrays, or a folder of class folders of images."""

import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from nasnet.data.dataset import SPLITS, DataError, Dataset, check_split, split_validation

FOLDER_SIZE = 32
_ARRAYS = tuple(f"{axis}_{split}" for split in SPLITS for axis in "xy")
_NOTES = ("idx_", "lossless_")  # arrays about the images, such as where each one came from
_VALIDATION = ("val", "valid", "validation")
# Named, because Pillow also knows formats that it hands to other programs (EPS).
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm")
_DEEP_MODES = ("I", "F")


def read_npz(path: Path, seed: int) -> Dataset:
    """The data set in an .npz of plain arrays; a file with pickled objects is refused.

    Args:
        path: a file with x_train ([N, H, W] or [N, H, W, C] uint8) and y_train ([N] or [N, 1]
            integers), and where there are x_val, y_val, x_test, y_test and class_names [classes].
            Names that start with idx_ or lossless_ are passed over, any other is an error.
        seed: of the stratified validation split, taken from the training data (a sixth, at most
            5,000 images) where the file has none.
    """
    try:
        arrays = _load_arrays(path)
        classes = arrays.pop("class_names", None)
        for name in arrays:
            if name[0] == "x" and arrays[name].ndim == 3:
                arrays[name] = arrays[name][..., None]
            if name[0] == "y" and arrays[name].ndim == 2 and arrays[name].shape[1] == 1:
                arrays[name] = arrays[name][:, 0]
        for split in SPLITS:
            if split == "train" or f"x_{split}" in arrays or f"y_{split}" in arrays:
                check_split(split, arrays.get(f"x_{split}"), arrays.get(f"y_{split}"))
        names = _class_names(classes, arrays)
        source = f"{path.name}, arrays of {path}"
        if "x_val" not in arrays:
            source += _hold_out(arrays, seed)
        return Dataset(path.stem, source, names, **arrays)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _load_arrays(path: Path) -> dict[str, Any]:
    """The arrays of an .npz by name, each an array of numbers or text; notes are not read."""
    name = "the file"
    try:
        # Opened here, because np.load forgets to close a file that it finds damaged.
        with path.open("rb") as file:
            stored = np.load(file, allow_pickle=False)
            if not isinstance(stored, np.lib.npyio.NpzFile):
                raise DataError("the file is a single array, expected an .npz with x_train")
            arrays: dict[str, Any] = {}
            for name in (n for n in stored.files if not n.startswith(_NOTES)):
                if name not in (*_ARRAYS, "class_names"):
                    raise DataError(
                        f"array name is {name!r}, expected {', '.join(_ARRAYS)}, class_names, "
                        "idx_* or lossless_*"
                    )
                arrays[name] = stored[name]
                if not isinstance(arrays[name], np.ndarray):
                    raise DataError(f"{name} is not an array, expected one")
        return arrays
    except DataError:
        raise
    except (OSError, ValueError, EOFError, KeyError, MemoryError, RuntimeError) as error:
        raise _unreadable(name, error) from None
    except (zipfile.BadZipFile, zlib.error) as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: BaseException) -> DataError:
    if "allow_pickle" in str(error):
        return DataError(f"{name} is pickled or no array at all, expected numbers or text")
    return DataError(f"{name} is damaged, expected a whole .npz: {one_line(error)}")


def one_line(error: BaseException) -> str:
    """The text of an error on one line, or its type where it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def _class_names(given: np.ndarray | None, arrays: dict[str, np.ndarray]) -> tuple[str, ...]:
    if given is not None:
        if given.ndim != 1 or given.dtype.kind not in "US":
            raise DataError(f"class_names is {given.ndim}-d {given.dtype}, expected a list of text")
        return tuple(str(name) for name in given.astype(str))
    highest = 0
    for name in (n for n in arrays if n[0] == "y"):
        highest = max(highest, int(arrays[name].max()))
        # One stray label must not make a network of a billion classes.
        if highest >= len(arrays["y_train"]):
            most = len(arrays["y_train"]) - 1
            raise DataError(f"a label in {name} is {highest}, expected 0 to {most}")
    return tuple(str(label) for label in range(highest + 1))


def _hold_out(arrays: dict[str, np.ndarray], seed: int) -> str:
    """Moves validation data out of the training arrays, and says so for `source`."""
    kept, held_out = split_validation(arrays["y_train"], seed)
    for axis in "xy":
        whole = arrays[f"{axis}_train"]
        arrays[f"{axis}_val"], arrays[f"{axis}_train"] = whole[held_out], whole[kept]
    return f"; {len(held_out)} training images held out for validation"


def read_folder(path: Path, seed: int, image_size: int = FOLDER_SIZE) -> Dataset:
    """The data set in a folder of class folders of images, read as RGB.

    The folder is laid out as DIR/<class>/<image>, or as DIR/train/<class>/<image> with `val` (or
    `valid` or `validation`) and `test` beside `train`. Hidden files are passed over.

    Args:
        path: the folder.
        seed: of the stratified validation split, taken from the training data (a sixth, at most
            5,000 images) where the folder has none.
        image_size: the shorter side is resized to it and the middle square is kept.
    """
    folders = _split_folders(path)
    classes = tuple(p.name for p in _visible(folders["train"]) if p.is_dir())
    if len(classes) < 2:
        raise DataError(
            f"{folders['train']}: number of class folders is {len(classes)}, expected at least 2"
        )
    arrays: dict[str, Any] = {}
    for split, folder in folders.items():
        files, labels = _list_images(folder, classes)
        arrays[f"y_{split}"] = np.array(labels, np.int64)
        arrays[f"x_{split}"] = _read_images(files, image_size)
    source = f"{path.name}, images of {path} at {image_size} x {image_size}"
    try:
        if "val" not in folders:
            source += _hold_out(arrays, seed)
        return Dataset(path.name, source, classes, **arrays)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _visible(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def _split_folders(path: Path) -> dict[str, Path]:
    """The folder of each split; without DIR/train/<class>/ the folder itself is the training."""
    train = path / "train"
    if not (train.is_dir() and any(p.is_dir() for p in _visible(train))):
        return {"train": path}
    found = {"train": train}
    for folder in (p for p in _visible(path) if p.is_dir() and p.name != "train"):
        split = "val" if folder.name in _VALIDATION else folder.name
        if split not in SPLITS:
            raise DataError(f"{folder} is beside train, expected only val and test there")
        if split in found:
            raise DataError(f"{folder} is a second validation folder, expected one")
        found[split] = folder
    return {split: found[split] for split in SPLITS if split in found}


def _list_images(folder: Path, classes: tuple[str, ...]) -> tuple[list[Path], list[int]]:
    """Every image file of a split in order of class and name, and the label of each."""
    files: list[Path] = []
    labels: list[int] = []
    for class_folder in _visible(folder):
        if not class_folder.is_dir():
            if class_folder.suffix.lower() in _SUFFIXES:
                raise DataError(f"{class_folder} is an image, expected it in a class folder")
            continue
        if class_folder.name not in classes:
            raise DataError(f"{class_folder} is a class that train lacks, expected one of train's")
        inside = _visible(class_folder)
        if not inside:
            raise DataError(f"{class_folder} is an empty class folder, expected images")
        files += inside
        labels += [classes.index(class_folder.name)] * len(inside)
    if not files:
        raise DataError(f"{folder} is empty, expected class folders")
    return files, labels


def _read_images(files: list[Path], size: int) -> np.ndarray:
    """The images of the files, [N, size, size, 3] uint8."""
    images = np.empty((len(files), size, size, 3), np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for i, file in enumerate(files):
            if not file.is_file():
                raise DataError(f"{file} is a folder, expected an image file")
            try:
                images[i] = _read_image(file, size)
            except DataError:
                raise
            except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
                reason = one_line(error)
                raise DataError(f"{file} is too large an image to open safely: {reason}") from None
            except Exception as error:  # Pillow's decoders raise almost anything on a bad file
                reason = one_line(error)
                raise DataError(f"{file} is no whole image, expected one: {reason}") from None
    return images


def _read_image(file: Path, size: int) -> np.ndarray:
    with Image.open(file, formats=_FORMATS) as image:
        if image.mode.startswith(_DEEP_MODES):
            raise DataError(f"{file} has pixels of mode {image.mode}, expected 8 bit a channel")
        image.draft("RGB", (2 * size, 2 * size))  # a JPEG decodes many times faster so
        square = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BILINEAR)
    return np.asarray(square)


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """Resizes the shorter side and keeps the middle square, as for a folder.

    Args:
        images: [N, H, W, C] uint8 of any number of channels.
        size: height and width of the result in pixels.

    Returns:
        [N, size, size, C] uint8; the images themselves where they have that size.
    """
    if images.shape[1:3] == (size, size):
        return images
    resized = np.empty((len(images), size, size, images.shape[3]), np.uint8)
    for i, image in enumerate(images):
        for channel in range(images.shape[3]):
            plane = Image.fromarray(image[..., channel])
            square = ImageOps.fit(plane, (size, size), Image.Resampling.BILINEAR)
            resized[i, ..., channel] = np.asarray(square)
    return resized
