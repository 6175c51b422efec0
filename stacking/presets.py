"""The published networks by name: which cells, which plan, for which images."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from nasnet.cells import NASNET_A, ZOO, Genotype
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack


@dataclasses.dataclass(frozen=True, slots=True)
class Preset:
    """A published network.

    Attributes:
        cell: the name of its genotype in `ZOO`.
        stack: its plan.
        size: height and width of the images in pixels.
        classes: number of classes.
    """

    cell: str
    stack: Stack
    size: int
    classes: int

    @property
    def genotype(self) -> Genotype:
        """Its cells."""
        return ZOO[self.cell].genotype

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images."""
        return self.size, self.size, 3

    @property
    def network(self) -> CellNetwork:
        """The network."""
        return CellNetwork(self.genotype, self.stack, self.input_shape, self.classes)


def _cifar(cell: str, stack: Stack) -> Preset:
    stack = dataclasses.replace(stack, conventions=ZOO[cell].conventions)
    return Preset(cell, stack, 32, 10)


def _imagenet(cell: str, stack: Stack, size: int = 224) -> Preset:
    return Preset(cell, dataclasses.replace(stack, stem="imagenet"), size, 1000)


def _darts_imagenet(cell: str) -> Preset:
    stack = Stack(4, 48, stem="darts-imagenet", conventions="darts")
    return Preset(cell, stack, 224, 1000)


_MOBILE = dataclasses.replace(Stack.from_penultimate(4, 1056, NASNET_A), stem_filters=32)
_LARGE = dataclasses.replace(
    Stack.from_penultimate(6, 4032, NASNET_A), stem_filters=96, skip_reduction_input=True
)

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "cifar": _cifar("nasnet-a", Stack.from_penultimate(6, 768, NASNET_A)),
        "imagenet-mobile": _imagenet("nasnet-a", _MOBILE),
        "imagenet-large": _imagenet("nasnet-a", _LARGE, 331),
        "pnasnet-cifar": _cifar("pnasnet-5", Stack(3, 48, extra_reductions=False)),
        "pnasnet-mobile": _imagenet("pnasnet-5", Stack(3, 54, 32, extra_reductions=False)),
        "pnasnet-large": _imagenet("pnasnet-5", Stack(4, 216, 96, extra_reductions=False), 331),
        "amoebanet-a-cifar": _cifar("amoebanet-a", Stack(6, 32)),
        "amoebanet-a-cifar-wide": _cifar("amoebanet-a", Stack(6, 36)),
        "amoebanet-a-mobile": _imagenet("amoebanet-a", Stack(4, 50, 32)),
        "amoebanet-a-large": _imagenet("amoebanet-a", Stack(6, 190, 96), 331),
        "amoebanet-a-largest": _imagenet("amoebanet-a", Stack(6, 448, 96), 331),
        "amoebanet-b-mobile": _imagenet("amoebanet-b", Stack(3, 62, 32)),
        "amoebanet-c-mobile": _imagenet("amoebanet-c", Stack(4, 50, 32)),
        "amoebanet-c-large": _imagenet("amoebanet-c", Stack(6, 228, 96), 331),
        "amoebanet-d": _imagenet("amoebanet-d", Stack(4, 256, 32), 299),
        "enas-cifar": _cifar("enas", Stack(5, 36)),
        "darts-v1-cifar": _cifar("darts-v1", Stack(6, 36)),
        "darts-v1-imagenet": _darts_imagenet("darts-v1"),
        "darts-v2-cifar": _cifar("darts-v2", Stack(6, 36)),
        "darts-v2-imagenet": _darts_imagenet("darts-v2"),
    }
)
