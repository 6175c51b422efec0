"""Recurrent cells of the policy network: one step of each, as a pure function.

Both have an output and a state of H units each, and gates that are computed from the step's input
and from the cell's last output.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import tensorflow as tf

Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


class RecurrentCell(NamedTuple):
    """A cell.

    Args:
        gates: the number of gates G.
        step: (the input's part of all gates [B, G * H], the last output's part [B, G * H],
            the state [B, H]) -> (output [B, H], state [B, H]).
    """

    gates: int
    step: Step


def lstm(entry: tf.Tensor, echo: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Long short-term memory; the gates are input, forget, candidate and output."""
    entrance, forget, candidate, gate = tf.split(entry + echo, 4, axis=1)
    state = tf.sigmoid(forget) * state + tf.sigmoid(entrance) * tf.tanh(candidate)
    return tf.sigmoid(gate) * tf.tanh(state), state


def nascell(entry: tf.Tensor, echo: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The cell found by NAS (https://arxiv.org/abs/1611.01578, figure 8 and appendix A).

    A tree of eight leaves, each a gate, with the functions of TensorFlow 1's `contrib.NASCell`.
    """
    entries, echoes = tf.split(entry, 8, axis=1), tf.split(echo, 8, axis=1)
    sums = [a + b for a, b in zip(entries, echoes, strict=True)]
    left = tf.tanh(tf.sigmoid(sums[0]) * tf.nn.relu(sums[1]))
    right = tf.tanh(tf.sigmoid(sums[2]) + tf.nn.relu(entries[3] * echoes[3]))
    gate = tf.tanh(tf.tanh(sums[4]) * tf.sigmoid(sums[5]))
    gate = tf.tanh(gate + tf.sigmoid(tf.tanh(sums[6]) + tf.sigmoid(sums[7])))
    state = tf.tanh(left + state) * right
    return tf.tanh(state * gate), state


CELLS: Mapping[str, RecurrentCell] = MappingProxyType(
    {"lstm": RecurrentCell(4, lstm), "nascell": RecurrentCell(8, nascell)}
)
