"""The interpreter that writes a child's graph and its gradients without tracing them.

It emits the nodes that `nasnet.stacking.flat.backend` would trace, in the quick forms of
`nasnet.stacking.flat.kernels`, in float32.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet.cells import Parameter, Scopes
from nasnet.cells.backend import Padding, PoolKind, PoolPadding, same_padding
from nasnet.stacking.flat import kernels
from nasnet.stacking.flat.graph import Graph, Shape, Symbol

_BATCH_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


class EmittedTensors(Scopes):
    """Emits each step; `x` is a symbol, [N, H, W, C].

    Args:
        graph: that takes the nodes.
        tensors: every parameter by path (`split`).
        training: whether batch normalization takes the batch's statistics.
        epsilon: added to batch normalization's variance.
        drops: whether drop path and dropout drop anything, in this order.

    Attributes:
        statistics: where `training`, each batch normalization's mean and variance, in the order of
            the running ones.
        masks: what drops: for each, its depth (None for dropout) and the input that it is.
    """

    def __init__(
        self,
        graph: Graph,
        tensors: Mapping[str, Symbol],
        *,
        training: bool,
        epsilon: float,
        drops: tuple[bool, bool] = (False, False),
    ) -> None:
        super().__init__()
        self._graph, self._tensors = graph, tensors
        self._training, self._epsilon, self._drops = training, epsilon, drops
        self._rectified: dict[Symbol, Symbol] = {}
        self.statistics: list[Symbol] = []
        self.masks: list[tuple[float | None, Symbol]] = []

    def size(self, x: Symbol) -> tuple[int, int]:
        return _known(x.shape[1]), _known(x.shape[2])

    def channels(self, x: Symbol) -> int:
        return _known(x.shape[3])

    def relu(self, x: Symbol) -> Symbol:
        if x not in self._rectified:  # several operations of a cell read the same state

            def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
                return [(x, self._emit("ReluGrad", [dy, y], x.shape))]

            y = self._rectified[x] = self._emit("Relu", [x], x.shape, back=back)
        return self._rectified[x]

    def conv(
        self,
        x: Symbol,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
    ) -> Symbol:
        weights = self._tensors[f"{self.layer_name('conv')}/kernel"]
        return self._conv(x, weights, stride, dilation, padding.upper())

    def _conv(
        self, x: Symbol, kernel: Symbol, stride: tuple[int, int], dilation: int, padding: str
    ) -> Symbol:
        if kernel.shape[:2] == (1, 1) and stride == (1, 1) and kernels.on_cpu():
            return self._pointwise(x, kernel)
        steps = {"strides": [1, *stride, 1], "dilations": [1, dilation, dilation, 1]}
        options: dict[str, Any] = {**steps, "padding": padding}
        height, width = (
            _length(length, size, step, dilation, padding)
            for length, size, step in zip(self.size(x), kernel.shape, stride, strict=False)
        )

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            sizes = self._graph.constant(kernel.shape)
            by_kernel = self._emit("Conv2DBackpropFilter", [x, sizes, dy], kernel.shape, **options)
            if not x.trained:
                return [(kernel, by_kernel)]
            sizes = self._graph.constant(x.shape)
            by_x = self._emit("Conv2DBackpropInput", [sizes, kernel, dy], x.shape, **options)
            return [(x, by_x), (kernel, by_kernel)]

        shape = (x.shape[0], height, width, kernel.shape[3])
        return self._emit("Conv2D", [x, kernel], shape, back=back, **options)

    def _pointwise(self, x: Symbol, kernel: Symbol) -> Symbol:
        """A 1x1 convolution as a product of matrices: many times as quick by the kernel."""
        depth, filters = kernel.shape[2:]
        count = None if x.shape[0] is None else math.prod(map(_known, x.shape[:3]))
        rows = self._reshape(x, (count, depth))
        matrix = self._reshape(kernel, (depth, filters))
        return self._reshape(self._matmul(rows, matrix), (*x.shape[:3], filters))

    def separable_conv(
        self, x: Symbol, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> Symbol:
        name = self.layer_name("sep_conv")
        x = self._depthwise(x, self._tensors[f"{name}/depthwise_kernel"], stride, dilation)
        return self._conv(x, self._tensors[f"{name}/pointwise_kernel"], (1, 1), 1, "VALID")

    def _depthwise(self, x: Symbol, kernel: Symbol, stride: int, dilation: int) -> Symbol:
        if dilation > 1:  # TensorFlow's own raw gradients of a dilated one are wrong (2.21)
            return self._dilated(x, kernel, stride, dilation)
        height, width = (-(-length // stride) for length in self.size(x))
        shape = (x.shape[0], height, width, x.shape[3])
        return self._depthwise_conv(x, kernel, shape, stride, "SAME")

    def _depthwise_conv(
        self, x: Symbol, kernel: Symbol, shape: Shape, stride: int, padding: str
    ) -> Symbol:
        options: dict[str, Any] = {"strides": [1, stride, stride, 1], "padding": padding}
        tuned = stride == 1 and padding == "SAME" and kernels.on_cpu()

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            graph, found = self._graph, []
            if x.trained and tuned:
                axes = graph.constant([0, 1])
                flipped = self._emit("ReverseV2", [kernel, axes], kernel.shape)
                by_x = self._emit("DepthwiseConv2dNative", [dy, flipped], x.shape, **options)
                found.append((x, by_x))
            elif x.trained:
                op = "DepthwiseConv2dNativeBackpropInput"
                sizes = graph.constant(x.shape)
                found.append((x, self._emit(op, [sizes, kernel, dy], x.shape, **options)))
            if tuned and kernels.correlates(kernel.shape, x.shape):
                found.append((kernel, self._correlate(x, dy, kernel.shape)))
            else:
                op = "DepthwiseConv2dNativeBackpropFilter"
                sizes = graph.constant(kernel.shape)
                found.append((kernel, self._emit(op, [x, sizes, dy], kernel.shape, **options)))
            return found

        return self._emit("DepthwiseConv2dNative", [x, kernel], shape, back=back, **options)

    def _dilated(self, x: Symbol, kernel: Symbol, stride: int, dilation: int) -> Symbol:
        """As `tf.nn.depthwise_conv2d` does it: over every `dilation`-th pixel for itself."""
        if stride > 1:
            raise ValueError(f"stride is {stride} with dilation {dilation}, expected 1")
        size = _known(kernel.shape[0])
        margin, block = dilation * (size - 1) // 2, [dilation, dilation]
        crops = [[0, -(length + 2 * margin) % dilation] for length in self.size(x)]
        pads = [[margin, margin + crop] for _, crop in crops]
        count = _known(x.shape[0]) * dilation**2 if x.shape[0] is not None else None
        parts = [(n + sum(pad)) // dilation for n, pad in zip(self.size(x), pads, strict=True)]
        split = self._blocks("SpaceToBatchND", x, (count, *parts, x.shape[3]), block, pads)
        shape = (count, *(n - size + 1 for n in parts), x.shape[3])
        y = self._depthwise_conv(split, kernel, shape, 1, "VALID")
        return self._blocks("BatchToSpaceND", y, x.shape, block, crops)

    def _blocks(
        self, op: str, x: Symbol, shape: Shape, block: list[int], margins: list[list[int]]
    ) -> Symbol:
        inverse = {"SpaceToBatchND": "BatchToSpaceND", "BatchToSpaceND": "SpaceToBatchND"}[op]
        numbers = [self._graph.constant(block), self._graph.constant(margins)]

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            return [(x, self._emit(inverse, [dy, *numbers], x.shape))]

        return self._emit(op, [x, *numbers], shape, back=back)

    def _correlate(self, x: Symbol, dy: Symbol, kernel: Shape) -> Symbol:
        """`nasnet.stacking.flat.kernels.correlate`."""
        graph, (count, height, width, channels) = self._graph, map(_known, x.shape)
        size, lanes, order = _known(kernel[0]), count * channels, graph.constant([1, 2, 0, 3])
        turned = [
            self._emit("Transpose", [each, order], (height, width, count, channels))
            for each in (x, dy)
        ]
        images = self._reshape(turned[0], (1, height, width, lanes))
        filters = self._reshape(turned[1], (height, width, lanes, 1))
        products = self._emit(
            "DepthwiseConv2dNative",
            [images, filters],
            (1, size, size, lanes),
            strides=[1, 1, 1, 1],
            padding="EXPLICIT",
            explicit_paddings=[0, 0, *[size // 2] * 4, 0, 0],
        )
        products = self._reshape(products, (size, size, count, channels))
        sums = self._emit("Sum", [products, graph.constant(2)], (size, size, channels))
        return self._reshape(sums, kernel)

    def batch_norm(self, x: Symbol) -> Symbol:
        name, width = self.layer_name("bn"), x.shape[3:]
        roles = _BATCH_NORM[:2] if self._training else _BATCH_NORM
        gamma, beta, *moving = (self._tensors[f"{name}/{role}"] for role in roles)
        if self._training:
            moving = [self._graph.constant(np.zeros(0), np.float32)] * 2

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            found = self._graph.emit(
                "FusedBatchNormGradV3",
                [dy, x, gamma, *saved],
                x.shape,
                width,
                width,
                types=("T", "U"),
                epsilon=self._epsilon,
            )
            return list(zip([x, gamma, beta], found, strict=True))

        y, mean, variance, *saved = self._graph.emit(
            "FusedBatchNormV3",
            [x, gamma, beta, *moving],
            *(x.shape, width, width, width, width, ()),
            back=back,
            types=("T", "U"),
            epsilon=self._epsilon,
            is_training=self._training,
        )
        self.statistics += [mean, variance] if self._training else []
        return y

    def pool(
        self,
        x: Symbol,
        kind: PoolKind,
        size: int,
        *,
        stride: int = 1,
        padding: PoolPadding = "same",
    ) -> Symbol:
        if size > 1 and padding == "zeros":
            pads = [list(same_padding(length, size, stride)) for length in self.size(x)]
            x = self._pad(x, [[0, 0], *pads, [0, 0]])
        scheme = "SAME" if padding == "same" or size == 1 else "VALID"
        if size == 1 or kind == "avg":
            return self._average(x, size, stride, scheme)
        width, channels = self.size(x)[1], self.channels(x)
        lanes = kernels.max_pool_lanes(width, channels, size)
        if lanes is None:
            return self._window(x, "MaxPool", (size, size), (stride, stride), scheme)
        if lanes:  # pooling down, columns are as good as channels
            x = self._reshape(x, (*x.shape[:2], width * channels // lanes, lanes))
        x = self._window(x, "MaxPool", (size, 1), (stride, 1), scheme)
        x = self._reshape(x, (*x.shape[:2], width, channels)) if lanes else x
        return self._window(x, "MaxPool", (1, size), (1, stride), scheme)

    def _average(self, x: Symbol, size: int, stride: int, padding: str) -> Symbol:
        tuned = kernels.averages_back(self.channels(x), size, stride, padding)
        if not tuned:
            return self._window(x, "AvgPool", (size, size), (stride, stride), padding)
        options: dict[str, Any] = _window_options((size, size), (1, 1), padding)
        inside = kernels.inside(self.size(x), size)

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            shares = self._graph.constant(inside, np.float32)
            inverse = self._graph.constant(1 / inside, np.float32)
            dy = self._emit("Mul", [dy, inverse], x.shape)
            dy = self._emit("AvgPool", [dy], x.shape, **options)
            return [(x, self._emit("Mul", [dy, shares], x.shape))]

        return self._emit("AvgPool", [x], x.shape, back=back, **options)

    def _window(
        self, x: Symbol, op: str, size: tuple[int, int], stride: tuple[int, int], padding: str
    ) -> Symbol:
        options: dict[str, Any] = _window_options(size, stride, padding)
        lengths = zip(self.size(x), size, stride, strict=True)
        height, width = (_length(*each, 1, padding) for each in lengths)

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            inputs = [x, y, dy] if op == "MaxPool" else [self._graph.constant(x.shape), dy]
            return [(x, self._emit(f"{op}Grad", inputs, x.shape, **options))]

        shape = (x.shape[0], height, width, x.shape[3])
        y = self._emit(op, [x], shape, back=back, **options)
        return y

    def shift(self, x: Symbol) -> Symbol:
        height, width = self.size(x)
        x = self._slice(x, [0, 1, 1, 0], (x.shape[0], height - 1, width - 1, x.shape[3]))
        return self._pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]])

    def _slice(self, x: Symbol, begin: list[int], shape: Shape) -> Symbol:
        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            lengths = zip(map(_known, x.shape), begin, map(_known, shape), strict=True)
            return [(x, self._pad(dy, [[first, n - first - m] for n, first, m in lengths]))]

        sizes = self._graph.constant([-1 if length is None else length for length in shape])
        inputs = [x, self._graph.constant(begin), sizes]
        return self._emit("Slice", inputs, shape, back=back, types=("T", "Index"))

    def _pad(self, x: Symbol, pads: list[list[int]]) -> Symbol:
        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            return [(x, self._slice(dy, [first for first, _ in pads], x.shape))]

        lengths = zip(x.shape, pads, strict=True)
        shape = tuple(None if n is None else n + sum(pad) for n, pad in lengths)
        return self._emit("Pad", [x, self._graph.constant(pads)], shape, back=back)

    def _reshape(self, x: Symbol, shape: Shape) -> Symbol:
        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            return [(x, self._reshape(dy, x.shape))]

        sizes = self._graph.constant([-1 if length is None else length for length in shape])
        return self._emit("Reshape", [x, sizes], shape, back=back)

    def add(self, xs: Sequence[Symbol]) -> Symbol:
        return self._graph.add(xs)

    def concat(self, xs: Sequence[Symbol]) -> Symbol:
        if len(xs) == 1:
            return xs[0]
        firsts = np.cumsum([0, *map(self.channels, xs)]).tolist()

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            parts = zip(xs, firsts, strict=False)
            return [(x, self._slice(dy, [0, 0, 0, i], x.shape)) for x, i in parts if x.trained]

        shape = (*xs[0].shape[:3], firsts[-1])
        inputs = [*xs, self._graph.constant(3)]
        return self._emit("ConcatV2", inputs, shape, back=back, N=len(xs))

    def drop_path(self, x: Symbol, depth: float) -> Symbol:
        return self._masked(x, depth, (x.shape[0], 1, 1, 1)) if self._drops[0] else x

    def dropout(self, x: Symbol) -> Symbol:
        return self._masked(x, None, x.shape) if self._drops[1] else x

    def _masked(self, x: Symbol, depth: float | None, shape: Shape) -> Symbol:
        mask = self._graph.input(f"mask{len(self.masks)}", shape)
        self.masks.append((depth, mask))
        return self._times(x, mask)

    def _times(self, x: Symbol, factor: Symbol) -> Symbol:
        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            return [(x, self._times(dy, factor))]

        return self._emit("Mul", [x, factor], x.shape, back=back)

    def global_pool(self, x: Symbol) -> Symbol:
        height, width = self.size(x)
        count, channels = x.shape[0], x.shape[3]

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            shares = np.full((1, height, width, 1), 1 / (height * width))
            dy = self._reshape(dy, (count, 1, 1, channels))
            return [(x, self._emit("Mul", [dy, self._graph.constant(shares, np.float32)], x.shape))]

        axes = self._graph.constant([1, 2])
        return self._emit("Mean", [x, axes], (count, channels), back=back)

    def dense(self, x: Symbol, units: int, *, bias: bool = True) -> Symbol:
        name = self.layer_name("dense")
        kernel = self._tensors[f"{name}/kernel"]
        y = self._matmul(x, kernel)
        if not bias:
            return y
        offset = self._tensors[f"{name}/bias"]

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            return [(y, dy), (offset, self._emit("Sum", [dy, self._graph.constant(0)], (units,)))]

        return self._emit("AddV2", [y, offset], y.shape, back=back)

    def _matmul(self, x: Symbol, kernel: Symbol) -> Symbol:
        """The product of two matrices."""

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            by_kernel = self._emit("MatMul", [x, dy], kernel.shape, transpose_a=True)
            if not x.trained:
                return [(kernel, by_kernel)]
            by_x = self._emit("MatMul", [dy, kernel], x.shape, transpose_b=True)
            return [(kernel, by_kernel), (x, by_x)]

        return self._emit("MatMul", [x, kernel], (x.shape[0], kernel.shape[1]), back=back)

    def _emit(self, op: str, inputs: Sequence[Symbol], shape: Shape, **options: Any) -> Symbol:
        return self._graph.emit(op, inputs, shape, **options)[0]


def split(
    graph: Graph, parameters: Sequence[Parameter], vector: Symbol, *, trained: bool = False
) -> dict[str, Symbol]:
    """The slices of a flat vector, by path and in shape; leaves of gradients where `trained`."""
    sizes = [parameter.size for parameter in parameters]
    inputs = [vector, graph.constant(sizes), graph.constant(0)]
    pieces = graph.emit(
        "SplitV", inputs, *((n,) for n in sizes), types=("T", "Tlen"), num_split=len(sizes)
    )
    found = {}
    for parameter, piece in zip(parameters, pieces, strict=True):
        shape = tuple(parameter.shape)
        if len(shape) > 1:
            [piece] = graph.emit("Reshape", [piece, graph.constant(shape)], shape)
        found[parameter.path] = dataclasses.replace(piece, trained=trained)
    return found


def join(
    graph: Graph,
    parameters: Sequence[Parameter],
    tensors: Mapping[str, Symbol],
    values: Mapping[Symbol, Symbol],
) -> Symbol:
    """The inverse of `split` for what there is of each tensor, with 0 where there is nothing.

    Args:
        graph: that takes the nodes.
        parameters: in the order of the vector.
        tensors: the parameters by path.
        values: by tensors, in their shapes.
    """
    pieces = []
    for parameter in parameters:
        piece = values.get(tensors[parameter.path])
        if piece is None:
            piece = graph.constant(np.zeros(parameter.size), np.float32)
        elif len(piece.shape) > 1:
            [piece] = graph.emit("Reshape", [piece, graph.constant([-1])], (parameter.size,))
        pieces.append(piece)
    return concat_vectors(graph, pieces)


def concat_vectors(graph: Graph, vectors: Sequence[Symbol]) -> Symbol:
    """One vector of several."""
    length = sum(_known(vector.shape[0]) for vector in vectors)
    [vector] = graph.emit("ConcatV2", [*vectors, graph.constant(0)], (length,), N=len(vectors))
    return vector


def _window_options(size: tuple[int, int], stride: tuple[int, int], padding: str) -> dict[str, Any]:
    return {"ksize": [1, *size, 1], "strides": [1, *stride, 1], "padding": padding}


def _known(length: int | None) -> int:
    if length is None:
        raise ValueError("number of images is open, expected one that is known")
    return length


def _length(length: int, size: int | None, stride: int, dilation: int, padding: str) -> int:
    """Of what a window leaves of `length` pixels."""
    reach = dilation * (_known(size) - 1) if padding == "VALID" else 0
    return -(-(length - reach) // stride)
