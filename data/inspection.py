"""Whether a data set is fit to search on: balance, images that come twice or show nothing."""

import collections
import dataclasses
import itertools
from typing import Any

import numpy as np

from nasnet.data.dataset import SPLITS, Dataset, digests

FLAT = 8  # steps of 255 between the darkest and the brightest pixel below which nothing is seen
FEW = 10  # training images of a class below which it is named
_SURE = 100  # validation images; an accuracy of half is then sure to 5 points
_IMBALANCE = 10.0


@dataclasses.dataclass(frozen=True)
class SplitFacts:
    """What is in a split.

    Attributes:
        images: how many.
        per_class: images of each class.
        flat: images of one colour, or nearly.
        repeated: images that are there already, to the byte.
    """

    images: int
    per_class: tuple[int, ...]
    flat: int
    repeated: int


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What was found.

    Attributes:
        splits: by name.
        shared: images of the second split that the first has, too, by "train, val" and so on.
        contradictions: training images that have another label elsewhere in training.
        unfit: why it cannot be searched on.
        doubts: what to look at before.
    """

    splits: dict[str, SplitFacts]
    shared: dict[str, int]
    contradictions: int
    unfit: tuple[str, ...]
    doubts: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """In a line, whether it is fit to search on."""
        if self.unfit:
            return f"no, because {'; '.join(self.unfit)}"
        return f"yes, but {'; '.join(self.doubts)}" if self.doubts else "yes"

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return dataclasses.asdict(self) | {"fit": not self.unfit, "verdict": self.verdict}


def inspect(dataset: Dataset) -> Inspection:
    """Looks at every image, as a network would get it."""
    known, splits = {}, {}
    for split in SPLITS:
        x, y = getattr(dataset, f"x_{split}"), getattr(dataset, f"y_{split}")
        if x is None:
            continue
        known[split] = digests(x)
        counts = np.bincount(y, minlength=len(dataset.classes))
        repeated = len(x) - len(set(known[split]))
        splits[split] = SplitFacts(len(x), tuple(counts.tolist()), flat_images(x), repeated)
    shared = {}
    for first, second in itertools.combinations(known, 2):
        there = set(known[first])
        shared[f"{first}, {second}"] = sum(digest in there for digest in known[second])
    labels = collections.defaultdict(set)
    for digest, label in zip(known["train"], dataset.y_train.tolist(), strict=True):
        labels[digest].add(label)
    contradictions = sum(len(labels[digest]) > 1 for digest in known["train"])
    unfit = _unfit(splits, shared, contradictions)
    return Inspection(
        splits, shared, contradictions, unfit, _doubts(splits, shared, contradictions)
    )


def flat_images(images: np.ndarray) -> int:
    """How many of the images, [N, H, W, C] uint8, are of one colour or nearly."""
    pixels = images.reshape(len(images), -1, images.shape[-1])
    spread = (pixels.max(axis=1) - pixels.min(axis=1)).max(axis=1)
    return int((spread < FLAT).sum())


def _unfit(
    splits: dict[str, SplitFacts], shared: dict[str, int], contradictions: int
) -> tuple[str, ...]:
    train, val = splits["train"], splits["val"]
    found = []
    if 2 * train.flat > train.images:
        found.append(f"{train.flat:,} of {train.images:,} training images are of one colour")
    if 2 * contradictions > train.images:
        found.append(
            f"{contradictions:,} of {train.images:,} training images are there with another label"
        )
    if 2 * shared["train, val"] > val.images:
        found.append(
            f"{shared['train, val']:,} of {val.images:,} validation images are training images"
        )
    return tuple(found)


def _doubts(
    splits: dict[str, SplitFacts], shared: dict[str, int], contradictions: int
) -> tuple[str, ...]:
    train, val = splits["train"], splits["val"]
    found = []
    for pair, count in shared.items():
        if count:
            first, second = pair.split(", ")
            found.append(f"{count:,} images of {second} are in {first}, too")
    if contradictions:
        found.append(f"{contradictions:,} training images are there with another label")
    if flat := sum(facts.flat for facts in splits.values()):
        found.append(f"{flat:,} images are of one colour")
    smallest, largest = min(train.per_class), max(train.per_class)
    if smallest < FEW:
        found.append(f"a class has {smallest} training images only")
    elif largest >= _IMBALANCE * smallest:
        found.append(f"classes have from {smallest:,} to {largest:,} training images")
    if val.images < _SURE:
        found.append(f"{val.images} validation images are few: accuracies differ by chance")
    return tuple(found)
