"""The operations of cells: one table, read by everything; users add to it (`operation_table`).

An operation brings its input to `filters` channels and, at stride 2, to half the height and width.
Convolutions are ReLU, convolution, batch normalization, in this order; 1x1 convolutions are put in
where channels would not match. Zoph et al., https://arxiv.org/abs/1707.07012, section 3 and
appendix A.4.
"""

import dataclasses
from typing import ClassVar, Protocol

from nasnet.cells.backend import Backend, PoolKind, X, pair
from nasnet.cells.conventions import NASNET, Conventions
from nasnet.cells.operation_table import OperationTable


class Operation(Protocol):
    """Something a block does to one state.

    Attributes:
        kind: the family it is drawn and grouped as.
        drops: whether drop path may silence it; in the reference code all but the identity.
    """

    kind: ClassVar[str]
    drops: ClassVar[bool]

    def __call__(
        self, backend: Backend[X], x: X, filters: int, stride: int, rules: Conventions = NASNET
    ) -> X:
        """`x` with `filters` channels, at 1 / `stride` of its height and width."""


def project(backend: Backend[X], x: X, filters: int, stride: int = 1) -> X:
    """A 1x1 convolution and batch normalization, without the ReLU."""
    return backend.batch_norm(backend.conv(subsample(backend, x, stride), filters, (1, 1)))


def subsample(backend: Backend[X], x: X, stride: int | tuple[int, int]) -> X:
    """Every `stride`-th pixel of every `stride`-th row.

    A 1x1 convolution of `stride` is this and then one of stride 1. It is built so because the
    filter gradient of a strided 1x1 convolution writes out of bounds in TensorFlow's oneDNN
    kernels on the CPU (2.21; few channels, odd batch sizes, more than one thread).
    """
    return x if pair(stride) == (1, 1) else backend.pool(x, "avg", 1, stride=stride)


def factorized_reduction(backend: Backend[X], x: X, filters: int, rules: Conventions = NASNET) -> X:
    """Half the height and width without losing every second pixel: two shifted 1x1 convolutions.

    Raises:
        ValueError: `filters` is 1, and so cannot be shared by two paths.
    """
    if filters < 2:
        raise ValueError(f"filters of a factorized reduction is {filters}, expected at least 2")
    half = filters // 2
    other = filters - half if rules.keeps_odd_channel else half
    paths = [
        backend.conv(subsample(backend, path, 2), share, (1, 1))
        for path, share in ((x, half), (backend.shift(x), other))
    ]
    return backend.batch_norm(backend.concat(paths))


@dataclasses.dataclass(frozen=True)
class Identity:
    """The input itself; where its shape does not fit, ReLU, 1x1 convolution, batch norm.

    At stride 2 some families have a factorized reduction instead.
    """

    kind: ClassVar[str] = "identity"
    drops: ClassVar[bool] = False

    def __call__(
        self, backend: Backend[X], x: X, filters: int, stride: int, rules: Conventions = NASNET
    ) -> X:
        if stride == 1 and backend.channels(x) == filters:
            return x
        if stride == 1 or rules.strided_identity == "convolution":
            return project(backend, backend.relu(x), filters, stride)
        if rules.strided_identity == "relu-factorized":
            x = backend.relu(x)
        return factorized_reduction(backend, x, filters, rules)


@dataclasses.dataclass(frozen=True)
class Convolution:
    """ReLU, one convolution after the other, batch normalization.

    Args:
        kernels: (vertical, horizontal) size of each convolution; a size of 1 keeps stride 1 in
            its direction, so that 1x7 then 7x1 strides once each way.
        dilation: distance between the taps of the kernel.
    """

    kernels: tuple[tuple[int, int], ...]
    dilation: int = 1
    kind: ClassVar[str] = "convolution"
    drops: ClassVar[bool] = True

    def __call__(
        self, backend: Backend[X], x: X, filters: int, stride: int, rules: Conventions = NASNET
    ) -> X:
        x, stride, dilation = _stride_first(backend, x, stride, self.dilation)
        if all(kernel == (1, 1) for kernel in self.kernels):
            x, stride = subsample(backend, x, stride), 1
        x = backend.relu(x)
        for kernel in self.kernels:
            strides = _strides(kernel, stride)
            x = backend.conv(x, filters, kernel, stride=strides, dilation=dilation)
        return backend.batch_norm(x)


@dataclasses.dataclass(frozen=True)
class Bottleneck:
    """The convolutions of `kernels` on a quarter of the channels, between two 1x1 ones (AmoebaNet).

    ReLU stands before every convolution, batch normalization behind it. Below four channels, where
    a quarter would be none, the two 1x1 convolutions are left out.
    """

    kernels: tuple[tuple[int, int], ...]
    kind: ClassVar[str] = "convolution"
    drops: ClassVar[bool] = True

    def __call__(
        self, backend: Backend[X], x: X, filters: int, stride: int, rules: Conventions = NASNET
    ) -> X:
        inner = filters // 4
        if inner:
            x = project(backend, backend.relu(x), inner)
        for kernel in self.kernels:
            strides = _strides(kernel, stride)
            x = backend.conv(backend.relu(x), inner or filters, kernel, stride=strides)
            x = backend.batch_norm(x)
        return project(backend, backend.relu(x), filters) if inner else x


@dataclasses.dataclass(frozen=True)
class Separable:
    """ReLU, depthwise-separable convolution, batch normalization, `repeats` times over.

    Nothing stands between the depthwise and the pointwise part; only the first one strides.
    """

    kernel: int
    repeats: int = 2
    dilation: int = 1
    kind: ClassVar[str] = "separable"
    drops: ClassVar[bool] = True

    def __call__(
        self, backend: Backend[X], x: X, filters: int, stride: int, rules: Conventions = NASNET
    ) -> X:
        x, stride, dilation = _stride_first(backend, x, stride, self.dilation)
        for i in range(self.repeats):
            x = backend.separable_conv(
                backend.relu(x),
                filters,
                self.kernel,
                stride=stride if i == 0 else 1,
                dilation=dilation,
            )
            x = backend.batch_norm(x)
        return x


@dataclasses.dataclass(frozen=True)
class Pool:
    """A pooling without ReLU and batch normalization; a 1x1 convolution where channels differ."""

    pooling: PoolKind
    size: int
    kind: ClassVar[str] = "pooling"
    drops: ClassVar[bool] = True

    def __call__(
        self, backend: Backend[X], x: X, filters: int, stride: int, rules: Conventions = NASNET
    ) -> X:
        padding = "same" if stride == 1 else rules.pool_padding
        x = backend.pool(x, self.pooling, self.size, stride=stride, padding=padding)
        if backend.channels(x) != filters:
            x = project(backend, x, filters)
        return x


def _strides(kernel: tuple[int, int], stride: int) -> tuple[int, int]:
    """Stride down and across: a kernel of width 1 in one direction does not stride in it."""
    height, width = kernel
    square = height == width
    return stride if square or height > 1 else 1, stride if square or width > 1 else 1


def _stride_first(backend: Backend[X], x: X, stride: int, dilation: int) -> tuple[X, int, int]:
    """`x`, stride and dilation of an equal convolution that does not have both.

    At stride 2 a kernel of dilation 2 reads every second pixel only, so dropping the others first
    leaves a plain convolution. TensorFlow has no kernel for both at once.
    """
    if stride == dilation == 2:
        return subsample(backend, x, stride), 1, 1
    return x, stride, dilation


OPERATIONS = OperationTable(
    {
        # The thirteen of the paper, in its order (section 3).
        "identity": Identity(),
        "conv_1x3_3x1": Convolution(((1, 3), (3, 1))),
        "conv_1x7_7x1": Convolution(((1, 7), (7, 1))),
        "dil_conv_3x3": Convolution(((3, 3),), dilation=2),
        "avg_pool_3x3": Pool("avg", 3),
        "max_pool_3x3": Pool("max", 3),
        "max_pool_5x5": Pool("max", 5),
        "max_pool_7x7": Pool("max", 7),
        "conv_1x1": Convolution(((1, 1),)),
        "conv_3x3": Convolution(((3, 3),)),
        "sep_conv_3x3": Separable(3),
        "sep_conv_5x5": Separable(5),
        "sep_conv_7x7": Separable(7),
        # Those of the families that came after it.
        "dil_sep_conv_3x3": Separable(3, repeats=1, dilation=2),
        "dil_sep_conv_5x5": Separable(5, repeats=1, dilation=2),
        "bottleneck_conv_3x3": Bottleneck(((3, 3),)),
        "bottleneck_conv_1x7_7x1": Bottleneck(((1, 7), (7, 1))),
        "max_pool_2x2": Pool("max", 2),
    }
)

NASNET_OPERATIONS: tuple[str, ...] = tuple(OPERATIONS)[:13]
COMBINES: tuple[str, ...] = ("add", "concat")
