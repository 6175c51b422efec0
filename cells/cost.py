"""What a network costs, in closed form: output shapes, parameters and multiply-adds.

Milliseconds instead of a network, and no TensorFlow. The parameters come in the order and with the
names of the Keras network, so the count is also a plan that others can lay out memory by.
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

from nasnet.cells.backend import Padding, PoolKind, PoolPadding, Scopes, pair

DECAYED_ROLES = ("kernel", "depthwise_kernel", "pointwise_kernel")
MOVING_ROLES = ("moving_mean", "moving_variance")


class Shape(NamedTuple):
    """Height, width and channels of [N, H, W, C]; height and width are 1 behind global pooling."""

    height: int
    width: int
    channels: int


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """One weight array: its path as in Keras (`layer/role`), its role and shape."""

    path: str
    role: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of values."""
        return math.prod(self.shape)

    @property
    def trainable(self) -> bool:
        """Whether gradients move it; batch normalization's running statistics are not."""
        return self.role not in MOVING_ROLES

    @property
    def decays(self) -> bool:
        """Whether weight decay applies: kernels, but no offset and no scale."""
        return self.role in DECAYED_ROLES


class Cost(Scopes):
    """The interpreter that counts. `x` is a `Shape`.

    A multiply-add is counted once, for convolutions and fully connected layers of one image; the
    paper's figures (564M for NASNet-A 4 @ 1056) come out so.

    Attributes:
        parameters: every weight array, in the order in which the layers are made.
        layer_mult_adds: multiply-adds of one image, by layer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.parameters: list[Parameter] = []
        self.layer_mult_adds: dict[str, int] = {}

    @property
    def mult_adds(self) -> int:
        """Multiply-adds of one image."""
        return sum(self.layer_mult_adds.values())

    @property
    def total_parameters(self) -> int:
        """All parameters, as Keras' `count_params()` has them."""
        return sum(parameter.size for parameter in self.parameters)

    @property
    def trainable_parameters(self) -> int:
        """The parameters that gradients move."""
        return sum(parameter.size for parameter in self.parameters if parameter.trainable)

    def size(self, x: Shape) -> tuple[int, int]:
        return x.height, x.width

    def channels(self, x: Shape) -> int:
        return x.channels

    def relu(self, x: Shape) -> Shape:
        return x

    def conv(
        self,
        x: Shape,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
        bias: bool = False,
    ) -> Shape:
        reach = (1, 1) if padding == "same" else (kernel[0], kernel[1])
        out = Shape(
            _strided(x.height, reach[0], stride[0], "height"),
            _strided(x.width, reach[1], stride[1], "width"),
            filters,
        )
        mult_adds = math.prod(out) * math.prod(kernel) * x.channels
        roles: dict[str, tuple[int, ...]] = {"kernel": (*kernel, x.channels, filters)}
        self._add_layer("conv", mult_adds, roles | ({"bias": (filters,)} if bias else {}))
        return out

    def separable_conv(
        self, x: Shape, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> Shape:
        out = Shape(-(-x.height // stride), -(-x.width // stride), filters)
        self._add_layer(
            "sep_conv",
            out.height * out.width * x.channels * (kernel**2 + filters),
            {
                "depthwise_kernel": (kernel, kernel, x.channels, 1),
                "pointwise_kernel": (1, 1, x.channels, filters),
            },
        )
        return out

    def batch_norm(self, x: Shape) -> Shape:
        roles = ("gamma", "beta", "moving_mean", "moving_variance")
        self._add_layer("bn", 0, dict.fromkeys(roles, (x.channels,)))
        return x

    def pool(
        self,
        x: Shape,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> Shape:
        reach, (down, across) = size if padding == "valid" else 1, pair(stride)
        height = _strided(x.height, reach, down, "height")
        return Shape(height, _strided(x.width, reach, across, "width"), x.channels)

    def shift(self, x: Shape) -> Shape:
        return x

    def pad(self, x: Shape, size: tuple[int, int]) -> Shape:
        return Shape(*size, x.channels)

    def reshape(self, x: Shape, shape: tuple[int, ...]) -> Shape:
        return Shape(*(1, 1, *shape)[-3:])

    def zeros(self, x: Shape) -> Shape:
        return x

    def add(self, xs: Sequence[Shape]) -> Shape:
        if any(x != xs[0] for x in xs):
            raise ValueError(f"shapes to add are {list(xs)}, expected equal ones")
        return xs[0]

    def concat(self, xs: Sequence[Shape]) -> Shape:
        if any(self.size(x) != self.size(xs[0]) for x in xs):
            raise ValueError(f"shapes to concatenate are {list(xs)}, expected one size")
        return Shape(*self.size(xs[0]), sum(x.channels for x in xs))

    def drop_path(self, x: Shape, depth: float) -> Shape:
        return x

    def global_pool(self, x: Shape) -> Shape:
        return Shape(1, 1, x.channels)

    def dropout(self, x: Shape, rate: float | None = None) -> Shape:
        return x

    def dense(self, x: Shape, units: int, *, bias: bool = True) -> Shape:
        roles: dict[str, tuple[int, ...]] = {"kernel": (x.channels, units)}
        if bias:
            roles["bias"] = (units,)
        self._add_layer("dense", x.channels * units, roles)
        return Shape(1, 1, units)

    def _add_layer(self, kind: str, mult_adds: int, roles: dict[str, tuple[int, ...]]) -> None:
        name = self.layer_name(kind)
        self.layer_mult_adds[name] = mult_adds
        self.parameters += [Parameter(f"{name}/{role}", role, roles[role]) for role in roles]


def _strided(length: int, reach: int, stride: int, what: str) -> int:
    if length < reach:
        raise ValueError(
            f"{what} is {length} where a window of {reach} must fit, expected larger images"
        )
    return -(-(length - reach + 1) // stride)
