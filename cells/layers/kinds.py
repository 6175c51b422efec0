"""The layers that networks of layers are made of, each with its meaning over the `Backend`."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from nasnet.cells.backend import Backend, X
from nasnet.cells.operations import subsample

Pair = tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Conv:
    """A convolution with ReLU that keeps the image's size but for its stride (SAME).

    Args:
        filters: channels of its output.
        kernel: height and width of the kernel in pixels.
        stride: pixels down and across.
        norm: whether batch normalization stands before the ReLU; else the convolution has a bias.
    """

    filters: int
    kernel: Pair
    stride: Pair = (1, 1)
    norm: bool = False

    kind: ClassVar[str] = "conv"
    name: ClassVar[str] = "Conv"

    def __call__(self, backend: Backend[X], x: X) -> X:
        stride = self.stride
        if self.kernel == (1, 1):
            x, stride = subsample(backend, x, stride), (1, 1)
        x = backend.conv(x, self.filters, self.kernel, stride=stride, bias=not self.norm)
        return backend.relu(backend.batch_norm(x) if self.norm else x)

    @property
    def detail(self) -> str:
        """What it is, in a word or two."""
        stride = "" if self.stride == (1, 1) else f" /{'×'.join(map(str, self.stride))}"
        return f"{'×'.join(map(str, self.kernel))}{stride}, {self.filters}"


@dataclasses.dataclass(frozen=True, slots=True)
class MaxPool:
    """Maxima of square windows.

    Args:
        window: side of a window in pixels.
        stride: pixels between windows.
        padding: "valid" for windows that lie in the image as a whole; "same" for as many as there
            are pixels, divided by the stride.
    """

    window: int
    stride: int
    padding: Literal["valid", "same"] = "valid"

    kind: ClassVar[str] = "max_pool"
    name: ClassVar[str] = "Pool"

    def __call__(self, backend: Backend[X], x: X) -> X:
        return backend.pool(x, "max", self.window, stride=self.stride, padding=self.padding)

    @property
    def detail(self) -> str:
        """What it is, in a word or two."""
        return f"max {self.window}×{self.window} /{self.stride}"


@dataclasses.dataclass(frozen=True, slots=True)
class Dense:
    """A fully connected layer with a bias and ReLU, behind all values of an image in one row.

    Args:
        units: of its output.
    """

    units: int

    kind: ClassVar[str] = "dense"
    name: ClassVar[str] = "Dense"

    def __call__(self, backend: Backend[X], x: X) -> X:
        return backend.relu(backend.dense(x, self.units))

    @property
    def detail(self) -> str:
        """What it is, in a word or two."""
        return str(self.units)


@dataclasses.dataclass(frozen=True, slots=True)
class Dropout:
    """Zeroes single values in training.

    Args:
        rate: the share of them, from 0 and below 1.
    """

    rate: float

    kind: ClassVar[str] = "dropout"
    name: ClassVar[str] = "Dropout"

    def __call__(self, backend: Backend[X], x: X) -> X:
        return backend.dropout(x, self.rate)

    @property
    def detail(self) -> str:
        """What it is, in a word or two."""
        return f"{self.rate:.3g}"


@dataclasses.dataclass(frozen=True, slots=True)
class Raster:
    """The image as one row of pixels, line after line: convolutions behind it are of one dimension.

    SAME windows reach into nothing above and below, so square pools are of one dimension, too.
    """

    kind: ClassVar[str] = "raster"
    name: ClassVar[str] = "Raster"

    def __call__(self, backend: Backend[X], x: X) -> X:
        height, width = backend.size(x)
        return backend.reshape(x, (1, height * width, backend.channels(x)))

    @property
    def detail(self) -> str:
        """What it is, in a word or two."""
        return "one row of pixels"


Layer = Conv | MaxPool | Dense | Dropout | Raster
KINDS: Mapping[str, type[Layer]] = MappingProxyType(
    {kind.kind: kind for kind in (Conv, MaxPool, Dense, Dropout, Raster)}
)


def check_layer(number: int, layer: Any) -> None:
    """Raises ValueError unless `layer` is one, and its values are of their types and ranges."""
    if type(layer) not in KINDS.values():
        raise ValueError(f"layer {number} is {layer!r:.60}, expected one of: {', '.join(KINDS)}")
    for field in dataclasses.fields(layer):
        value = getattr(layer, field.name)
        what = "steps" if field.name == "stride" and isinstance(layer, Conv) else field.name
        if not _FITS[what](value):
            expected = _EXPECTED.get(what, "a whole number from 1")
            raise ValueError(f"layer {number}: {field.name} is {value!r}, expected {expected}")


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 1


def _whole_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_whole, value))


_FITS = {
    "filters": _whole,
    "kernel": _whole_pair,
    "steps": _whole_pair,
    "stride": _whole,
    "norm": lambda value: type(value) is bool,
    "window": _whole,
    "padding": lambda value: value in ("valid", "same"),
    "units": _whole,
    "rate": lambda value: type(value) is float and 0 <= value < 1,
}
_EXPECTED = {
    "kernel": "two whole numbers from 1",
    "steps": "two whole numbers from 1",
    "norm": "true or false",
    "padding": "valid or same",
    "rate": "from 0 and below 1",
}


def to_json(layer: Layer) -> dict[str, Any]:
    """A layer as JSON values."""
    return {"kind": layer.kind, **dataclasses.asdict(layer)}


def from_json(number: int, item: Any) -> Layer:
    """A layer from its JSON values.

    Raises:
        ValueError: they are none.
    """
    kind = KINDS.get(str(item.get("kind"))) if isinstance(item, dict) else None
    names = [field.name for field in dataclasses.fields(kind)] if kind else []
    if kind is None or set(item) != {"kind", *names}:
        known = ", ".join(KINDS)
        raise ValueError(f"layer {number} is {item!r:.60}, expected {known}, and its sizes")
    values = {name: _tuple(item[name]) for name in names}
    layer = kind(**values)
    check_layer(number, layer)
    return layer


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
