"""What a cell is built from: the few operations that every interpreter of a cell offers.

The meaning of a cell is written once, over this protocol (`nasnet.cells.build`,
`nasnet.cells.operations`). An interpreter decides what `x` is: a shape, a Keras tensor, a
TensorFlow tensor.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, Protocol, TypeVar

X = TypeVar("X")
Option = TypeVar("Option")
Padding = Literal["same", "valid"]
PoolPadding = Literal["same", "valid", "zeros"]
PoolKind = Literal["max", "avg"]


class Backend(Protocol[X]):
    """What a cell is built from; `x` is whatever the backend passes around ([N, H, W, C])."""

    def scope(self, name: str) -> AbstractContextManager[None]:
        """Puts `name` in front of the names of all layers made inside."""

    def size(self, x: X) -> tuple[int, int]:
        """Height and width of `x` in pixels."""

    def channels(self, x: X) -> int:
        """Channels of `x`."""

    def relu(self, x: X) -> X:
        """max(x, 0)."""

    def conv(
        self,
        x: X,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
        bias: bool = False,
    ) -> X:
        """A convolution; `kernel` and `stride` are (vertical, horizontal)."""

    def separable_conv(
        self, x: X, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> X:
        """A depthwise convolution of multiplier 1, then a 1x1 convolution; no bias."""

    def batch_norm(self, x: X) -> X:
        """Batch normalization with scale and offset."""

    def pool(
        self,
        x: X,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> X:
        """Pooling with windows of `size` x `size`; (vertical, horizontal) strides only of size 1.

        At the border, "same" leaves what lies outside out of the average and the maximum, "zeros"
        lets zeros into both, and "valid" has no windows that reach outside.
        """

    def shift(self, x: X) -> X:
        """Moves the image one pixel up and left; zeros enter at the bottom and the right."""

    def pad(self, x: X, size: tuple[int, int]) -> X:
        """`x` with zeros at the bottom and the right, up to `size`, (height, width)."""

    def reshape(self, x: X, shape: tuple[int, ...]) -> X:
        """The values of each example in the shape (height, width, channels), or (features,)."""

    def zeros(self, x: X) -> X:
        """0 in the shape of `x`."""

    def add(self, xs: Sequence[X]) -> X:
        """The sum of tensors of equal shape."""

    def concat(self, xs: Sequence[X]) -> X:
        """Tensors of equal height and width, joined along the channels."""

    def drop_path(self, x: X, depth: float) -> X:
        """Where training asks for it, zeroes `x` for whole examples; else `x`.

        `depth` is the share of the network's cells that come up to this one, above 0 and up to 1.
        """

    def choice(self, place: str, option: Option, x: X, make: Callable[[Option, X], X]) -> X:
        """What a decision of a search makes of `x`; mostly `make(option, x)` and no more.

        Where a search goes by gradients it is multiplied by a factor of 1 that has one; where one
        graph serves all architectures all options are made, and one of them runs.

        Args:
            place: the decision's name.
            option: what the architecture has chosen.
            x: [N, H, W, C].
            make: what an option makes of it.
        """

    def global_pool(self, x: X) -> X:
        """The mean over height and width, [N, C]."""

    def dropout(self, x: X, rate: float | None = None) -> X:
        """In training zeroes a share `rate` of the features of `x`; else `x`.

        Without a rate it is the dropout before the classifier, where training asks for it.
        """

    def dense(self, x: X, units: int, *, bias: bool = True) -> X:
        """A fully connected layer, [N, units]."""


def pair(stride: int | tuple[int, int]) -> tuple[int, int]:
    """A stride as one down and one across."""
    return (stride, stride) if isinstance(stride, int) else stride


def same_padding(length: int, size: int, stride: int) -> tuple[int, int]:
    """How many rows TensorFlow's SAME adds (before, after) `length` rows for windows of `size`."""
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    return total // 2, total - total // 2


class Scopes:
    """Names for layers: the open scopes, the kind of layer, and a number where it repeats.

    The interpreters share it, so the same layer has the same name in all of them. So do they share
    what a choice is to those that do not search: nothing.
    """

    def __init__(self) -> None:
        self._scopes: list[str] = []
        self._used: dict[str, int] = {}

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Puts `name` in front of the names of all layers made inside."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    @contextmanager
    def extended(self, suffix: str) -> Iterator[None]:
        """Names the innermost scope longer: `block_0_a` becomes `block_0_a_conv_1x1`."""
        name = self._scopes[-1]
        self._scopes[-1] = f"{name}_{suffix}"
        try:
            yield
        finally:
            self._scopes[-1] = name

    def layer_name(self, kind: str) -> str:
        """A name that no earlier layer has, for example `cell_0_block_1_a_conv_2`."""
        base = "_".join([*self._scopes, kind])
        count = self._used[base] = self._used.get(base, 0) + 1
        return base if count == 1 else f"{base}_{count}"

    def choice(self, place: str, option: Any, x: Any, make: Callable[[Any, Any], Any]) -> Any:
        """What the option that was chosen makes of `x`."""
        return make(option, x)
