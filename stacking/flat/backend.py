"""The interpreter for throw-away networks: raw TensorFlow over one flat parameter vector.

It traces and steps several times faster than Keras layers, because the graph has a quarter of the
nodes, batch normalization is the fused kernel, and one momentum update serves all weights.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from nasnet.cells import Parameter, Scopes
from nasnet.cells.backend import Padding, PoolKind, PoolPadding, same_padding
from nasnet.stacking.flat.kernels import depthwise_conv
from nasnet.stacking.flat.kernels import pool as windows
from nasnet.stacking.flat.noise import Noise

Tensor = Any


class FlatLayout:
    """Where each parameter lies in the two flat vectors: the trained one, the running statistics.

    Args:
        parameters: of the network, in the order in which its layers are made (`Cost.parameters`).
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.trainable = [parameter for parameter in parameters if parameter.trainable]
        self.moving = [parameter for parameter in parameters if not parameter.trainable]

    @property
    def lengths(self) -> tuple[int, int]:
        """The lengths P and M of the two vectors."""
        return sum(p.size for p in self.trainable), sum(p.size for p in self.moving)

    def pack(self, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Arrays by path as two vectors, [P] and [M].

        Raises:
            ValueError: a path is missing or unknown, or an array has another shape.
        """
        known = {parameter.path for parameter in (*self.trainable, *self.moving)}
        for path in arrays.keys() ^ known:
            state = "missing" if path in known else "unknown"
            raise ValueError(f"parameter {path} is {state}, expected those of the network alone")
        vectors = []
        for part in (self.trainable, self.moving):
            for parameter in part:
                shape = arrays[parameter.path].shape
                if shape != parameter.shape:
                    raise ValueError(
                        f"{parameter.path} has shape {shape}, expected {parameter.shape}"
                    )
            flat = [np.ravel(arrays[parameter.path]) for parameter in part]
            vectors.append(np.concatenate([*flat, np.zeros(0)]).astype(np.float32))
        return vectors[0], vectors[1]

    def unpack(self, trainable: np.ndarray, moving: np.ndarray) -> dict[str, np.ndarray]:
        """The inverse of `pack`: arrays by path."""
        arrays = {}
        for part, vector in ((self.trainable, trainable), (self.moving, moving)):
            if not part:
                continue
            ends = np.cumsum([parameter.size for parameter in part])
            for parameter, values in zip(part, np.split(vector, ends[:-1]), strict=True):
                arrays[parameter.path] = values.reshape(parameter.shape)
        return arrays

    def initial(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Fresh weights, drawn as the Keras network draws its own: two vectors, [P] and [M]."""
        rng = np.random.default_rng(seed)
        arrays = {p.path: _initial(p, rng) for p in (*self.trainable, *self.moving)}
        return self.pack(arrays)

    def decay_mask(self) -> np.ndarray:
        """1.0 where weight decay applies, else 0.0, [P]."""
        sizes = [parameter.size for parameter in self.trainable]
        return np.repeat([float(parameter.decays) for parameter in self.trainable], sizes)

    def tensors(
        self, trainable: Tensor, moving: Tensor, kernel_type: Any = tf.float32
    ) -> dict[str, Tensor]:
        """The slices of two flat tensors, by path and in shape.

        Args:
            trainable: [P] float32.
            moving: [M] float32.
            kernel_type: of the convolutions' kernels; all else stays in float32.
        """
        tensors = {}
        for part, vector in ((self.trainable, trainable), (self.moving, moving)):
            if not part:
                continue
            sizes = [parameter.size for parameter in part]
            pieces = tf.split(vector, sizes)
            # One cast of all is quicker than one of each kernel.
            cast = (
                pieces
                if kernel_type == tf.float32
                else tf.split(tf.cast(vector, kernel_type), sizes)
            )
            for parameter, piece, kernel in zip(part, pieces, cast, strict=True):
                shape = parameter.shape
                values = kernel if len(shape) == 4 else piece
                tensors[parameter.path] = values if len(shape) == 1 else tf.reshape(values, shape)
        return tensors


def _initial(parameter: Parameter, rng: np.random.Generator) -> np.ndarray:
    shape = parameter.shape
    if parameter.role in ("gamma", "moving_variance"):
        return np.ones(shape)
    if len(shape) == 1:
        return np.zeros(shape)
    if len(shape) == 2:  # a dense layer: Glorot uniform
        limit = np.sqrt(6 / sum(shape))
        return rng.uniform(-limit, limit, shape)
    fan_out = np.prod(shape[:2]) * shape[3]
    draws = rng.standard_normal(shape)
    while (outside := np.abs(draws) > 2).any():
        draws[outside] = rng.standard_normal(outside.sum())
    # Cut off at two standard deviations, a normal keeps 0.8796 of its own.
    return draws * np.sqrt(2 / fan_out) / 0.87962566103423978


class FlatTensors(Scopes):
    """Computes each step at once. `x` is a TensorFlow tensor, [N, H, W, C].

    It may be of a half type, as the kernels then must be (`FlatLayout.tensors`); what the
    classifiers see is float32 all the same.

    Args:
        tensors: every parameter by path (`FlatLayout.tensors`).
        training: whether batch normalization takes the batch's statistics.
        epsilon: added to batch normalization's variance.
        noise: of drop path and dropout; without it nothing is dropped.
        frozen: paths of parameters; a batch normalization whose scale is among them takes the
            running statistics even where `training`.

    Attributes:
        statistics: where `training`, each batch normalization's mean and variance, in the order of
            `FlatLayout.moving`; those of a frozen one are its running ones.
    """

    def __init__(
        self,
        tensors: dict[str, Tensor],
        *,
        training: bool,
        epsilon: float,
        noise: Noise | None = None,
        frozen: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._tensors, self._training, self._epsilon = tensors, training, epsilon
        self._noise, self._frozen = noise, frozen
        self._rectified: dict[Any, Tensor] = {}
        self.statistics: list[Tensor] = []

    def size(self, x: Tensor) -> tuple[int, int]:
        return x.shape[1], x.shape[2]

    def channels(self, x: Tensor) -> int:
        return x.shape[3]

    def relu(self, x: Tensor) -> Tensor:
        if x.ref() not in self._rectified:  # several operations of a cell read the same state
            self._rectified[x.ref()] = tf.nn.relu(x)
        return self._rectified[x.ref()]

    def conv(
        self,
        x: Tensor,
        filters: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        dilation: int = 1,
        padding: Padding = "same",
        bias: bool = False,
    ) -> Tensor:
        name = self.layer_name("conv")
        weights = self._tensors[f"{name}/kernel"]
        x = self._conv(x, weights, stride, padding.upper(), dilation)
        return x + tf.cast(self._tensors[f"{name}/bias"], x.dtype) if bias else x

    def separable_conv(
        self, x: Tensor, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> Tensor:
        name = self.layer_name("sep_conv")
        x = self._depthwise(x, self._tensors[f"{name}/depthwise_kernel"], stride, dilation)
        return self._conv(x, self._tensors[f"{name}/pointwise_kernel"], (1, 1), "VALID", 1)

    def _conv(
        self, x: Tensor, kernel: Tensor, stride: tuple[int, int], padding: str, dilation: int
    ) -> Tensor:
        return tf.nn.conv2d(x, kernel, stride, padding, dilations=dilation)

    def _depthwise(self, x: Tensor, kernel: Tensor, stride: int, dilation: int) -> Tensor:
        return depthwise_conv(x, kernel, stride, dilation)

    def batch_norm(self, x: Tensor) -> Tensor:
        name = self.layer_name("bn")
        roles = ("gamma", "beta", "moving_mean", "moving_variance")
        gamma, beta, mean, variance = (self._tensors[f"{name}/{role}"] for role in roles)
        frozen = f"{name}/gamma" in self._frozen
        if self._training and frozen:
            self.statistics += [mean, variance]
        if not self._training or frozen:
            return tf.raw_ops.FusedBatchNormV3(
                x=x,
                scale=gamma,
                offset=beta,
                mean=mean,
                variance=variance,
                epsilon=self._epsilon,
                is_training=False,
            ).y
        result = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=gamma,
            offset=beta,
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self._epsilon,
            is_training=True,
        )
        self.statistics += [result.batch_mean, result.batch_variance]
        return result.y

    def pool(
        self,
        x: Tensor,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> Tensor:
        if size == 1 or isinstance(
            stride, tuple
        ):  # as an average its gradient is cheap, as a maximum or a slice it is not
            return tf.nn.avg_pool2d(x, 1, stride, "SAME")
        if padding == "zeros":
            pads = [same_padding(length, size, stride) for length in self.size(x)]
            x = tf.pad(x, [(0, 0), *pads, (0, 0)])
        return windows(x, kind, size, stride, "SAME" if padding == "same" else "VALID")

    def shift(self, x: Tensor) -> Tensor:
        height, width, channels = x.shape[1:]
        # Unlike x[:, 1:, 1:], a slice has a gradient that TensorFlow pads quickly.
        x = tf.slice(x, [0, 1, 1, 0], [-1, height - 1, width - 1, channels])
        return tf.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]])

    def pad(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        pads = [(0, more - have) for more, have in zip(size, self.size(x), strict=True)]
        return tf.pad(x, [(0, 0), *pads, (0, 0)])

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return tf.reshape(x, [-1, *shape])

    def zeros(self, x: Tensor) -> Tensor:
        return tf.zeros_like(x)

    def add(self, xs: Sequence[Tensor]) -> Tensor:
        return tf.add_n(xs)

    def concat(self, xs: Sequence[Tensor]) -> Tensor:
        return tf.concat(xs, axis=-1)

    def drop_path(self, x: Tensor, depth: float) -> Tensor:
        return x if self._noise is None else self._noise.drop_path(x, depth)

    def global_pool(self, x: Tensor) -> Tensor:
        halves = x.dtype.size < tf.float32.size
        return tf.reduce_mean(tf.cast(x, tf.float32) if halves else x, [1, 2])

    def dropout(self, x: Tensor, rate: float | None = None) -> Tensor:
        return x if self._noise is None else self._noise.dropout(x, rate)

    def dense(self, x: Tensor, units: int, *, bias: bool = True) -> Tensor:
        name = self.layer_name("dense")
        x = x @ self._tensors[f"{name}/kernel"]
        return x + self._tensors[f"{name}/bias"] if bias else x
