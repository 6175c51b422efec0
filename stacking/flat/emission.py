"""The interpreter that writes a child's graph and its gradients without tracing them.

It emits the nodes that `nasnet.stacking.flat.backend` would trace, in the quick forms of
`nasnet.stacking.flat.kernels`, in float32.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet.cells.backend import PoolKind, PoolPadding, pair, same_padding
from nasnet.stacking.flat import kernels
from nasnet.stacking.flat.emitted_arrays import window_length, window_options
from nasnet.stacking.flat.emitted_convolutions import EmittedConvolutions
from nasnet.stacking.flat.graph import Graph, Shape, Symbol

_BATCH_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


@dataclasses.dataclass(frozen=True, slots=True)
class Mask:
    """What drops features in training.

    Attributes:
        input: by which features are multiplied.
        depth: of drop path; None for dropout.
        rate: of dropout; None for the recipe's.
    """

    input: Symbol
    depth: float | None = None
    rate: float | None = None


class EmittedTensors(EmittedConvolutions):
    """Emits each step; `x` is a symbol, [N, H, W, C].

    Args:
        graph: that takes the nodes.
        tensors: every parameter by path.
        training: whether batch normalization takes the batch's statistics.
        epsilon: added to batch normalization's variance.
        drops: whether the recipe's drop path and dropout drop anything; None outside of training,
            where no layer drops anything.

    Attributes:
        statistics: where `training`, each batch normalization's mean and variance, in the order of
            the running ones.
        normalizations: the layers that `statistics` are of.
        masks: what drops, as the inputs that they are.
    """

    def __init__(
        self,
        graph: Graph,
        tensors: Mapping[str, Symbol],
        *,
        training: bool,
        epsilon: float,
        drops: tuple[bool, bool] | None = None,
    ) -> None:
        super().__init__(graph, tensors)
        self._training, self._epsilon = training, epsilon
        self._trains, self._drops = drops is not None, drops or (False, False)
        self._rectified: dict[Symbol, Symbol] = {}
        self.statistics: list[Symbol] = []
        self.normalizations: list[str] = []
        self.masks: list[Mask] = []

    def relu(self, x: Symbol) -> Symbol:
        if x not in self._rectified:  # several operations of a cell read the same state

            def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
                return [(x, self._emit("ReluGrad", [dy, y], x.shape))]

            y = self._rectified[x] = self._emit("Relu", [x], x.shape, back=back)
        return self._rectified[x]

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
        if self._training:
            self.statistics += [mean, variance]
            self.normalizations.append(name)
        return y

    def pool(
        self,
        x: Symbol,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> Symbol:
        if size == 1 or isinstance(stride, tuple):
            return self._window(x, "AvgPool", (1, 1), pair(stride), "SAME")
        if padding == "zeros":
            pads = [list(same_padding(length, size, stride)) for length in self.size(x)]
            x = self._pad(x, [[0, 0], *pads, [0, 0]])
        scheme = "SAME" if padding == "same" else "VALID"
        if kind == "avg":
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
        options: dict[str, Any] = window_options((size, size), (1, 1), padding)
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
        options: dict[str, Any] = window_options(size, stride, padding)
        lengths = zip(self.size(x), size, stride, strict=True)
        height, width = (window_length(*each, 1, padding) for each in lengths)

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
        if not self._drops[0]:
            return x
        return self._masked(x, (x.shape[0], 1, 1, 1), depth=depth)

    def dropout(self, x: Symbol, rate: float | None = None) -> Symbol:
        drops = self._drops[1] if rate is None else self._trains and rate > 0
        return self._masked(x, x.shape, rate=rate) if drops else x

    def _masked(self, x: Symbol, shape: Shape, **what: float | None) -> Symbol:
        mask = self._graph.input(f"mask{len(self.masks)}", shape)
        self.masks.append(Mask(mask, **what))
        return self._times(x, mask)

    def pad(self, x: Symbol, size: tuple[int, int]) -> Symbol:
        pads = [[0, more - have] for more, have in zip(size, self.size(x), strict=True)]
        return self._pad(x, [[0, 0], *pads, [0, 0]])

    def reshape(self, x: Symbol, shape: tuple[int, ...]) -> Symbol:
        return self._reshape(x, (x.shape[0], *shape))

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
        return self._offset(y, self._tensors[f"{name}/bias"]) if bias else y
