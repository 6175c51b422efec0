"""The peer that runs on PyTorch: the same cells through PyTorch's eager operations."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from nasnet.cells import Network, Parameter, Scopes, network_cost
from nasnet.cells.backend import Padding, PoolKind, PoolPadding, same_padding
from nasnet.stacking.flat.backend import FlatLayout


class TorchNetwork(Scopes):
    """A network as PyTorch users write it: eager, [N, C, H, W] in `channels_last` memory.

    It is an interpreter of networks, too, so that the network is the same one.

    Args:
        network: it must have a classifier.
        epsilon: of batch normalization.
        momentum: of its running statistics, in Keras' sense.
        seed: of the initial weights.

    Attributes:
        parameters: the trained tensors by path.
        decaying: those that weight decay applies to.
    """

    def __init__(
        self,
        network: Network,
        *,
        epsilon: float,
        momentum: float,
        seed: int,
    ) -> None:
        super().__init__()
        self._network = network
        self._epsilon, self._momentum = epsilon, momentum
        cost, _ = network_cost(network)
        layout = FlatLayout(cost.parameters)
        arrays = layout.unpack(*layout.initial(seed))
        self.parameters = {
            p.path: torch.nn.Parameter(_tensor(p, arrays[p.path])) for p in layout.trainable
        }
        self._buffers = {p.path: _tensor(p, arrays[p.path]) for p in layout.moving}
        self.decaying = [self.parameters[p.path] for p in layout.trainable if p.decays]
        self._training = True

    def __call__(self, x: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Logits [N, classes] of x [N, C, H, W]."""
        self._used.clear()
        self._training = training
        return self._network.build(self, x)["Logits"]

    def size(self, x: torch.Tensor) -> tuple[int, int]:
        return x.shape[2], x.shape[3]

    def channels(self, x: torch.Tensor) -> int:
        return x.shape[1]

    def relu(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(x)

    def conv(
        self,
        x: torch.Tensor,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
    ) -> torch.Tensor:
        weights = self.parameters[f"{self.layer_name('conv')}/kernel"]
        if padding == "same":
            x = self._pad(x, [(k - 1) * dilation + 1 for k in kernel], stride, 0.0)
        return F.conv2d(x, weights, stride=stride, dilation=dilation)

    def separable_conv(
        self, x: torch.Tensor, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> torch.Tensor:
        name = self.layer_name("sep_conv")
        x = self._pad(x, [(kernel - 1) * dilation + 1] * 2, (stride, stride), 0.0)
        depthwise = self.parameters[f"{name}/depthwise_kernel"]
        x = F.conv2d(x, depthwise, stride=stride, dilation=dilation, groups=x.shape[1])
        return F.conv2d(x, self.parameters[f"{name}/pointwise_kernel"])

    def batch_norm(self, x: torch.Tensor) -> torch.Tensor:
        name = self.layer_name("bn")
        return F.batch_norm(
            x,
            self._buffers[f"{name}/moving_mean"],
            self._buffers[f"{name}/moving_variance"],
            self.parameters[f"{name}/gamma"],
            self.parameters[f"{name}/beta"],
            self._training,
            1 - self._momentum,
            self._epsilon,
        )

    def pool(
        self,
        x: torch.Tensor,
        kind: PoolKind,
        size: int,
        *,
        stride: int = 1,
        padding: PoolPadding = "same",
    ) -> torch.Tensor:
        if size == 1:
            return x[:, :, ::stride, ::stride]
        if kind == "max":
            return F.max_pool2d(self._pad(x, [size] * 2, (stride, stride), -math.inf), size, stride)
        if stride == 1:
            return F.avg_pool2d(x, size, 1, size // 2, count_include_pad=False)
        padded = self._pad(x, [size] * 2, (stride, stride), 0.0)
        inside = self._pad(torch.ones_like(x[:1, :1]), [size] * 2, (stride, stride), 0.0)
        return F.avg_pool2d(padded, size, stride) / F.avg_pool2d(inside, size, stride)

    def shift(self, x: torch.Tensor) -> torch.Tensor:
        return F.pad(x[:, :, 1:, 1:], (0, 1, 0, 1))

    def zeros(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x)

    def add(self, xs: Sequence[torch.Tensor]) -> torch.Tensor:
        return sum(xs[1:], start=xs[0])

    def concat(self, xs: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.cat(list(xs), 1)

    def drop_path(self, x: torch.Tensor, depth: float) -> torch.Tensor:
        return x

    def global_pool(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))

    def dropout(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def dense(self, x: torch.Tensor, units: int, *, bias: bool = True) -> torch.Tensor:
        name = self.layer_name("dense")
        x = x @ self.parameters[f"{name}/kernel"]
        return x + self.parameters[f"{name}/bias"] if bias else x

    def _pad(
        self, x: torch.Tensor, windows: Sequence[int], strides: tuple[int, int], value: float
    ) -> torch.Tensor:
        """TensorFlow's SAME: where it is uneven, more at the bottom and the right."""
        (top, bottom), (left, right) = (
            same_padding(length, window, stride)
            for length, window, stride in zip(self.size(x), windows, strides, strict=True)
        )
        if not any((top, bottom, left, right)):
            return x
        return F.pad(x, (left, right, top, bottom), value=value)


def _tensor(parameter: Parameter, array: np.ndarray) -> Any:
    """A parameter in PyTorch's order of axes, [out, in, k, k] for kernels."""
    tensor = torch.tensor(array, dtype=torch.float32)
    if len(parameter.shape) == 4:
        depthwise = parameter.path.endswith("depthwise_kernel")
        tensor = tensor.permute((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        tensor = tensor.contiguous(memory_format=torch.channels_last)
    return tensor
