"""In which order an epoch takes the images of a split, and which of them a worker takes.

Files are permuted as a whole. Records are read where they lie, because only that is fast: shards in
a random order, 16 at a time in turn, then permuted in windows.
"""

import dataclasses
import functools
import os
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.data.photos.images import FileSplit
from nasnet.data.photos.record_files import RecordSplit

Tensor = Any
SHUFFLE_WINDOW = 2048
_SHARDS_AT_ONCE = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """The positions of an epoch that a worker sees.

    Attributes:
        first: position to begin with.
        last: position behind the end.
        batch: images of a whole batch.
        part: (i, n) for the i-th of n equal parts of each batch.
    """

    first: int
    last: int
    batch: int
    part: tuple[int, int]

    def holds(self, position: Any) -> Any:
        """Whether a position (a number, an array or a tensor) is in this worker's part."""
        number, parts = self.part
        return position % self.batch // (self.batch // parts) == number


def in_order(split: FileSplit, order: np.ndarray, chosen: Chosen) -> tf.data.Dataset:
    """(position, index, path, label) of the chosen positions.

    Args:
        split: the images.
        order: the index of the image at each position, [N].
        chosen: the positions.
    """
    positions = np.arange(chosen.first, chosen.last)
    positions = positions[chosen.holds(positions)]
    paths, labels = _paths(split), tf.constant(split.labels)
    pairs = tf.data.Dataset.from_tensor_slices((positions, order[positions].astype(np.int64)))
    return pairs.map(lambda p, i: (p, i, tf.gather(paths, i), tf.gather(labels, i)))


@functools.lru_cache(maxsize=4)
def _paths(split: FileSplit) -> Tensor:
    """Full names as bytes, [N]; a million of them take a second to make."""
    return tf.constant([os.fsencode(split.folder / name) for name in split.names])


def records_in_order(split: RecordSplit, chosen: Chosen) -> tf.data.Dataset:
    """(position, index, record) of the chosen positions, shard after shard."""
    return _numbered(_records(split, np.arange(len(split.shards)), 1), chosen)


def shuffled_records(
    split: RecordSplit, rng: np.random.Generator, window: int, chosen: Chosen
) -> tf.data.Dataset:
    """(position, index, record) of the chosen positions; records that are not chosen are read, too.

    Args:
        split: the images.
        rng: of the order.
        window: records that are permuted together.
        chosen: the positions.
    """
    records = _records(split, rng.permutation(len(split.shards)), _SHARDS_AT_ONCE)
    key = rng.integers(2**62)

    def permute(number: Tensor, block: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        indices, data = block
        places = tf.range(tf.size(indices))
        order = tf.random.experimental.stateless_shuffle(places, tf.stack([key, number]))
        return tf.gather(indices, order), tf.gather(data, order)

    # The dataset's own `shuffle` would depend on TensorFlow's global seed, too.
    windows = records.batch(window).enumerate().map(permute).prefetch(1)
    return _numbered(windows.unbatch(), chosen)


def _records(split: RecordSplit, order: np.ndarray, at_once: int) -> tf.data.Dataset:
    """(index, record) of all shards in `order`."""
    shards = [split.shards[i] for i in order]
    about = (
        [os.fsencode(shard.file) for shard in shards],
        np.array([shard.skip for shard in shards], np.int64),
        np.array([shard.count for shard in shards], np.int64),
        split.firsts[order],
    )

    def read(file: Tensor, skip: Tensor, count: Tensor, first: Tensor) -> tf.data.Dataset:
        records = tf.data.TFRecordDataset(file, buffer_size=2**20).skip(skip).take(count)
        return records.enumerate(first)

    return tf.data.Dataset.from_tensor_slices(about).interleave(
        read, cycle_length=at_once, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )


def _numbered(records: tf.data.Dataset, chosen: Chosen) -> tf.data.Dataset:
    numbered = records.take(chosen.last).enumerate().skip(chosen.first)
    if chosen.part[1] > 1:
        numbered = numbered.filter(lambda position, _: chosen.holds(position))
    return numbered.map(lambda position, pair: (position, *pair))
