"""Layers, and which of them reads which: an architecture without cells.

Zoph and Le, https://arxiv.org/abs/1611.01578, section 3.3: where a layer reads several others,
their outputs are concatenated in depth, the smaller ones padded with zeros, here at the bottom and
the right; one that reads none reads the image; and what no layer reads is concatenated before the
classifier. A chain is the simplest case: each layer reads the one before.
"""

import dataclasses
import hashlib
from typing import Any

from nasnet.cells.layers.kinds import Dense, Dropout, Layer, check_layer, from_json, to_json
from nasnet.runtime.checks import check_known
from nasnet.runtime.documents import document, read_document

FORMAT = "nasnet-layers"
VERSION = 1
_KEYS = ("layers", "inputs", "head")
# What the classifier reads: the mean over all pixels, all values in a row, or the means of as many
# maps as there are classes, which a 1x1 convolution with ReLU makes.
HEADS = ("mean", "flatten", "class-maps")


@dataclasses.dataclass(frozen=True, slots=True)
class Layers:
    """Layers in an order in which each reads earlier ones alone.

    Args:
        layers: without the classifier; there may be none.
        inputs: for each layer the numbers of the layers that it reads, rising; none for the image.
            Left out, it is that of a chain.
        head: what the classifier reads, a name in `HEADS`.

    Raises:
        ValueError: a layer's number is out of range, an input is no earlier layer, or a layer of
            units is read as an image or together with others.
    """

    layers: tuple[Layer, ...]
    inputs: tuple[tuple[int, ...], ...] = ()
    head: str = "mean"

    def __post_init__(self) -> None:
        if not self.inputs:  # the one place where a frozen class is filled in
            chain = tuple((i - 1,) if i else () for i in range(len(self.layers)))
            object.__setattr__(self, "inputs", chain)
        check_known("head", self.head, HEADS)
        for i, layer in enumerate(self.layers):
            check_layer(i, layer)
        if len(self.inputs) != len(self.layers):
            raise ValueError(f"{len(self.inputs)} inputs, expected {len(self.layers)}, one a layer")
        for i, read in enumerate(self.inputs):
            if list(read) != sorted({*read} & {*range(i)}):
                raise ValueError(f"layer {i} reads {list(read)}, expected earlier ones, rising")
        self._check_flat()

    def _check_flat(self) -> None:
        flat = self.flat
        for i, read in enumerate((*self.inputs, self.loose_ends)):
            ours = self.layers[i] if i < len(self.layers) else None
            units = [j for j in read if flat[j]]
            if units and (len(read) > 1 or not isinstance(ours, Dense | Dropout | None)):
                what = f"layer {i}" if ours is not None else "the classifier"
                raise ValueError(
                    f"{what} reads units of layer {units[0]}, expected a dense layer behind it, "
                    "and nothing beside"
                )

    @property
    def loose_ends(self) -> tuple[int, ...]:
        """The layers that no layer reads, rising."""
        read = {number for numbers in self.inputs for number in numbers}
        return tuple(i for i in range(len(self.layers)) if i not in read)

    @property
    def flat(self) -> tuple[bool, ...]:
        """Which layers give units instead of an image."""
        found: list[bool] = []
        for layer, read in zip(self.layers, self.inputs, strict=True):
            through = isinstance(layer, Dropout) and any(found[i] for i in read)
            found.append(isinstance(layer, Dense) or through)
        return tuple(found)

    @property
    def key(self) -> str:
        """A short name: 16 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def sketch(self) -> str:
        """One line for a person: "image → conv 3×3, 64 → dense 128 → classes"."""
        words = []
        for i, (layer, read) in enumerate(zip(self.layers, self.inputs, strict=True)):
            plain = read == ((i - 1,) if i else ())
            source = "" if plain else f" of {', '.join(map(str, read)) or 'the image'}"
            words.append(f"{layer.name.lower()} {layer.detail}{source}")
        return " → ".join(["image", *words, "classes"])

    def to_json(self, *, indent: int | None = None) -> str:
        """The architecture as text, with a format version; one line without `indent`."""
        content = {
            "layers": [to_json(layer) for layer in self.layers],
            "inputs": self.inputs,
            "head": self.head,
        }
        return document(FORMAT, VERSION, content, indent)

    @classmethod
    def from_json(cls, text: str) -> "Layers":
        """The architecture of `to_json`.

        Raises:
            ValueError: the text is not one.
        """
        data = read_document(text, "layers are", FORMAT, VERSION, _KEYS)
        layers, inputs = data["layers"], data["inputs"]
        if not isinstance(layers, list):
            raise ValueError(f"layers are {layers!r:.60}, expected a list")
        if not (isinstance(inputs, list) and all(map(_numbers, inputs))):
            raise ValueError(f"inputs are {inputs!r:.60}, expected lists of numbers")
        if len(inputs) != len(layers):
            raise ValueError(f"{len(inputs)} inputs, expected {len(layers)}, one a layer")
        made = tuple(from_json(i, item) for i, item in enumerate(layers))
        return cls(made, tuple(map(tuple, inputs)), str(data["head"]))


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int for item in value)
