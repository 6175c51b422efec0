"""Architectures of every kind that becomes an image network: read from JSON, framed, named."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from nasnet.cells import Architecture, Genotype
from nasnet.cells.genotype import FORMAT as GENOTYPE_FORMAT
from nasnet.cells.layers.architecture import FORMAT as LAYERS_FORMAT
from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.macro import FORMAT as MACRO_FORMAT
from nasnet.cells.layers.macro import Macro
from nasnet.stacking.layer_network import LayerNetwork
from nasnet.stacking.macro_network import MacroNetwork, MacroSearchNetwork
from nasnet.stacking.network import CellNetwork, check_images
from nasnet.stacking.plan import Stack

ImageArchitecture = Genotype | Layers | Macro
ImageNetwork = CellNetwork | LayerNetwork | MacroNetwork | MacroSearchNetwork
READERS: Mapping[str, Callable[[str], ImageArchitecture]] = MappingProxyType(
    {
        GENOTYPE_FORMAT: Genotype.from_json,
        LAYERS_FORMAT: Layers.from_json,
        MACRO_FORMAT: Macro.from_json,
    }
)


def read_architecture(text: str) -> ImageArchitecture:
    """The architecture of a `to_json`, whatever kind it is of.

    Raises:
        ValueError: the text is none.
    """
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        data = None
    found = data.get("format") if isinstance(data, dict) else None
    # What names no kind is refused as a genotype is, in its words.
    return READERS.get(found if isinstance(found, str) else "", Genotype.from_json)(text)


@dataclasses.dataclass(frozen=True, slots=True)
class ImageFrame:
    """How an architecture of any kind becomes a network for one data set.

    Args:
        stack: the plan of cells; layers need none.
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
        found = type(architecture).__name__
        raise ValueError(f"architecture is a {found}, expected a Genotype, Layers or a Macro")
