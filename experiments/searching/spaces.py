"""The space that a person names, where its architectures become image networks."""

from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.cells.spaces.registry import make_space
from nasnet.stacking.architectures import ImageArchitecture


def image_space(text: str) -> SearchSpace[Any]:
    """The space of `make_space`.

    Raises:
        ValueError: there is no such space, or it is not one of image networks.
    """
    space = make_space(text)
    found = example(space)
    if isinstance(found, RecurrentCell):
        raise ValueError(
            f"space {text} is of recurrent cells, expected `nasnet recurrent`, which searches them"
        )
    if not isinstance(found, ImageArchitecture):
        raise ValueError(
            f"space {text} decodes to {type(found).__name__}, expected Genotype, Layers, Macro or "
            "NASBench201Cell"
        )
    return space


def example(space: SearchSpace[Any]) -> Any:
    """An architecture of a space, always the same."""
    return space.decode(space.sample(np.random.default_rng(0)))
