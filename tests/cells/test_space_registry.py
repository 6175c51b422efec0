"""Spaces by name, with settings as they are written."""

import pytest

from nasnet.cells import CellSpace, ChainSpace, ConvPoolSpace, LayerSpace
from nasnet.cells.spaces.registry import SPACES, make_space


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("cells,blocks=2", CellSpace(2)),
        ("layers,layers=6,version=v2", LayerSpace(6, "v2")),
        (
            "chain,filters=8/16,pools=3x2,max_layers=4",
            ChainSpace(4, filters=(8, 16), pools=((3, 2),)),
        ),
        ("conv-pool,dimensions=1", ConvPoolSpace(dimensions=1)),
    ],
)
def test_settings_stand_behind_the_name(text, space):
    assert make_space(text) == space


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "cell",
            "^space is 'cell', expected one of: cells, growing-cells, layers, macro, chain",
        ),
        (
            "layers,deep=3",
            "^setting of layers is 'deep', expected one of: layers, version, kernels",
        ),
        ("layers,decisions=3", "^setting of layers is 'decisions', expected one of"),
        ("layers,6", "^setting of layers is '6', expected name=value$"),
        ("layers,layers=six", "^layers of layers is 'six', expected int$"),
        ("chain,filters=8/x", "^filters of chain is 'x', expected int$"),
        ("chain,pools=3", "^pools of chain is '3', expected tuple"),
    ],
)
def test_what_is_wrong_is_one_line(text, message):
    with pytest.raises(ValueError, match=message):
        make_space(text)


@pytest.mark.parametrize("name", SPACES)
def test_every_space_has_a_size_and_a_paper(name):
    assert make_space(name).size() > 1000
    assert "http" in SPACES[name].paper
