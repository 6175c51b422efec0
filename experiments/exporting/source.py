"""What a trained network was built from: for those who build it once more."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from nasnet.cells import Network
from nasnet.experiments.runs.run import RunKind
from nasnet.experiments.training.settings import TRAINING
from nasnet.experiments.transfer.settings import TRANSFER
from nasnet.stacking.architectures import ImageFrame
from nasnet.stacking.recipe import Recipe
from nasnet.transfer.serving.trained import TrainedNetwork

_KINDS: Mapping[str, RunKind[Any]] = {kind.format: kind for kind in (TRAINING, TRANSFER)}


def with_source(network: TrainedNetwork) -> TrainedNetwork:
    """The same, with its `source` where it is of a run."""
    kind, genotype = _KINDS.get(str(network.config.get("format"))), network.genotype
    if kind is None or genotype is None:
        return network

    def source(shape: tuple[int, int, int], classes: int) -> tuple[Network, Recipe]:
        settings = kind.open(network.path.parent).settings
        return ImageFrame(settings.stack, shape, classes).network(genotype), settings.recipe

    return dataclasses.replace(network, source=source)
