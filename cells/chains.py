"""Chains of layers: which layer follows which, until the classifier.

Baker et al., https://arxiv.org/abs/1611.02167, section 4.1 and table 1. A chain has no cells and no
branches, and it may end early.
"""

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterable
from typing import Any

FORMAT = "nasnet-chain"
VERSION = 1
MAX_DENSE = 2
DENSE_BELOW = 8  # pixels a side from which on a dense layer would have too many weights


@dataclasses.dataclass(frozen=True, slots=True)
class Conv:
    """A convolution that keeps the image's size, with ReLU.

    Args:
        kernel: side of the kernel in pixels.
        filters: channels of its output.
    """

    kernel: int
    filters: int


@dataclasses.dataclass(frozen=True, slots=True)
class MaxPool:
    """Maxima of windows that lie in the image as a whole.

    Args:
        window: side of a window in pixels.
        stride: pixels between windows.
    """

    window: int
    stride: int


@dataclasses.dataclass(frozen=True, slots=True)
class Dense:
    """A fully connected layer with ReLU.

    Args:
        units: of its output.
    """

    units: int


Layer = Conv | MaxPool | Dense
KINDS: dict[str, type[Layer]] = {"conv": Conv, "max_pool": MaxPool, "dense": Dense}


@dataclasses.dataclass(frozen=True, slots=True)
class Chain:
    """Layers in order; the classifier that follows is not one of them.

    Raises:
        ValueError: a number is not a whole one from 1, or a convolution or pool follows a dense
            layer.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        for i, layer in enumerate(self.layers):
            for name, value in dataclasses.asdict(layer).items():
                if type(value) is not int or value < 1:
                    raise ValueError(f"layer {i}: {name} is {value!r}, expected a number from 1")
        for i, (before, layer) in enumerate(itertools.pairwise(self.layers), start=1):
            if isinstance(before, Dense) and not isinstance(layer, Dense):
                raise ValueError(f"layer {i} is {layer} after a dense one, expected a dense one")

    @property
    def key(self) -> str:
        """A short name of the chain: 16 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The chain as text, with a format version."""
        kinds = {kind: name for name, kind in KINDS.items()}
        layers = [{"kind": kinds[type(la)], **dataclasses.asdict(la)} for la in self.layers]
        return json.dumps({"format": FORMAT, "version": VERSION, "layers": layers})

    @classmethod
    def from_json(cls, text: str) -> "Chain":
        """The chain of `to_json`.

        Raises:
            ValueError: the text is not such a chain.
        """
        try:
            data = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            raise ValueError(f"chain is {text!r:.60}, expected JSON") from None
        head = {"format": FORMAT, "version": VERSION, "layers": []}
        if not isinstance(data, dict) or {**data, "layers": []} != head:
            raise ValueError(f"chain is {text!r:.60}, expected the keys format, version and layers")
        if not isinstance(data["layers"], list):
            raise ValueError(f"layers is {data['layers']!r:.60}, expected a list")
        return cls(tuple(_layer(item) for item in data["layers"]))


def image_size(layers: Iterable[Layer], size: int) -> int:
    """The side in pixels of what `layers` make of an image of `size` pixels a side."""
    for layer in layers:
        if isinstance(layer, MaxPool):
            size = (size - layer.window) // layer.stride + 1
    return size


def _layer(item: Any) -> Layer:
    """A layer from its JSON object."""
    kind = KINDS.get(str(item.get("kind"))) if isinstance(item, dict) else None
    names = [field.name for field in dataclasses.fields(kind)] if kind else []
    if kind is None or set(item) != {"kind", *names}:
        raise ValueError(f"layer is {item!r:.60}, expected conv, max_pool or dense, and its sizes")
    return kind(*(item[name] for name in names))
