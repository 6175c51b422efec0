"""The space of MetaQNN: chains of layers.

Baker et al., https://arxiv.org/abs/1611.02167, section 4.1 and table 1.
"""

import dataclasses
import itertools
from collections.abc import Sequence

from nasnet.cells.chains import (
    DENSE_BELOW,
    MAX_DENSE,
    Chain,
    Conv,
    Dense,
    Layer,
    MaxPool,
    image_size,
)
from nasnet.cells.spaces.base import TERMINATE, Choices, Decision, SearchSpace
from nasnet.runtime.checks import check_fields


@dataclasses.dataclass(frozen=True)
class ChainSpace(SearchSpace[Chain]):
    """Chains of at most `max_layers` layers, one decision a layer.

    Every layer but the first may be `TERMINATE`, which ends the chain. A layer that may not stand
    where it was chosen is left out: a pool after a pool, or one larger than the image; a dense
    layer while the image is 8 pixels wide or more, a third one, or one larger than that before it;
    anything but a dense layer after a dense one. So every sequence of choices stands for a chain,
    and for equal chains the keys are equal.

    Args:
        max_layers: 12 in the paper; 18 in its code for CIFAR-10.
        kernels: sides of convolutions.
        filters: channels of convolutions.
        pools: windows and strides.
        units: of dense layers.
        image_size: side of the image in pixels.

    Raises:
        ValueError: `max_layers` or `image_size` is below 1, or no layer may come first.
    """

    max_layers: int = 12
    kernels: tuple[int, ...] = (1, 3, 5)
    filters: tuple[int, ...] = (64, 128, 256, 512)
    pools: tuple[tuple[int, int], ...] = ((5, 3), (3, 2), (2, 2))
    units: tuple[int, ...] = (512, 256, 128)
    image_size: int = 32
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)
    _options: tuple[tuple[Layer | None, ...], ...] = dataclasses.field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        check_fields(self, max_layers=1, image_size=1)
        layers: tuple[Layer, ...] = (
            *itertools.starmap(Conv, itertools.product(self.kernels, self.filters)),
            *itertools.starmap(MaxPool, self.pools),
            *map(Dense, self.units),
        )
        first = tuple(layer for layer in layers if self._fits(layer, ()))
        if not first:
            raise ValueError("number of layers that may come first is 0, expected at least 1")
        options = (first, *((None, *layers),) * (self.max_layers - 1))
        names = [tuple(map(_name, layers)) for layers in options]
        decisions = tuple(Decision(f"layer_{i}", names[i]) for i in range(self.max_layers))
        object.__setattr__(self, "_options", options)
        object.__setattr__(self, "decisions", decisions)

    def architecture(self, choices: Choices) -> Chain:
        """The chain that `choices` stand for."""
        chain: tuple[Layer, ...] = ()
        for choice, options in zip(choices, self._options, strict=True):
            layer = options[choice]
            if layer is None:
                break
            if self._fits(layer, chain):
                chain = (*chain, layer)
        return Chain(chain)

    def encode(self, chain: Chain) -> tuple[int, ...]:
        """The choices that stand for `chain`, ended by as many `TERMINATE` as there is room for.

        Raises:
            ValueError: the chain is not in this space.
        """
        if not 1 <= len(chain.layers) <= self.max_layers:
            count = len(chain.layers)
            raise ValueError(f"number of layers is {count}, expected 1 to {self.max_layers}")
        choices = []
        for i, layer in enumerate(chain.layers):
            if layer not in self._options[i] or not self._fits(layer, chain.layers[:i]):
                raise ValueError(f"layer {i} is {layer}, expected one that may stand there")
            choices.append(self._options[i].index(layer))
        return (*choices, *(0,) * (self.max_layers - len(choices)))

    def _fits(self, layer: Layer, chain: Sequence[Layer]) -> bool:
        """Whether `layer` may follow `chain`."""
        before = chain[-1] if chain else None
        dense = [item for item in chain if isinstance(item, Dense)]
        if isinstance(layer, Dense):
            smaller = not dense or layer.units <= dense[-1].units
            small = image_size(chain, self.image_size) < DENSE_BELOW
            return small and smaller and len(dense) < MAX_DENSE
        if dense:
            return False
        if isinstance(layer, MaxPool):
            inside = layer.window <= image_size(chain, self.image_size)
            return inside and not isinstance(before, MaxPool)
        return True


def _name(layer: Layer | None) -> str:
    match layer:
        case Conv(kernel, filters):
            return f"conv_{kernel}x{kernel}_{filters}"
        case MaxPool(window, stride):
            return f"max_pool_{window}x{window}_{stride}"
        case Dense(units):
            return f"dense_{units}"
    return TERMINATE
