"""The interpreter that builds stock Keras 3 layers: the network that people load and export."""

import random
from collections.abc import Sequence
from typing import Any

import keras

from nasnet.cells import Network, Scopes, network_cost
from nasnet.cells.backend import Padding, PoolKind, PoolPadding, pair, same_padding
from nasnet.stacking.keras.drop_path import DropPath
from nasnet.stacking.keras.pixels import pixel_input
from nasnet.stacking.recipe import Recipe

Tensor = Any


class KerasLayers(Scopes):
    """Makes a Keras layer for each step. `x` is a symbolic Keras tensor, [N, H, W, C].

    Args:
        momentum: of batch normalization's running statistics.
        epsilon: added to batch normalization's variance.
        seed: of all initial weights and of what is dropped; Keras' global seed where it is None.
        noise: says what is dropped in training; None for nothing.
        glorot_separable: whether separable convolutions start as those of `keras.applications`,
            Glorot uniform; else, as in the released code, all kernels do alike.
        prefix: in front of the names of all layers, with a `_` between.

    Attributes:
        made: the names of all layers.
    """

    def __init__(
        self,
        *,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        seed: int | None = None,
        noise: Recipe | None = None,
        glorot_separable: bool = False,
        prefix: str = "",
    ) -> None:
        super().__init__()
        self.made: set[str] = set()
        self._scopes += [prefix] if prefix else []
        self._glorot_separable = glorot_separable
        self._momentum, self._epsilon = momentum, epsilon
        # An integer given to two initializers would make equal kernels, so each has one of its own.
        # (A SeedGenerator for all of them would be asked 350 times, and is slow to answer.)
        self._seeds = None if seed is None else random.Random(seed)
        self._noise, self._trains = noise or Recipe(), noise is not None
        self._noise_seeds = None if seed is None else random.Random(seed)
        # Many operations begin with a ReLU of the same state. A tensor is kept beside its own, so
        # that no other one gets its id.
        self._rectified: dict[int, tuple[Tensor, Tensor]] = {}

    def layer_name(self, kind: str) -> str:
        name = super().layer_name(kind)
        self.made.add(name)
        return name

    def size(self, x: Tensor) -> tuple[int, int]:
        return x.shape[1], x.shape[2]

    def channels(self, x: Tensor) -> int:
        return x.shape[3]

    def relu(self, x: Tensor) -> Tensor:
        if id(x) not in self._rectified:
            self._rectified[id(x)] = x, keras.layers.ReLU(name=self.layer_name("relu"))(x)
        return self._rectified[id(x)][1]

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
        layer = keras.layers.Conv2D(
            filters,
            kernel,
            strides=stride,
            padding=padding,
            dilation_rate=dilation,
            use_bias=bias,
            kernel_initializer=self._kernel(),
            name=self.layer_name("conv"),
        )
        return layer(x)

    def separable_conv(
        self, x: Tensor, filters: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> Tensor:
        layer = keras.layers.SeparableConv2D(
            filters,
            kernel,
            strides=stride,
            padding="same",
            dilation_rate=dilation,
            use_bias=False,
            depthwise_initializer=self._separable_kernel(),
            pointwise_initializer=self._separable_kernel(),
            name=self.layer_name("sep_conv"),
        )
        return layer(x)

    def batch_norm(self, x: Tensor) -> Tensor:
        layer = keras.layers.BatchNormalization(
            momentum=self._momentum, epsilon=self._epsilon, name=self.layer_name("bn")
        )
        return layer(x)

    def pool(
        self,
        x: Tensor,
        kind: PoolKind,
        size: int,
        *,
        stride: int | tuple[int, int] = 1,
        padding: PoolPadding = "same",
    ) -> Tensor:
        pooling = {"max": keras.layers.MaxPooling2D, "avg": keras.layers.AveragePooling2D}[kind]
        name = self.layer_name(f"{kind}_pool")
        if padding == "zeros":
            steps = zip(self.size(x), pair(stride), strict=True)
            pads = tuple(same_padding(length, size, step) for length, step in steps)
            x = keras.layers.ZeroPadding2D(pads, name=self.layer_name("pad"))(x)
            padding = "valid"
        return pooling(size, strides=stride, padding=padding, name=name)(x)

    def shift(self, x: Tensor) -> Tensor:
        x = keras.layers.ZeroPadding2D(((0, 1), (0, 1)), name=self.layer_name("pad"))(x)
        return keras.layers.Cropping2D(((1, 0), (1, 0)), name=self.layer_name("crop"))(x)

    def pad(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        pads = tuple((0, more - have) for more, have in zip(size, self.size(x), strict=True))
        return keras.layers.ZeroPadding2D(pads, name=self.layer_name("pad"))(x)

    def reshape(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return keras.layers.Reshape(shape, name=self.layer_name("reshape"))(x)

    def zeros(self, x: Tensor) -> Tensor:
        return keras.layers.Rescaling(0.0, name=self.layer_name("zeros"))(x)

    def add(self, xs: Sequence[Tensor]) -> Tensor:
        return keras.layers.Add(name=self.layer_name("add"))(xs)

    def concat(self, xs: Sequence[Tensor]) -> Tensor:
        return keras.layers.Concatenate(name=self.layer_name("concat"))(xs)

    def drop_path(self, x: Tensor, depth: float) -> Tensor:
        if self._noise.drop_path_keep == 1:
            return x
        layer = DropPath(
            1 - self._noise.path_keep_at(depth, 1.0),
            scheduled=self._noise.drop_path_follows_time,
            seed=self._noise_seed(),
            name=self.layer_name("drop_path"),
        )
        return layer(x)

    def global_pool(self, x: Tensor) -> Tensor:
        return keras.layers.GlobalAveragePooling2D(name=self.layer_name("global_pool"))(x)

    def dropout(self, x: Tensor, rate: float | None = None) -> Tensor:
        rate = 1 - self._noise.dropout_keep if rate is None else rate
        if not self._trains or rate == 0:
            return x
        name = self.layer_name("dropout")
        return keras.layers.Dropout(rate, seed=self._noise_seed(), name=name)(x)

    def dense(self, x: Tensor, units: int, *, bias: bool = True) -> Tensor:
        layer = keras.layers.Dense(
            units,
            use_bias=bias,
            kernel_initializer=keras.initializers.GlorotUniform(seed=self._seed()),
            name=self.layer_name("dense"),
        )
        return layer(x)

    def _noise_seed(self) -> int | None:
        return None if self._noise_seeds is None else self._noise_seeds.getrandbits(31)

    def _seed(self) -> int | None:
        return None if self._seeds is None else self._seeds.getrandbits(31)

    def _separable_kernel(self) -> keras.initializers.Initializer:
        if self._glorot_separable:
            return keras.initializers.GlorotUniform(seed=self._seed())
        return self._kernel()

    def _kernel(self) -> keras.initializers.Initializer:
        return keras.initializers.VarianceScaling(
            2.0, mode="fan_out", distribution="truncated_normal", seed=self._seed()
        )


def build_network(
    network: Network,
    recipe: Recipe = Recipe(),
    *,
    training: bool = False,
    classifier_activation: str | None = "softmax",
    seed: int | None = None,
    name: str = "nasnet",
    pixels: bool = False,
) -> keras.Model:
    """A functional Keras model of stock layers, so it loads without this package.

    With drop path it has layers of ours, too; `strip_drop_path` makes the network to save.

    Args:
        network: what is built.
        recipe: how it is, or was, trained: gives batch normalization's constants.
        training: whether it also has what the recipe trains it with: drop path (over time, if a
            `DropPathSchedule` callback tells the time), dropout, and the auxiliary classifier as a
            second output.
        classifier_activation: on top of the logits; None for the logits themselves.
        seed: of all initial weights and of what is dropped; Keras' global seed where it is None.
        name: of the model.
        pixels: whether images are given as pixels from 0 to 255, which the first layer rescales;
            else their values go from -1 to 1.

    Returns:
        A model from [N, H, W, C] to [N, classes]; without a classifier to the pooled features,
        [N, P]; with an auxiliary one to {"predictions": [N, classes], "aux": [N, classes]}.

    Raises:
        ValueError: as `network_cost`.
    """
    aux_head = training and recipe.aux_weight > 0
    network_cost(network, aux_head=aux_head)
    backend = KerasLayers(
        momentum=recipe.batch_norm_momentum,
        epsilon=recipe.batch_norm_epsilon,
        seed=seed,
        noise=recipe if training else None,
    )
    if pixels:
        image, x = pixel_input(network.input_shape)
    else:
        image = x = keras.Input(network.input_shape, name="image")
    ends = network.build(backend, x, aux_head=aux_head)
    if network.classes is None:
        return keras.Model(image, ends["global_pool"], name=name)
    outputs = {"predictions": ends["Logits"]}
    if aux_head:
        outputs["aux"] = ends["AuxLogits"]
    if classifier_activation is not None:
        for key, logits in outputs.items():
            # Half precision has too few digits for probabilities.
            dtype = keras.config.dtype_policy().variable_dtype
            activation = keras.layers.Activation(classifier_activation, dtype=dtype, name=key)
            outputs[key] = activation(logits)
    return keras.Model(image, outputs if aux_head else outputs["predictions"], name=name)
