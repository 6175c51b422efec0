"""Axes of images in the usual orders, as [N, H, W, C].

Images that lie on their side, [N, W, H, C], look like any others: they are not found.
"""

import math
from collections.abc import Mapping

import numpy as np

from nasnet.data.dataset import DataError, by

_CHANNELS = range(1, 5)  # grey, grey and alpha, colour, colour and alpha
_SMALL = 8  # pixels of a side below which it is odd
_WANTED = "expected N x H x W x C"


def arrange(
    given: Mapping[str, np.ndarray], counts: Mapping[str, int]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Puts axes in order, the same way in every split.

    Args:
        given: images of each split, "train" among them, of any type.
        counts: labels of each split; they tell which axis the images are counted on.

    Returns:
        images [N, H, W, C] of each split, and notes.

    Raises:
        DataError: the axes are not certain.
    """
    for split, x in given.items():
        _check_rank(f"x_{split}", x)
    images, notes = _images_first(given, counts)
    wanted = images["train"].shape[1:]
    for split, x in images.items():
        if x.shape[1:] != wanted:
            raise DataError(
                f"images of x_{split} are {by(x.shape[1:])}, expected {by(wanted)} as in x_train"
            )
    if len(wanted) == 2:
        images = {split: x[..., None] for split, x in images.items()}
    elif _channel_axis(images["train"].shape) == 1:
        channels, height, width = wanted
        images = {split: np.moveaxis(x, 1, -1) for split, x in images.items()}
        notes.append(
            f"channels came first, {by(wanted)}; the images became {by((height, width, channels))}"
        )
    images, channel_notes = _look_at_channels(images)
    return images, notes + channel_notes


def _check_rank(name: str, x: np.ndarray) -> None:
    shape = f"{name} has shape {by(x.shape)}"
    if x.ndim == 2:
        raise DataError(f"{shape}, flat images, {_WANTED}: {_reshaped(x.shape[1])}")
    if x.ndim not in (3, 4):
        raise DataError(f"{shape}, {_WANTED}")


def _reshaped(values: int) -> str:
    """How flat images may be meant."""
    for channels in (1, 3):
        side = math.isqrt(values // channels)
        if values == channels * side**2 and channels == 1:
            return f"reshape(-1, {side}, {side}, 1) if they are grey and square"
        if values == channels * side**2:
            return (
                f"reshape(-1, 3, {side}, {side}) if their colours are one plane after another "
                f"(as CIFAR's), reshape(-1, {side}, {side}, 3) if pixel after pixel"
            )
    return f"{values} values are no square image, grey or colour"


def _images_first(
    given: Mapping[str, np.ndarray], counts: Mapping[str, int]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Moves the axis that the images are counted on to the front."""
    last = given["train"].ndim - 1
    fitting = {
        split: [axis for axis, length in enumerate(x.shape) if length == counts[split]]
        for split, x in given.items()
    }
    if all(axes[:1] == [0] for axes in fitting.values()):
        return dict(given), [
            f"x_{split} has shape {by(given[split].shape)}: the first axis was taken for that of "
            "the images, although another one is as long"
            for split, axes in fitting.items()
            if axes != [0]
        ]
    if all(axes == [last] for axes in fitting.values()):
        order = "H x W x C x N" if last == 3 else "H x W x N"
        note = f"images came along the last axis, {order}; it became the first"
        return {split: np.moveaxis(x, -1, 0) for split, x in given.items()}, [note]
    for split, x in given.items():
        if len(x) != counts[split]:
            what = f"y_{split} has {counts[split]} labels, expected {len(x)} as in x_{split}"
            raise DataError(f"{what}, whose shape is {by(x.shape)}; {_WANTED}")
    raise DataError(f"shapes of the splits differ, {_WANTED} in all")


def _channel_axis(shape: tuple[int, ...]) -> int:
    """Whether channels are on axis 1 or 3 of [N, ?, ?, ?]."""
    _, first, middle, last = shape
    few = [axis for axis in (1, 2, 3) if shape[axis] in _CHANNELS]
    if few in ([1], [3]):
        return few[0]
    if not few and first == middle > last:  # many channels of square images
        return 3
    if not few and middle == last > first:
        return 1
    found = f"images of x_train are {by(shape[1:])}"
    if len(few) > 1:
        raise DataError(
            f"{found}: which axis is that of the channels is not certain, expected H x W x C with "
            f"H and W above {_CHANNELS[-1]}"
        )
    raise DataError(f"{found}, expected H x W x C with C of 1 or 3, or C x H x W")


def _look_at_channels(images: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Drops an alpha channel that says nothing; notes what is odd of the shape."""
    notes = []
    height, width, channels = images["train"].shape[1:]
    if channels == 4 and _is_opaque(images):
        images = {split: x[..., :3] for split, x in images.items()}
        notes.append("the fourth channel, alpha, is the same everywhere and was left out")
    elif channels not in (1, 3):
        hint = "; if the last is alpha, leave it out" if channels in (2, 4) else ""
        notes.append(f"images have {channels} channels and are taken as they are{hint}")
    if min(height, width) < _SMALL:
        notes.append(f"images are only {height} x {width} pixels, height by width")
    return images, notes


def _is_opaque(images: Mapping[str, np.ndarray]) -> bool:
    """Whether the last channel has one value everywhere, the highest there is."""
    highest = max(x.max() for x in images.values())
    return all((x[..., -1] == highest).all() for x in images.values())
