"""Recurrent cells with gates, one step of each, over whichever arrays there are.

Both have an output and a state of H units each, and gates that are computed from the step's input
and from the cell's last output.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, TypeVar

X = TypeVar("X")


@dataclasses.dataclass(frozen=True, slots=True)
class Functions(Generic[X]):
    """What steps are made of, beside sums and products.

    Attributes:
        tanh: of each value.
        sigmoid: of each value.
        relu: of each value.
        split: [B, n * H] into n parts, [B, H] each.
    """

    tanh: Callable[[X], X]
    sigmoid: Callable[[X], X]
    relu: Callable[[X], X]
    split: Callable[[X, int], Sequence[X]]


@dataclasses.dataclass(frozen=True, slots=True)
class GatedCell:
    """A cell.

    Attributes:
        gates: the number of gates G.
        step: (functions, the input's part of all gates [B, G * H], the last output's part
            [B, G * H], the state [B, H]) -> (output [B, H], state [B, H]).
    """

    gates: int
    step: Callable[[Functions[Any], Any, Any, Any], tuple[Any, Any]]


def lstm(to: Functions[Any], entry: Any, echo: Any, state: Any) -> tuple[Any, Any]:
    """Long short-term memory; the gates are input, forget, candidate and output."""
    entrance, forget, candidate, gate = to.split(entry + echo, 4)
    state = to.sigmoid(forget) * state + to.sigmoid(entrance) * to.tanh(candidate)
    return to.sigmoid(gate) * to.tanh(state), state


def nascell(to: Functions[Any], entry: Any, echo: Any, state: Any) -> tuple[Any, Any]:
    """The cell found by NAS (https://arxiv.org/abs/1611.01578, figure 8 and appendix A).

    A tree of eight leaves, each a gate, with the functions of TensorFlow 1's `contrib.NASCell`.
    """
    entries, echoes = to.split(entry, 8), to.split(echo, 8)
    sums = [a + b for a, b in zip(entries, echoes, strict=True)]
    left = to.tanh(to.sigmoid(sums[0]) * to.relu(sums[1]))
    right = to.tanh(to.sigmoid(sums[2]) + to.relu(entries[3] * echoes[3]))
    gate = to.tanh(to.tanh(sums[4]) * to.sigmoid(sums[5]))
    gate = to.tanh(gate + to.sigmoid(to.tanh(sums[6]) + to.sigmoid(sums[7])))
    state = to.tanh(left + state) * right
    return to.tanh(state * gate), state


GATED_CELLS: Mapping[str, GatedCell] = MappingProxyType(
    {"lstm": GatedCell(4, lstm), "nascell": GatedCell(8, nascell)}
)
