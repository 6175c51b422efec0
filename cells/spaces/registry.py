"""Search spaces by name, with settings as they are written: `layers,layers=6,version=v2`."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nasnet.cells.spaces.base import SearchSpace
from nasnet.cells.spaces.cell import CellSpace
from nasnet.cells.spaces.chain import ChainSpace
from nasnet.cells.spaces.conv_pool import ConvPoolSpace
from nasnet.cells.spaces.growing import GrowingCellSpace
from nasnet.cells.spaces.layers import LayerSpace
from nasnet.cells.spaces.macro import MacroSpace
from nasnet.cells.spaces.recurrent import RecurrentSpace
from nasnet.cells.spaces.tree import TreeSpace
from nasnet.runtime.checks import check_known
from nasnet.runtime.loading import absolute, is_spec, load_object
from nasnet.runtime.written import read_settings


@dataclasses.dataclass(frozen=True, slots=True)
class SpaceEntry:
    """A space that comes with the toolkit.

    Attributes:
        kind: the dataclass of its settings, which is the space.
        about: what is searched, in a line.
        paper: where it is from.
    """

    kind: type[Any]
    about: str
    paper: str


SPACES: Mapping[str, SpaceEntry] = MappingProxyType(
    {
        "cells": SpaceEntry(
            CellSpace,
            "a Normal and a Reduction cell of blocks",
            "NASNet, Zoph et al. 2017, https://arxiv.org/abs/1707.07012",
        ),
        "growing-cells": SpaceEntry(
            GrowingCellSpace,
            "cells that grow block by block",
            "PNAS, Liu et al. 2017, https://arxiv.org/abs/1712.00559",
        ),
        "layers": SpaceEntry(
            LayerSpace,
            "convolutions of any shape with skip connections",
            "NAS, Zoph and Le 2016, https://arxiv.org/abs/1611.01578",
        ),
        "macro": SpaceEntry(
            MacroSpace,
            "an operation for each layer, with skip connections",
            "ENAS, Pham et al. 2018, https://arxiv.org/abs/1802.03268",
        ),
        "chain": SpaceEntry(
            ChainSpace,
            "chains of convolutions, pools and dense layers",
            "MetaQNN, Baker et al. 2016, https://arxiv.org/abs/1611.02167",
        ),
        "conv-pool": SpaceEntry(
            ConvPoolSpace,
            "kernel, filters, pool and dropout of each of a few layers",
            "the MNIST tutorials, https://github.com/wallarm/nascell-automl",
        ),
        "recurrent": SpaceEntry(
            RecurrentSpace,
            "recurrent cells, for `nasnet recurrent`",
            "ENAS, Pham et al. 2018, https://arxiv.org/abs/1802.03268",
        ),
        "recurrent-trees": SpaceEntry(
            TreeSpace,
            "recurrent cells of NAS, for `nasnet recurrent --space trees`",
            "NAS, Zoph and Le 2016, https://arxiv.org/abs/1611.01578",
        ),
    }
)


def make_space(text: str) -> SearchSpace[Any]:
    """The space that `name,setting=value,...` stands for, or a user's own, `file.py:NAME`.

    Raises:
        ValueError: the space or a setting is unknown, or a value not of its type or range.
    """
    name, *pairs = text.split(",")
    if not is_spec(name):
        check_known("space", name, SPACES, "; or file.py:NAME")
        return SPACES[name].kind(**read_settings(SPACES[name].kind, pairs, name))
    space = load_object(absolute(text))
    if not isinstance(space, SearchSpace):
        raise ValueError(f"space {text} is {space!r:.80}, expected a value of a SearchSpace class")
    return space
