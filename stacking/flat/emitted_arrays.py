"""What the emitting interpreter does with arrays, whatever network they are of."""

from collections.abc import Mapping, Sequence
from typing import Any

from nasnet.cells import Scopes
from nasnet.stacking.flat.graph import Graph, Shape, Symbol


class EmittedArrays(Scopes):
    """Emits operations on arrays, with their gradients.

    Args:
        graph: that takes the nodes.
        tensors: every parameter by path.
    """

    def __init__(self, graph: Graph, tensors: Mapping[str, Symbol]) -> None:
        super().__init__()
        self._graph, self._tensors = graph, tensors

    def size(self, x: Symbol) -> tuple[int, int]:
        return known(x.shape[1]), known(x.shape[2])

    def channels(self, x: Symbol) -> int:
        return known(x.shape[3])

    def zeros(self, x: Symbol) -> Symbol:
        return self._emit("ZerosLike", [x], x.shape)

    def _slice(self, x: Symbol, begin: list[int], shape: Shape) -> Symbol:
        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            lengths = zip(map(known, x.shape), begin, map(known, shape), strict=True)
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

    def _times(self, x: Symbol, factor: Symbol) -> Symbol:
        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            return [(x, self._times(dy, factor))]

        return self._emit("Mul", [x, factor], x.shape, back=back)

    def _matmul(self, x: Symbol, kernel: Symbol) -> Symbol:
        """The product of two matrices."""

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            by_kernel = self._emit("MatMul", [x, dy], kernel.shape, transpose_a=True)
            if not x.trained:
                return [(kernel, by_kernel)]
            by_x = self._emit("MatMul", [dy, kernel], x.shape, transpose_b=True)
            return [(kernel, by_kernel), (x, by_x)]

        return self._emit("MatMul", [x, kernel], (x.shape[0], kernel.shape[1]), back=back)

    def _offset(self, x: Symbol, bias: Symbol) -> Symbol:
        """`x` [..., C] and a bias [C]."""

        def back(dy: Symbol) -> list[tuple[Symbol, Symbol]]:
            axes = self._graph.constant(list(range(len(x.shape) - 1)))
            return [(x, dy), (bias, self._emit("Sum", [dy, axes], bias.shape))]

        return self._emit("AddV2", [x, bias], x.shape, back=back)

    def _emit(self, op: str, inputs: Sequence[Symbol], shape: Shape, **options: Any) -> Symbol:
        return self._graph.emit(op, inputs, shape, **options)[0]


def window_options(size: tuple[int, int], stride: tuple[int, int], padding: str) -> dict[str, Any]:
    """Attributes of a pooling."""
    return {"ksize": [1, *size, 1], "strides": [1, *stride, 1], "padding": padding}


def known(length: int | None) -> int:
    """A length that must not be that of an open number of images."""
    if length is None:
        raise ValueError("number of images is open, expected one that is known")
    return length


def window_length(length: int, size: int | None, stride: int, dilation: int, padding: str) -> int:
    """Of what a window leaves of `length` pixels."""
    reach = dilation * (known(size) - 1) if padding == "VALID" else 0
    return -(-(length - reach) // stride)
