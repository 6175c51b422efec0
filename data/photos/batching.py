"""Batches that survive bad images: another image of the batch takes each bad one's place."""

import os
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from nasnet.data.photos.decoding import Photo, open_photo
from nasnet.data.photos.images import FileSplit, Split

Tensor = Any


def guarded_batches(
    elements: tf.data.Dataset,
    split: Split,
    show: Callable[[Photo, Tensor], Tensor],
    each: int,
    size: int,
    max_pixels: int,
    *,
    drop_remainder: bool,
) -> tf.data.Dataset:
    """Decodes elements of `nasnet.data.photos.order` in parallel and in order, `each` to a batch.

    An inner dataset a batch drops the images that raise. (One an image would do the same and take
    a quarter of a millisecond for each.)

    Args:
        elements: (position, index, path, label) of files, or (position, index, record).
        split: that they are from.
        show: from the image and its position to [size, size, 3] float32 in -1..1.
        each: images of a batch.
        size: height and width of the images.
        max_pixels: an image that has more is bad.
        drop_remainder: whether a last batch that is not full is left out.

    Returns:
        Batches as of `nasnet.data.photos.pipeline.training_batches`.
    """
    from_files = isinstance(split, FileSplit)

    def load(place: Tensor, position: Tensor, data: Tensor, *label: Tensor) -> dict[str, Tensor]:
        found = (tf.io.read_file(data), *label) if from_files else _parsed(data)
        image = show(open_photo(found[0], max_pixels), position)
        return {"place": place, "image": image, "label": found[1]}

    def load_batch(position: Tensor, index: Tensor, *rest: Tensor) -> tf.data.Dataset:
        tried = tf.data.Dataset.from_tensor_slices((tf.range(tf.size(index)), position, *rest))
        good = tried.map(load, os.cpu_count(), deterministic=True).ignore_errors(log_warning=False)
        none = {
            "place": tf.zeros([0], tf.int32),
            "image": tf.zeros([0, size, size, 3]),
            "label": tf.zeros([0], tf.int32),
        }
        one = good.batch(each).concatenate(tf.data.Dataset.from_tensors(none)).take(1)
        return tf.data.Dataset.zip(one, tf.data.Dataset.from_tensors(index))

    options = tf.data.Options()
    options.deterministic = True
    whole = elements.batch(each, drop_remainder=drop_remainder)
    return (
        whole.interleave(load_batch, cycle_length=2, num_parallel_calls=2, deterministic=True)
        .map(_filled, 1)
        .prefetch(2)
        .with_options(options)
    )


def _parsed(record: Tensor) -> tuple[Tensor, Tensor]:
    features = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }
    found = tf.io.parse_single_example(record, features)
    return found["image"], tf.cast(found["label"], tf.int32)


def _filled(good: dict[str, Tensor], index: Tensor) -> dict[str, Tensor]:
    """The whole batch, in which good images stand in for bad ones; all black where none is good."""
    count, total = tf.size(good["place"]), tf.size(index)
    ok = tf.scatter_nd(good["place"][:, None], tf.ones_like(good["place"]), [total]) > 0

    def stand_ins() -> tuple[Tensor, Tensor]:
        places = tf.where(
            ok, tf.cumsum(tf.cast(ok, tf.int32)) - 1, tf.range(total) % tf.maximum(count, 1)
        )
        return tf.gather(good["image"], places), tf.gather(good["label"], places)

    def black() -> tuple[Tensor, Tensor]:
        shape = tf.concat([[total], tf.shape(good["image"])[1:]], 0)
        return tf.fill(shape, -1.0), tf.zeros([total], tf.int32)

    image, label = tf.case(
        [
            (count == total, lambda: (good["image"], good["label"])),
            (count > 0, stand_ins),
        ],
        default=black,
    )
    image = tf.ensure_shape(image, [*index.shape, *good["image"].shape[1:]])
    return {"image": image, "label": tf.ensure_shape(label, index.shape), "index": index, "ok": ok}
