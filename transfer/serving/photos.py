"""Images as a trained network is shown them, from any data set that the toolkit reads."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from nasnet.data import sources
from nasnet.data.arrays.resizing import resize
from nasnet.transfer.serving.trained import TrainedNetwork

Batches = Iterator[tuple[np.ndarray, np.ndarray]]
_CALIBRATION, _BATCH = 200, 32


@dataclasses.dataclass(frozen=True)
class Photos:
    """Images to calibrate by, and others to measure.

    Attributes:
        calibration: training images, [N, H, W, C] float32 in -1..1.
        validation: gives batches of the others, anew at each call, with their labels [N].
    """

    calibration: np.ndarray
    validation: Callable[[], Batches]


def open_photos(
    spec: str, network: TrainedNetwork, shape: tuple[int, int, int], classes: int, limit: int
) -> Photos:
    """Finds images; bad ones are passed over.

    Args:
        spec: a name or path as of `nasnet.data.sources.load` or
            `nasnet.data.photos.images.open_images`.
        network: that is shown them.
        shape: height, width and channels that it takes.
        classes: how many it tells apart.
        limit: at most so many validation images.

    Raises:
        ValueError: there are no such images, or they show other classes.
    """
    if spec in sources.NAMES or spec.endswith(".npz"):
        names, train, validation = _from_arrays(spec, shape, limit)
    else:
        names, train, validation = _from_files(spec, network.crop, shape, limit)
    if len(names) != classes or (network.classes and network.classes != names):
        raise ValueError(
            f"classes of {spec} are {', '.join(names)[:200]}, "
            f"expected {', '.join(network.classes)[:200] or f'{classes} of them'}"
        )
    calibration = np.concatenate([images for images, _ in train()])
    if not any(len(labels) for _, labels in validation()):
        raise ValueError(f"{spec} has 0 good validation images, expected some")
    return Photos(calibration, validation)


def to_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Images [N, H, W, 1 or 3] with another number of channels; gray as Rec. 601 weighs colours."""
    if images.shape[3] == channels:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=3)
    return (images @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]


Opened = tuple[tuple[str, ...], Callable[[], Batches], Callable[[], Batches]]


def _from_arrays(spec: str, shape: tuple[int, int, int], limit: int) -> Opened:
    dataset = sources.load(spec)

    def batches(x: np.ndarray, y: np.ndarray, count: int) -> Batches:
        for first in range(0, min(count, len(y)), _BATCH):
            chosen = slice(first, min(first + _BATCH, count))
            images = resize(x[chosen], shape[0]).astype(np.float32) / 127.5 - 1
            yield to_channels(images, shape[2]), y[chosen]

    return (
        dataset.classes,
        lambda: batches(dataset.x_train, dataset.y_train, _CALIBRATION),
        lambda: batches(dataset.x_val, dataset.y_val, limit),
    )


def _from_files(spec: str, crop: float, shape: tuple[int, int, int], limit: int) -> Opened:
    from nasnet.data.photos.images import Split, open_images
    from nasnet.data.photos.pipeline import evaluation_batches

    images = open_images(spec)

    def batches(split: Split) -> Batches:
        for batch in evaluation_batches(split, shape[0], _BATCH, crop=crop):
            ok = batch["ok"].numpy()
            if ok.any():
                yield to_channels(batch["image"].numpy()[ok], shape[2]), batch["label"].numpy()[ok]

    return (
        images.classes,
        lambda: batches(images.train.limited(_CALIBRATION)),
        lambda: batches(images.validation.limited(limit)),
    )
