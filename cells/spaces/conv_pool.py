"""The space of the MNIST tutorials: so many times a convolution, a pool and dropout.

They let a policy network of NASCells decide on kernel, filters, pool and dropout of each layer
(github.com/wallarm/nascell-automl); there the numbers are free, here they are on grids.
"""

import dataclasses

from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.kinds import Conv, Dropout, Layer, MaxPool, Raster
from nasnet.cells.spaces.base import Choices, SearchSpace
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.checks import check_fields

DIMENSIONS = (1, 2)


@dataclasses.dataclass(frozen=True)
class ConvPoolSpace(SearchSpace[Layers]):
    """Four decisions a layer: kernel, filters, pool, and what dropout keeps.

    A pool of 1 and a dropout that keeps all are left out. The classifier reads all values.

    Args:
        layers: 2 in the tutorial.
        dimensions: 2 for square kernels and pools that stride by their size; 1 for the pixels in
            one row and pools of stride 1, as the tutorial has them.
        kernels: sides, or lengths, of convolutions.
        filters: of convolutions.
        pools: sides, or lengths, of pools.
        keeps: what dropout keeps behind a layer, in percent.

    Raises:
        ValueError: a number is out of range.
    """

    layers: int = 2
    dimensions: int = 2
    kernels: tuple[int, ...] = (3, 5, 7)
    filters: tuple[int, ...] = (16, 24, 32, 48, 64)
    pools: tuple[int, ...] = (1, 2)
    keeps: tuple[int, ...] = (50, 75, 100)
    decisions: tuple[Decision, ...] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_fields(self, layers=1)
        if self.dimensions not in DIMENSIONS:
            raise ValueError(f"dimensions is {self.dimensions}, expected 1 or 2")
        if any(not 1 <= keep <= 100 for keep in self.keeps):
            raise ValueError(f"keeps are {list(self.keeps)}, expected percent from 1 to 100")
        names = ("kernel", "filters", "pool", "keep")
        made = (
            Decision(f"layer_{i}/{name}", tuple(map(str, grid)), name)
            for i in range(self.layers)
            for name, grid in zip(names, self._grids, strict=True)
        )
        object.__setattr__(self, "decisions", tuple(made))

    def architecture(self, choices: Choices) -> Layers:
        """The layers that `choices` stand for."""
        layers: list[Layer] = [Raster()] if self.dimensions == 1 else []
        for i in range(0, len(choices), 4):
            numbers = zip(self._grids, choices[i : i + 4], strict=True)
            kernel, filters, pool, keep = (grid[choice] for grid, choice in numbers)
            layers.append(Conv(filters, (kernel if self.dimensions == 2 else 1, kernel)))
            if pool > 1:
                layers.append(MaxPool(pool, pool if self.dimensions == 2 else 1, "same"))
            if keep < 100:
                layers.append(Dropout(1 - keep / 100))
        return Layers(tuple(layers), head="flatten")

    def encode(self, architecture: Layers) -> Choices:
        """The choices that stand for some layers.

        Raises:
            ValueError: they are not in this space.
        """
        values = list[list[int]]()
        for layer in architecture.layers:
            match layer:
                case Conv(filters, (_, kernel)):
                    values.append([kernel, filters, 1, 100])
                case MaxPool(window) if values:
                    values[-1][2] = window
                case Dropout(rate) if values:
                    values[-1][3] = round(100 * (1 - rate))
        try:
            pairs = (zip(self._grids, value, strict=True) for value in values)
            choices = tuple(grid.index(number) for each in pairs for grid, number in each)
            if self.decode(choices) == architecture:
                return choices
        except ValueError:
            pass
        raise ValueError(f"layers are {architecture.to_json()}, expected some of this space")

    @property
    def _grids(self) -> tuple[tuple[int, ...], ...]:
        return self.kernels, self.filters, self.pools, self.keeps
