"""The space of the MNIST tutorials."""

import numpy as np
import pytest

from nasnet.cells import LAYER_ZOO, ConvPoolSpace, Layers
from nasnet.cells.layers.kinds import Conv, Dropout, MaxPool, Raster


@pytest.mark.parametrize("dimensions", [1, 2])
def test_choices_are_layers(dimensions):
    space = ConvPoolSpace(dimensions=dimensions)
    assert space.size() == (3 * 5 * 2 * 3) ** 2
    found = space.decode((1, 4, 1, 0, 0, 0, 0, 2))
    two = dimensions == 2
    layers = (
        Conv(64, (5 if two else 1, 5)),
        MaxPool(2, 2 if two else 1, "same"),
        Dropout(0.5),
        Conv(16, (3 if two else 1, 3)),
    )
    assert found == Layers(layers if two else (Raster(), *layers), head="flatten")


@pytest.mark.parametrize(
    ("name", "dimensions"), [("mnist-hand", 2), ("mnist-hand-1d", 1), ("mnist-found-1d", 1)]
)
def test_the_tutorials_networks_are_in_it(name, dimensions):
    grids = {"kernels": (57, 61), "filters": (24, 55), "pools": (59, 60)}
    space = ConvPoolSpace(dimensions=dimensions, **(grids if "found" in name else {}))
    found = LAYER_ZOO[name].architecture
    assert space.decode(space.encode(found)) == found


@pytest.mark.parametrize(
    "found",
    [
        Layers((Conv(16, (3, 3)),), head="flatten"),
        Layers((Conv(17, (3, 3)), Conv(16, (3, 3))), head="flatten"),
        Layers((MaxPool(2, 2, "same"), Conv(16, (3, 3)), Conv(16, (3, 3))), head="flatten"),
        Layers((Conv(16, (3, 5)), Conv(16, (3, 3))), head="flatten"),
    ],
)
def test_layers_of_another_space_are_refused(found):
    with pytest.raises(ValueError, match=r"expected some of this space$"):
        ConvPoolSpace().encode(found)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"layers": 0}, "^layers is 0, expected at least 1$"),
        ({"dimensions": 3}, "^dimensions is 3, expected 1 or 2$"),
        ({"keeps": (0, 50)}, r"^keeps are \[0, 50\], expected percent from 1 to 100$"),
    ],
)
def test_settings_out_of_range_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        ConvPoolSpace(**settings)


def test_every_choice_is_another_network():
    space = ConvPoolSpace(filters=(16, 32))
    rng = np.random.default_rng(0)
    rows = {space.sample(rng) for _ in range(300)}
    assert len({space.decode(row).key for row in rows}) == len(rows)
