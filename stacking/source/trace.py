"""The interpreter that writes down what a network is built of, step by step and part by part."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nasnet.cells import Cost, Network, Scopes, Shape
from nasnet.cells.backend import Padding, PoolKind, PoolPadding, pair, same_padding


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Value:
    """What a step gives: a tensor of this shape, [H, W, C] of [N, H, W, C]."""

    shape: Shape


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One layer.

    Attributes:
        kind: what it does, such as conv.
        name: of the layer, unique in the network.
        inputs: what it reads.
        output: what it gives.
        settings: its numbers and switches by name.
    """

    kind: str
    name: str
    inputs: tuple[Value, ...]
    output: Value
    settings: dict[str, Any]


@dataclasses.dataclass(eq=False, slots=True)
class Part:
    """The steps of a scope or of an operation, in order.

    Attributes:
        name: what the names of its layers begin with.
        depth: number of open scopes, from 0 for the whole network.
        operation: the operation that it is, if it is one.
        cell: "normal" or "reduction" where it is one of a genotype's cells.
    """

    name: str
    depth: int
    operation: str = ""
    cell: str = ""
    items: "list[Step | Part]" = dataclasses.field(default_factory=list)

    @property
    def steps(self) -> Iterator[Step]:
        """All steps, those of its parts included."""
        for item in self.items:
            if isinstance(item, Part):
                yield from item.steps
            else:
                yield item

    @property
    def inputs(self) -> tuple[Value, ...]:
        """What it reads of others, in the order in which it does."""
        made = {step.output for step in self.steps}
        read = (value for step in self.steps for value in step.inputs)
        return tuple(dict.fromkeys(value for value in read if value not in made))

    @property
    def output(self) -> Value:
        """What its last step gives."""
        return list(self.steps)[-1].output


class Trace(Scopes):
    """Makes a `Step` of each layer of a network for inference. `x` is a `Value`.

    Args:
        network: it must have a classifier.

    Attributes:
        image: the first value.
        logits: the last one.
        whole: all steps.

    Raises:
        ValueError: it has none, or the images are too small.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        if network.classes is None:
            raise ValueError("classes is None, expected a network with a classifier")
        self._cost = Cost()  # its answers are the shapes
        self.whole = Part("", 0)
        self._open = [self.whole]
        self.image = Value(Shape(*network.input_shape))
        self.logits = network.build(self, self.image)["Logits"]

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        with super().scope(name), self._part(Part("_".join(self._scopes), len(self._scopes))):
            yield

    @contextmanager
    def _part(self, part: Part) -> Iterator[None]:
        self._open.append(part)
        yield
        self._open.pop()
        if part.items:
            self._open[-1].items.append(part)

    def choice(
        self, place: str, option: Any, x: Value, make: Callable[[Any, Value], Value]
    ) -> Value:
        if not isinstance(option, str):  # which state is read
            return make(option, x)
        kind, _, within = place.partition("/")
        if within and len(self._open) > 1:
            self._open[1].cell = kind
        with self._part(Part("_".join(self._scopes), len(self._scopes), operation=option)):
            return make(option, x)

    def _step(
        self, kind: str, name: str, xs: Sequence[Value], shape: Shape, **settings: Any
    ) -> Value:
        output = Value(shape)
        step = Step(kind, self.layer_name(name), tuple(xs), output, settings)
        self._open[-1].items.append(step)
        return output

    def size(self, x: Value) -> tuple[int, int]:
        return x.shape.height, x.shape.width

    def channels(self, x: Value) -> int:
        return x.shape.channels

    def relu(self, x: Value) -> Value:
        return self._step("relu", "relu", [x], x.shape)

    def conv(
        self,
        x: Value,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
        bias: bool = False,
    ) -> Value:
        shape = self._cost.conv(x.shape, filters, kernel, stride=stride, padding=padding)
        return self._step(
            "conv",
            "conv",
            [x],
            shape,
            channels=x.shape.channels,
            filters=filters,
            kernel=_side(kernel),
            strides=_side(stride),
            dilation=dilation,
            padding=padding,
            bias=bias,
        )

    def separable_conv(
        self, x: Value, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> Value:
        return self._step(
            "sep_conv",
            "sep_conv",
            [x],
            self._cost.separable_conv(x.shape, filters, kernel, stride=stride),
            channels=x.shape.channels,
            filters=filters,
            kernel=kernel,
            strides=stride,
            dilation=dilation,
        )

    def batch_norm(self, x: Value) -> Value:
        return self._step("bn", "bn", [x], x.shape, filters=x.shape.channels)

    def pool(
        self,
        x: Value,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> Value:
        shape = self._cost.pool(x.shape, kind, size, stride=stride, padding=padding)
        if padding == "zeros":
            steps = zip(self.size(x), pair(stride), strict=True)
            x = self._pad(x, tuple(same_padding(length, size, step) for length, step in steps))
            padding = "valid"
        name = f"{kind}_pool"
        strides = _side(pair(stride))
        return self._step(name, name, [x], shape, size=size, strides=strides, padding=padding)

    def shift(self, x: Value) -> Value:
        padded = self._pad(x, ((0, 1), (0, 1)))
        return self._step("crop", "crop", [padded], x.shape)

    def pad(self, x: Value, size: tuple[int, int]) -> Value:
        pads = tuple((0, more - have) for more, have in zip(size, self.size(x), strict=True))
        return self._pad(x, pads)

    def _pad(self, x: Value, pads: tuple[tuple[int, int], ...]) -> Value:
        (top, bottom), (left, right) = pads
        height, width, channels = x.shape
        shape = Shape(height + top + bottom, width + left + right, channels)
        sides = (left, right, top, bottom)
        return self._step("pad", "pad", [x], shape, pads=pads, sides=sides)

    def reshape(self, x: Value, shape: tuple[int, ...]) -> Value:
        return self._step(
            "reshape", "reshape", [x], self._cost.reshape(x.shape, shape), sizes=shape
        )

    def zeros(self, x: Value) -> Value:
        return self._step("zeros", "zeros", [x], x.shape)

    def add(self, xs: Sequence[Value]) -> Value:
        return self._step("add", "add", xs, self._cost.add([x.shape for x in xs]))

    def concat(self, xs: Sequence[Value]) -> Value:
        return self._step("concat", "concat", xs, self._cost.concat([x.shape for x in xs]))

    def drop_path(self, x: Value, depth: float) -> Value:
        return x

    def global_pool(self, x: Value) -> Value:
        return self._step("global_pool", "global_pool", [x], self._cost.global_pool(x.shape))

    def dropout(self, x: Value, rate: float | None = None) -> Value:
        return x

    def dense(self, x: Value, units: int, *, bias: bool = True) -> Value:
        shape = self._cost.dense(x.shape, units, bias=bias)
        return self._step(
            "dense", "dense", [x], shape, channels=x.shape.channels, filters=units, bias=bias
        )


def _side(pair: tuple[int, int]) -> int | tuple[int, int]:
    """One number where both are equal."""
    return pair[0] if pair[0] == pair[1] else pair
