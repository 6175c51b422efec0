"""Images as a trained network is shown them, from any data set that the toolkit reads."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from nasnet.data.arrays.resizing import resize
from nasnet.data.dataset import Dataset
from nasnet.data.photos.images import ImageSet, Split
from nasnet.transfer.serving.trained import TrainedNetwork

Batches = Iterator[tuple[np.ndarray, np.ndarray]]
Opener = Callable[[tuple[int, int]], Dataset | ImageSet]  # of the height and width that are shown
Shape = tuple[int, int, int]
_CALIBRATION, _BATCH = 200, 32


@dataclasses.dataclass(frozen=True)
class Photos:
    """Images to calibrate by, and others to measure.

    Attributes:
        calibration: training images, [N, H, W, C] float32 in 0..255.
        validation: gives batches of the others, anew at each call, with their labels [N].
    """

    calibration: np.ndarray
    validation: Callable[[], Batches]


def show(
    data: Dataset | ImageSet, network: TrainedNetwork, shape: Shape, classes: int, limit: int
) -> Photos:
    """What a network is shown of data; bad images are passed over.

    Args:
        data: that are open.
        network: that is shown them.
        shape: height, width and channels that it takes.
        classes: how many it tells apart.
        limit: at most so many validation images.

    Raises:
        ValueError: they show other classes, or cannot be shown in this shape.
    """
    names = data.classes
    if len(names) != classes or (network.classes and network.classes != names):
        raise ValueError(
            f"classes of {data.source} are {', '.join(names)[:200]}, "
            f"expected {', '.join(network.classes)[:200] or f'{classes} of them'}"
        )
    if isinstance(data, Dataset):
        train = _of_arrays(data.x_train, data.y_train, shape, _CALIBRATION)
        validation = _of_arrays(data.x_val, data.y_val, shape, limit)
    else:
        check_square(network, shape)
        train = _of_files(data.train.limited(_CALIBRATION), network.crop, shape)
        validation = _of_files(data.validation.limited(limit), network.crop, shape)
    calibration = np.concatenate([images for images, _ in train()])
    if not any(len(labels) for _, labels in validation()):
        raise ValueError(f"{data.source} has 0 good validation images, expected some")
    return Photos(calibration, validation)


def check_square(network: TrainedNetwork, shape: Shape) -> None:
    """Refuses to show a square where one does not fit.

    Raises:
        ValueError: it does not.
    """
    height, width, _ = shape
    if height != width:
        raise ValueError(
            f"{network.path} takes images of {height} x {width} and how they are cut out is not "
            "known, expected square ones, or the run or the export of `nasnet train`"
        )


def to_pixels(images: np.ndarray) -> np.ndarray:
    """Values from -1 to 1, as trainings are given them, as pixels from 0 to 255."""
    return (images + 1) * np.float32(127.5)


def to_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Images [N, H, W, C] with another number of channels; gray as Rec. 601 weighs colours.

    Raises:
        ValueError: the numbers differ, and one of them is neither 1 nor 3.
    """
    given = images.shape[3]
    if given == channels:
        return images
    if {given, channels} != {1, 3}:
        raise ValueError(f"the network takes {channels} channels, expected {given} as of images")
    if channels == 3:
        return np.repeat(images, 3, axis=3)
    return (images @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]


def _of_arrays(x: np.ndarray, y: np.ndarray, shape: Shape, limit: int) -> Callable[[], Batches]:
    def batches() -> Batches:
        for first in range(0, min(limit, len(y)), _BATCH):
            chosen = slice(first, min(first + _BATCH, limit))
            images = resize(x[chosen], shape[:2]).astype(np.float32)
            yield to_channels(images, shape[2]), y[chosen]

    return batches


def _of_files(split: Split, crop: float, shape: Shape) -> Callable[[], Batches]:
    from nasnet.data.photos.pipeline import evaluation_batches

    def batches() -> Batches:
        for batch in evaluation_batches(split, shape[0], _BATCH, crop=crop):
            ok = batch["ok"].numpy()
            if ok.any():
                pixels = to_pixels(batch["image"].numpy()[ok])
                yield to_channels(pixels, shape[2]), batch["label"].numpy()[ok]

    return batches
