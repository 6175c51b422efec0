"""A trained network on disk, for what runs it or takes it elsewhere."""

import dataclasses
from pathlib import Path
from typing import Any

from nasnet.cells import Genotype
from nasnet.data.photos.images import CROP

ABOUT, LABELS = "preprocessing.json", "labels.txt"


@dataclasses.dataclass(frozen=True)
class TrainedNetwork:
    """A network on disk and what is known of it.

    Attributes:
        path: of the network's own file or folder.
        name: a short one.
        classes: their names; empty where they are not known.
        crop: side of the square that it is shown, as a share of an image's shorter side.
        genotype: its cells, None where they are not known.
        config: of the run directory, empty where there is none.
        result: what the run measured, likewise.
    """

    path: Path
    name: str
    classes: tuple[str, ...] = ()
    crop: float = CROP
    genotype: Genotype | None = None
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    result: dict[str, Any] = dataclasses.field(default_factory=dict)
