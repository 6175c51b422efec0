"""A trained network on disk, for what runs it or takes it elsewhere."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasnet.cells import Network
from nasnet.data.photos.images import CROP
from nasnet.stacking.architectures import ImageArchitecture
from nasnet.stacking.recipe import Recipe

ABOUT, LABELS = "preprocessing.json", "labels.txt"


@dataclasses.dataclass(frozen=True)
class TrainedNetwork:
    """A network on disk and what is known of it.

    Attributes:
        path: of the network's own file or folder.
        name: a short one.
        classes: their names; empty where they are not known.
        crop: sides of what it is shown, as a share of the largest window of its shape in an image.
        antialias: whether it is shown images as arrays in memory are made of them, by
            `nasnet.data.folders.pixels.fit`; else as `nasnet.data.photos.pipeline` shows squares.
        genotype: its cells or layers, None where they are not known.
        config: of the run directory, empty where there is none.
        result: what the run measured, likewise.
        source: says what network and recipe it was built from, of the image's shape and the number
            of classes; None where nobody knows.
    """

    path: Path
    name: str
    classes: tuple[str, ...] = ()
    crop: float = CROP
    antialias: bool = False
    genotype: ImageArchitecture | None = None
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    result: dict[str, Any] = dataclasses.field(default_factory=dict)
    source: Callable[[tuple[int, int, int], int], tuple[Network, Recipe]] | None = None
