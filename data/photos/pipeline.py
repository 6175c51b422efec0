"""Batches of images for training and evaluation, the same ones whenever they are asked for.

Every draw is a function of seed, epoch and the image's position in the epoch. So an epoch can be
taken up anywhere, and several workers see the batches that one would see.

The order of an epoch: files are permuted as a whole. Records are read where they lie, because only
that is fast: shards in a random order, 16 at a time in turn, then permuted in windows of
`SHUFFLE_WINDOW` records. (The converter has shuffled the images over the shards before.)

A bad image stops nothing: `ok` is false in its place, where another image of the batch (of this
worker's part of it) stands in with its label, and `index` says which image it was. What is bad is
said in `nasnet.data.photos.decoding`; besides, a file that cannot be opened is. A shard that is
damaged itself raises `tf.errors.DataLossError`.
"""

import dataclasses
import functools
from typing import Any, Literal, get_args

import numpy as np
import tensorflow as tf

from nasnet.data.photos.batching import guarded_batches
from nasnet.data.photos.decoding import Photo, decode_window
from nasnet.data.photos.distortion import (
    central_window,
    distort_colours,
    flip,
    inception_window,
    random_window,
)
from nasnet.data.photos.images import CROP, MAX_PIXELS, FileSplit, Split
from nasnet.data.photos.order import (
    SHUFFLE_WINDOW,
    Chosen,
    in_order,
    records_in_order,
    shuffled_records,
)

Tensor = Any
Augmentation = Literal["none", "flip", "crop-flip", "inception"]


@dataclasses.dataclass(frozen=True)
class TrainingImages:
    """The images of a training, and what is made of them.

    Args:
        split: the images.
        size: height and width of what comes out, in pixels.
        batch_size: images of a batch, those of all parts together; images that fill no whole
            batch are left out, other ones in each epoch.
        seed: of everything random.
        part: (i, n) for the i-th of n equal parts of each batch.
        augmentation: "none" is the evaluation's crop; "flip" mirrors it, too; "crop-flip" mirrors
            a square as large as that one from anywhere in the image; "inception" crops, mirrors and
            distorts the colours, see `nasnet.data.photos.distortion`.
        max_pixels: an image that has more is bad.
        shuffle_window: records that are permuted together; they are held in memory as files.

    Raises:
        ValueError: an argument is out of its range.
    """

    split: Split
    size: int
    batch_size: int
    seed: int = 0
    part: tuple[int, int] = (0, 1)
    augmentation: Augmentation = "inception"
    max_pixels: int = MAX_PIXELS
    shuffle_window: int = SHUFFLE_WINDOW

    def __post_init__(self) -> None:
        _check(self.split, self.size, self.batch_size, self.part)
        if self.batch_size > self.split.count:
            count = self.split.count
            raise ValueError(f"batch size is {self.batch_size}, expected at most {count} images")
        if self.augmentation not in get_args(Augmentation):
            known = ", ".join(get_args(Augmentation))
            raise ValueError(f"augmentation is {self.augmentation!r}, expected one of: {known}")
        if self.shuffle_window < 1:
            raise ValueError(f"shuffle window is {self.shuffle_window}, expected at least 1")


def training_batches(images: TrainingImages, epoch: int, *, start: int = 0) -> tf.data.Dataset:
    """The batches of one epoch, from batch `start` on.

    Args:
        images: what is trained on.
        epoch: from 0.
        start: batches that are passed over. Files are not touched for that; records are read, but
            not decoded.

    Returns:
        Batches of b = batch_size / n images: "image" [b, size, size, 3] float32 in -1..1; "label"
        [b] int32; "index" [b] int64, the image's position in the split; "ok" [b] bool.

    Raises:
        ValueError: there are fewer batches.
    """
    split, size, batch_size = images.split, images.size, images.batch_size
    batches = split.count // batch_size
    if not 0 <= start <= batches:
        raise ValueError(f"start is {start}, expected 0 to {batches} batches")
    rng = np.random.default_rng([images.seed, epoch])
    keys = rng.integers(2**62, size=2)
    chosen = Chosen(start * batch_size, batches * batch_size, batch_size, images.part)
    if isinstance(split, FileSplit):
        elements = in_order(split, rng.permutation(split.count), chosen)
    else:
        elements = shuffled_records(split, rng, images.shuffle_window, chosen)
    draw = functools.partial(_augmented, augmentation=images.augmentation, size=size, keys=keys)
    each, most = batch_size // images.part[1], images.max_pixels
    return guarded_batches(elements, split, draw, each, size, most, drop_remainder=True)


def evaluation_batches(
    split: Split,
    size: int,
    batch_size: int,
    *,
    part: tuple[int, int] = (0, 1),
    crop: float = CROP,
    max_pixels: int = MAX_PIXELS,
) -> tf.data.Dataset:
    """Every image once, in order: the square in its middle, resized.

    Args:
        split: the images.
        size: height and width of what comes out, in pixels.
        batch_size: images of a batch, those of all parts together; the last one may have fewer.
        part: (i, n) for the i-th of n equal parts of each batch; the last part of a last batch may
            be missing.
        crop: side of the square as a share of the shorter side.
        max_pixels: an image that has more is bad.

    Returns:
        Batches as of `training_batches`; an image whose `ok` is false is to be left out of all
        figures.

    Raises:
        ValueError: an argument is out of its range.
    """
    each = _check(split, size, batch_size, part)
    if not 0 < crop <= 1:
        raise ValueError(f"crop is {crop}, expected above 0 and at most 1")
    chosen = Chosen(0, split.count, batch_size, part)
    if isinstance(split, FileSplit):
        elements = in_order(split, np.arange(split.count), chosen)
    else:
        elements = records_in_order(split, chosen)

    def central(photo: Photo, position: Tensor) -> Tensor:
        return show_centre(photo, size, crop)

    return guarded_batches(elements, split, central, each, size, max_pixels, drop_remainder=False)


def show_centre(photo: Photo, size: int, crop: float = CROP) -> Tensor:
    """What evaluation shows of one image.

    Args:
        photo: the image.
        size: height and width of the result.
        crop: side of the square as a share of the shorter side.

    Returns:
        [size, size, 3] float32 in -1..1.
    """
    return decode_window(photo, central_window(photo.shape, crop), size) / 127.5 - 1.0


def _check(split: Split, size: int, batch_size: int, part: tuple[int, int]) -> int:
    """Images in a part of a batch."""
    number, parts = part
    if size < 1:
        raise ValueError(f"size is {size}, expected at least 1")
    if batch_size < 1:
        raise ValueError(f"batch size is {batch_size}, expected at least 1")
    if not 0 <= number < parts:
        raise ValueError(f"part is {part}, expected (i, n) with i from 0 to n - 1")
    if batch_size % parts:
        raise ValueError(f"batch size is {batch_size}, expected a multiple of the {parts} parts")
    return batch_size // parts


def _augmented(
    photo: Photo,
    position: Tensor,
    *,
    augmentation: Augmentation,
    size: int,
    keys: np.ndarray,
) -> Tensor:
    """An image [size, size, 3] in -1..1; the draws are those of its position."""
    where, how = (tf.stack([tf.constant(key), position]) for key in keys)
    shape = photo.shape
    if augmentation == "inception":
        window = inception_window(shape, where)
    elif augmentation == "crop-flip":
        window = random_window(shape, CROP, where)
    else:
        window = central_window(shape, CROP)
    image = decode_window(photo, window, size)
    if augmentation == "none":
        return image / 127.5 - 1.0
    draws = tf.random.stateless_uniform([3], how)
    image = flip(image, draws[0])
    if augmentation != "inception":
        return image / 127.5 - 1.0
    return 2.0 * distort_colours(image / 255.0, draws[1:]) - 1.0
