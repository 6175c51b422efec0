"""Images that a person brings in a folder of class folders."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from nasnet.data.dataset import SPLITS, DataError, Dataset, hold_out, one_line

FOLDER_SIZE = 32
_VALIDATION = ("val", "valid", "validation")
# Named, because Pillow also knows formats that it hands to other programs (EPS).
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm")
_DEEP_MODES = ("I", "F")


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
        notes = () if "val" in folders else (hold_out(arrays, seed),)
        return Dataset(path.name, source, classes, **arrays, notes=notes)
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
