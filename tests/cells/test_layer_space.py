"""The space of NAS-2017: its sizes, skip connections, growth, and blocks of three."""

import numpy as np
import pytest

from nasnet.cells import Layers, LayerSpace
from nasnet.cells.layers.kinds import Conv, MaxPool

SMALL = LayerSpace(2)


def test_two_layers_are_8192_architectures():
    """systems.md 8: 64^2 * 2, by enumeration."""
    assert SMALL.size() == 64**2 * 2
    assert len({SMALL.decode(choices).key for choices in SMALL}) == 8192


@pytest.mark.parametrize(
    ("space", "size"),
    [
        (LayerSpace(15), 64**15 * 2 ** (15 * 14 // 2)),  # 5.02e58
        (LayerSpace(20, "v2"), 576**20 * 2 ** (20 * 19 // 2)),  # 2.54e112
        (LayerSpace(13, "v3"), 64**13 * 2 ** (13 * 12 // 2)),
        (LayerSpace(3, start=1, step=1), 64 + 64**2 * 2 + 64**3 * 8),
    ],
)
def test_sizes_are_those_of_the_formula(space, size):
    """systems.md 1."""
    assert space.size() == size


def test_tokens_come_in_the_order_of_the_paper():
    names = [decision.name.partition("/")[2] for decision in LayerSpace(2, "v2").decisions]
    tokens = ["height", "width", "stride_down", "stride_across", "filters"]
    assert names == [*tokens, *tokens, "reads_0"]
    assert SMALL.decisions[-1].anchors == ("layer_0/filters", "layer_1/filters")


def test_choices_are_layers_with_skips():
    space = LayerSpace(3, "v2")
    # 3x7 strided by 1x3 with 36; 1x1; 7x5 that reads both.
    choices = (1, 3, 0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0, 3, 1, 1)
    assert space.decode(choices) == Layers(
        (
            Conv(36, (3, 7), (1, 3), norm=True),
            Conv(24, (1, 1), norm=True),
            Conv(64, (7, 5), (2, 1), norm=True),
        ),
        ((), (), (0, 1)),
    )


def test_the_third_version_has_blocks_of_three_and_pools_before_two_of_them():
    space = LayerSpace(13, "v3")
    found = space.decode(space.sample(np.random.default_rng(3)))
    convs = [layer for layer in found.layers if isinstance(layer, Conv)]
    pools = [i for i, layer in enumerate(found.layers) if isinstance(layer, MaxPool)]
    assert len(convs) == 39
    assert pools == [12, 25]  # behind twelve and twenty-four convolutions
    assert found.inputs[1:3] == ((0,), (0, 1))
    assert found.inputs[13:16] == ((12,), (13,), (13, 14))
    assert {layer.filters for layer in convs} <= {6, 12, 24, 36}


def test_layers_grow_with_the_proposals():
    space = LayerSpace(11, start=6, step=2, every=1600)
    depths = [space.given(number)[0] for number in (0, 1599, 1600, 3200, 4800, 10**6)]
    layers = [int(space.decisions[0].options[depth]) for depth in depths]
    assert layers == [6, 6, 8, 10, 11, 11]
    assert LayerSpace(6).given(10**6) == {}


@pytest.mark.parametrize("name", ["ours", "cells"])
def test_layers_of_another_space_are_refused(name):
    other = {
        "ours": Layers((Conv(24, (3, 3), norm=True),)),
        "cells": Layers((MaxPool(2, 2), Conv(24, (3, 3), norm=True))),
    }
    with pytest.raises(ValueError, match=r"expected some of this space$"):
        SMALL.encode(other[name])


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"layers": 0}, "^layers is 0, expected at least 1$"),
        ({"version": "v4"}, "^version is 'v4', expected one of: v1, v2, v3$"),
        ({"start": 16}, "^start is 16, expected at most layers, 15$"),
        ({"every": 0}, "^every is 0, expected at least 1$"),
    ],
)
def test_settings_out_of_range_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        LayerSpace(**settings)
