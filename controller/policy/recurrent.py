"""Recurrent cells of the policy network: one step of each, as a pure function."""

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import tensorflow as tf

from nasnet.cells.recurrent.gates import GATED_CELLS, Functions

Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
_FUNCTIONS = Functions(tf.tanh, tf.sigmoid, tf.nn.relu, lambda x, n: tf.split(x, n, axis=1))


class RecurrentCell(NamedTuple):
    """A cell.

    Args:
        gates: the number of gates G.
        step: (the input's part of all gates [B, G * H], the last output's part [B, G * H],
            the state [B, H]) -> (output [B, H], state [B, H]).
    """

    gates: int
    step: Step


CELLS: Mapping[str, RecurrentCell] = MappingProxyType(
    {
        name: RecurrentCell(cell.gates, functools.partial(cell.step, _FUNCTIONS))
        for name, cell in GATED_CELLS.items()
    }
)
