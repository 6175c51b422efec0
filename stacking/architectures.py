"""Architectures of every kind that becomes an image network: read, framed, named."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import cast

from nasnet.cells import Architecture, Genotype
from nasnet.cells.genotype import FORMAT as GENOTYPE_FORMAT
from nasnet.cells.layers.architecture import FORMAT as LAYERS_FORMAT
from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.macro import FORMAT as MACRO_FORMAT
from nasnet.cells.layers.macro import Macro
from nasnet.cells.notations.registry import read_notation, recognise
from nasnet.cells.spaces.nasbench201 import FORMAT as NASBENCH201_FORMAT
from nasnet.cells.spaces.nasbench201 import NASBench201Cell
from nasnet.stacking.layer_network import LayerNetwork
from nasnet.stacking.macro_network import MacroNetwork, MacroSearchNetwork
from nasnet.stacking.nasbench201 import NASBench201Network
from nasnet.stacking.network import CellNetwork, check_images
from nasnet.stacking.plan import Stack

ImageArchitecture = Genotype | Layers | Macro | NASBench201Cell
ImageNetwork = CellNetwork | LayerNetwork | MacroNetwork | MacroSearchNetwork | NASBench201Network
_SIZES = {"repeats", "filters"}
READERS: Mapping[str, Callable[[str], ImageArchitecture]] = MappingProxyType(
    {
        GENOTYPE_FORMAT: Genotype.from_json,
        LAYERS_FORMAT: Layers.from_json,
        MACRO_FORMAT: Macro.from_json,
        NASBENCH201_FORMAT: NASBench201Cell.from_json,
    }
)


def read_architecture(text: str) -> ImageArchitecture:
    """The architecture of a `to_json`, whatever kind it is of, or of a notation of others.

    Raises:
        ValueError: the text is none.
    """
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        data = None
    found = data.get("format") if isinstance(data, dict) else None
    notation = recognise(text) if found is None else None
    if notation is not None:
        return cast(ImageArchitecture, read_notation(notation, text))
    # What names no kind is refused as a genotype is, in its words.
    return READERS.get(found if isinstance(found, str) else "", Genotype.from_json)(text)


def check_plan(architecture: ImageArchitecture, given: Iterable[str]) -> None:
    """Refuses fields of a plan that the architecture's network has not.

    Raises:
        ValueError: there are some among those that are given.
    """
    if isinstance(architecture, Genotype):
        return
    what, expected, taken = "network of layers", "cells with a plan", set[str]()
    if isinstance(architecture, NASBench201Cell):
        what, expected, taken = "cell of NAS-Bench-201", "repeats and filters alone", _SIZES
    refused = [name for name in given if name not in taken]
    if refused:
        raise ValueError(f"{', '.join(refused)} is set for a {what}, expected {expected}")


@dataclasses.dataclass(frozen=True, slots=True)
class ImageFrame:
    """How an architecture of any kind becomes a network for one data set.

    Args:
        stack: the plan of cells; layers need none, a cell of NAS-Bench-201 its repeats and filters.
        input_shape: height, width and channels of the images.
        classes: units of the classifier; None for no classifier.
        sharing: whether networks are to share weights; macro networks are others then.

    Raises:
        ValueError: as for `CellNetwork`.
    """

    stack: Stack
    input_shape: tuple[int, int, int]
    classes: int | None
    sharing: bool = False

    def __post_init__(self) -> None:
        check_images(self.input_shape, self.classes)

    def network(self, architecture: Architecture, /) -> ImageNetwork:
        """The network of an architecture.

        Raises:
            ValueError: it is of no kind that becomes an image network.
        """
        match architecture:
            case Genotype():
                return CellNetwork(architecture, self.stack, self.input_shape, self.classes)
            case Layers():
                return LayerNetwork(architecture, self.input_shape, self.classes)
            case Macro():
                kind = MacroSearchNetwork if self.sharing else MacroNetwork
                return kind(architecture, self.input_shape, self.classes)
            case NASBench201Cell():
                sizes = self.stack.repeats, self.stack.filters
                return NASBench201Network(architecture, *sizes, self.input_shape, self.classes)
        found = type(architecture).__name__
        raise ValueError(
            f"architecture is a {found}, expected a Genotype, Layers, a Macro or a NASBench201Cell"
        )
