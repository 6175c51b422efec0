"""Published networks of layers, as their papers or their released files have them."""

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType

from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.kinds import Conv, Dense, Layer, MaxPool, Raster
from nasnet.cells.layers.macro import Macro

_METAQNN = "Baker et al., https://arxiv.org/abs/1611.02167, appendix, top 5 on CIFAR-10"
_TUTORIAL = (
    "the MNIST tutorial of a policy network with a NASCell, github.com/wallarm/nascell-automl"
)
_WORD = re.compile(r"(C|P|FC)\(([\d,]+)\)")


@dataclasses.dataclass(frozen=True, slots=True)
class LayerEntry:
    """A published network.

    Attributes:
        architecture: its layers, or the operations of a macro network.
        input_shape: height, width and channels of its images.
        year: in which it was published.
        source: where it is published.
        note: what is known of it.
    """

    architecture: Layers | Macro
    input_shape: tuple[int, int, int]
    year: int
    source: str
    note: str


def chain(text: str) -> tuple[Layer, ...]:
    """The layers of a chain in MetaQNN's notation: C(filters,kernel), P(window,stride), FC(units).

    Raises:
        ValueError: the text is none.
    """
    layers: list[Layer] = []
    for word in text.split():
        match = _WORD.fullmatch(word)
        numbers = [int(number) for number in match[2].split(",")] if match else []
        kind = match[1] if match else ""
        if kind == "C" and len(numbers) == 2:
            layers.append(Conv(numbers[0], (numbers[1], numbers[1])))
        elif kind == "P" and len(numbers) == 2:
            layers.append(MaxPool(numbers[0], numbers[1]))
        elif kind == "FC" and len(numbers) == 1:
            layers.append(Dense(numbers[0]))
        else:
            raise ValueError(f"layer is {word!r}, expected C(64,3), P(3,2) or FC(128)")
    return tuple(layers)


def _metaqnn(error: float, millions: float, text: str) -> LayerEntry:
    note = f"{error} % error on CIFAR-10, {millions}M parameters as printed"
    return LayerEntry(Layers(chain(text), head="flatten"), (28, 28, 3), 2016, _METAQNN, note)


def _line(*convs: tuple[int, int], pools: tuple[int, int]) -> Layers:
    """The tutorial's children: convolutions and pools of stride 1 over 784 pixels in a row."""
    layers: list[Layer] = [Raster()]
    for (kernel, filters), window in zip(convs, pools, strict=True):
        layers += [Conv(filters, (1, kernel)), MaxPool(window, 1, "same")]
    return Layers(tuple(layers), head="flatten")


_SQUARE = Layers(
    (Conv(32, (5, 5)), MaxPool(2, 2, "same"), Conv(64, (5, 5)), MaxPool(2, 2, "same")),
    head="flatten",
)
_IMAGES = (28, 28, 1)
# For each layer its operation, then a bit for the stem and each layer but the one before.
_ENAS_ARC = """
0
3 0
0 1 0
2 0 0 1
2 0 0 0 0
3 1 1 0 1 0
2 0 0 0 0 0 1
2 0 1 1 0 1 1 1
1 0 1 1 1 0 1 0 1
0 0 0 0 0 0 0 0 0 0
2 0 0 0 0 0 1 0 0 0 0
0 1 0 0 1 1 0 0 0 0 1 1
2 0 1 0 0 0 0 0 1 0 1 1 0
1 0 0 1 0 0 0 1 1 1 0 1 0 1
0 1 1 0 1 0 1 0 0 0 0 0 1 0 0
2 0 0 1 0 0 0 0 0 0 0 1 0 1 0 1
2 0 1 0 0 0 1 0 0 1 1 1 1 0 0 1 0
2 0 0 0 0 1 0 1 0 1 0 0 1 0 1 0 0 1
3 0 1 1 0 1 0 0 0 0 0 1 0 1 0 1 0 0 0
3 0 1 1 0 0 0 0 0 0 0 0 0 1 1 0 0 0 0 1
0 1 0 0 1 0 1 1 0 0 0 1 0 0 0 0 0 1 1 0 0
3 0 1 0 1 1 0 0 1 0 1 1 0 1 1 0 1 0 0 1 0 0
0 1 0 1 0 1 0 0 0 0 0 0 0 0 1 0 1 0 0 1 0 0 0
0 1 1 0 0 0 1 1 1 0 1 0 0 0 1 0 1 0 0 1 1 0 0 0
"""

LAYER_ZOO: Mapping[str, LayerEntry] = MappingProxyType(
    {
        "metaqnn-1": _metaqnn(
            6.92, 11.26, "C(512,5) C(256,3) C(256,5) C(256,3) P(5,3) C(512,3) C(512,5) P(2,2)"
        ),
        "metaqnn-2": _metaqnn(
            8.78,
            2.2,
            "C(128,1) C(512,3) C(64,1) C(128,3) P(2,2) C(256,3) P(2,2) C(512,3) P(3,2)",
        ),
        "metaqnn-3": _metaqnn(
            8.88, 2.46, "C(128,3) C(128,1) C(512,5) P(2,2) C(128,3) P(2,2) C(64,3) C(64,5)"
        ),
        "metaqnn-4": _metaqnn(
            9.24, 1.13, "C(256,3) C(256,3) P(5,3) C(256,1) C(128,3) P(2,2) C(128,3)"
        ),
        "metaqnn-5": _metaqnn(
            11.63, 1.62, "C(64,3) C(128,3) P(5,3) C(256,3) P(3,2) FC(512) FC(128)"
        ),
        "enas-macro": LayerEntry(
            Macro.from_arc(_ENAS_ARC, 96),
            (32, 32, 3),
            2018,
            "melodyguan/enas, scripts/cifar10_macro_final.sh, of https://arxiv.org/abs/1802.03268",
            "24 layers of 96 filters, separable where the released code builds plain convolutions",
        ),
        "mnist-hand": LayerEntry(
            _SQUARE,
            _IMAGES,
            2018,
            _TUTORIAL,
            "its hand-made network, 5x32 and 5x64, of squares",
        ),
        "mnist-hand-1d": LayerEntry(
            _line((5, 32), (3, 64), pools=(2, 2)),
            _IMAGES,
            2018,
            _TUTORIAL,
            "the same as its code has it, over 784 pixels; claimed: 0.963",
        ),
        "mnist-found-1d": LayerEntry(
            _line((61, 24), (57, 55), pools=(60, 59)),
            _IMAGES,
            2018,
            _TUTORIAL,
            "the network that it found; claimed: 0.9987",
        ),
    }
)
