"""Convolutions as nodes of a graph, in the quick forms of `nasnet.stacking.flat.kernels`."""

import math
from typing import Any

from nasnet.cells.backend import Padding
from nasnet.stacking.flat import kernels
from nasnet.stacking.flat.emitted_arrays import EmittedArrays, known, window_length
from nasnet.stacking.flat.graph import Shape, Symbol


class EmittedConvolutions(EmittedArrays):
    """Emits convolutions, with their gradients."""

    def conv(
        self,
        x: Symbol,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
        bias: bool = False,
    ) -> Symbol:
        name = self.layer_name("conv")
        y = self._conv(x, self._tensors[f"{name}/kernel"], stride, dilation, padding.upper())
        return self._offset(y, self._tensors[f"{name}/bias"]) if bias else y

    def _conv(
        self, x: Symbol, kernel: Symbol, stride: tuple[int, int], dilation: int, padding: str
    ) -> Symbol:
        if kernel.shape[:2] == (1, 1) and stride == (1, 1) and kernels.on_cpu():
            return self._pointwise(x, kernel)
        steps = {"strides": [1, *stride, 1], "dilations": [1, dilation, dilation, 1]}
        options: dict[str, Any] = {**steps, "padding": padding}
        height, width = (
            window_length(length, size, step, dilation, padding)
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
        count = None if x.shape[0] is None else math.prod(map(known, x.shape[:3]))
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
        size = known(kernel.shape[0])
        margin, block = dilation * (size - 1) // 2, [dilation, dilation]
        crops = [[0, -(length + 2 * margin) % dilation] for length in self.size(x)]
        pads = [[margin, margin + crop] for _, crop in crops]
        count = known(x.shape[0]) * dilation**2 if x.shape[0] is not None else None
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
        graph, (count, height, width, channels) = self._graph, map(known, x.shape)
        size, lanes, order = known(kernel[0]), count * channels, graph.constant([1, 2, 0, 3])
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
