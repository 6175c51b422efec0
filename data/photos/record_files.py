"""Shards of records as `nasnet.data.photos.records.convert` leaves them, read without TensorFlow.

A folder holds shards (TFRecord files of `tf.train.Example`: `image`, the file's bytes; `label`;
`name`) and index.json, which names them. That file is written last, so a folder that has it is
complete; conversion.json, which says what is converted and how, comes first.
"""

import dataclasses
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

INDEX, PLAN = "index.json", "conversion.json"
FORMAT, VERSION = "nasnet-records", 1
_KEYS = ("bad", "classes", "digest", "format", "name", "train", "validation", "version")


@dataclasses.dataclass(frozen=True, slots=True)
class Shard:
    """Some records of a file.

    Attributes:
        file: a TFRecord file.
        count: records that are meant.
        skip: records in front of them.
    """

    file: Path
    count: int
    skip: int = 0


@dataclasses.dataclass(frozen=True, eq=False)
class RecordSplit:
    """Images in the records of shards, in the shards' order.

    Attributes:
        shards: none of them empty.
    """

    shards: tuple[Shard, ...]

    @functools.cached_property
    def firsts(self) -> np.ndarray:
        """The index of each shard's first image, and behind them the count of all, int64."""
        return np.cumsum([0, *(shard.count for shard in self.shards)], dtype=np.int64)

    @property
    def count(self) -> int:
        """How many images."""
        return int(self.firsts[-1])

    def identity(self) -> Iterator[str]:
        """Files, their sizes, and what is taken of them: others mean other images."""
        for shard in self.shards:
            yield f"{shard.file.name}\0{shard.file.stat().st_size}\0{shard.skip}\0{shard.count}"

    def describe(self, index: int) -> str:
        """An image's shard and its record in it, as "shard:record"."""
        number = int(np.searchsorted(self.firsts, index, side="right")) - 1
        shard = self.shards[number]
        return f"{shard.file.name}:{shard.skip + index - int(self.firsts[number])}"

    def limited(self, limit: int) -> "RecordSplit":
        """The first `limit` of the images; a converter has shuffled them over the shards."""
        kept = [
            dataclasses.replace(shard, count=min(shard.count, limit - int(first)))
            for shard, first in zip(self.shards, self.firsts[:-1], strict=True)
            if first < limit
        ]
        return RecordSplit(tuple(kept))


def open_records(folder: Path) -> tuple[str, tuple[str, ...], RecordSplit, RecordSplit]:
    """The name, the classes, and the training and validation images of a folder of shards.

    Raises:
        ValueError: the index is not one of ours, or a shard is missing or has another size.
    """
    index = read_index(folder)
    splits = []
    for split in ("train", "validation"):
        shards = []
        for entry in index[split]:
            file = folder / entry["file"]
            if file.parent != folder:
                raise ValueError(f"a shard of {folder} is {entry['file']!r}, expected a plain name")
            if not file.is_file():
                raise ValueError(f"shard {file} is missing, expected it beside {INDEX}")
            if file.stat().st_size != entry["bytes"]:
                size = file.stat().st_size
                raise ValueError(f"shard {file} has {size} bytes, expected {entry['bytes']}")
            if entry["count"]:
                shards.append(Shard(file, entry["count"]))
        if not shards:
            raise ValueError(f"{folder} has no {split} images, expected some")
        splits.append(RecordSplit(tuple(shards)))
    return index["name"], tuple(index["classes"]), splits[0], splits[1]


def read_index(folder: Path) -> dict[str, Any]:
    """What index.json holds.

    Raises:
        ValueError: it is not an index of ours.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(index, dict) or sorted(index) != sorted(_KEYS):
        keys = sorted(index) if isinstance(index, dict) else index
        raise ValueError(f"{path} has the keys {keys}, expected {sorted(_KEYS)}")
    if index["format"] != FORMAT or index["version"] != VERSION:
        found = f"{index['format']!r} version {index['version']!r}"
        raise ValueError(f"{path} is {found}, expected {FORMAT!r} version {VERSION}")
    return index
