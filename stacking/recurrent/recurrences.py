"""Recurrences: one step of a language model's hidden state, over named weights.

Graphs are ENAS' (Pham et al., https://arxiv.org/abs/1802.03268, section 2.1; output as in its
authors' later code, or as in the paper), trees those of NAS (Zoph and Le,
https://arxiv.org/abs/1611.01578, section 3.4).
"""

import dataclasses
from collections.abc import Callable, Hashable, Mapping
from typing import Literal, Protocol

import numpy as np
import tensorflow as tf

from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.gates import GATED_CELLS, Functions
from nasnet.cells.recurrent.tree import Tree
from nasnet.cells.spaces.recurrent import RecurrentSpace
from nasnet.cells.spaces.tree import TreeSpace

_FUNCTIONS = Functions(tf.tanh, tf.sigmoid, tf.nn.relu, lambda x, n: tf.split(x, n, axis=1))
Step = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
# f(v) = a v + b relu(v) + c sigmoid(d v) + e, in the order of `ACTIVATIONS`; tanh is
# 2 sigmoid(2 v) - 1. So one graph computes whichever is chosen.
_COEFFICIENTS = np.array(
    ((0, 0, 2, 2, -1), (0, 1, 0, 0, 0), (1, 0, 0, 0, 0), (0, 0, 1, 1, 0)), np.float32
)


class Recurrence(Hashable, Protocol):
    """How a hidden state moves on.

    Attributes:
        units: of the output H, and of the input.
        states: width of the state S; its first H are the output.
        shapes: of the weights, by name.
    """

    @property
    def units(self) -> int: ...

    @property
    def states(self) -> int: ...

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    def ready(self, weights: Mapping[str, tf.Tensor], arc: tf.Tensor) -> Step:
        """The step for given weights: (input [B, H], state [B, S]) to state [B, S].

        Args:
            weights: of `shapes`.
            arc: which cell, the choices of a `RecurrentSpace`, int32 [2 N - 1]; for recurrences of
                one cell it is not read.
        """


@dataclasses.dataclass(frozen=True)
class Graph:
    """All cells of so many nodes.

    Args:
        nodes: N.
        units: H.
        shared: whether there is a matrix for each pair of nodes, which all cells share; else one
            for each node, of the one cell that is trained.
        output: the mean of all nodes but the first, as in ENAS' later code, where every matrix is
            trained by every step; or of the loose ends, as in the paper.
    """

    nodes: int
    units: int
    shared: bool = False
    output: Literal["all", "loose"] = "all"

    @property
    def states(self) -> int:
        return self.units

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        h = self.units
        first = {"input": (h, 2 * h), "hidden": (h, 2 * h)}
        counts = {f"node_{i}": i if self.shared else 1 for i in range(1, self.nodes)}
        return first | {name: (count, h, 2 * h) for name, count in counts.items()}

    def ready(self, weights: Mapping[str, tf.Tensor], arc: tf.Tensor) -> Step:
        reads, coefficients = arc[1::2], tf.gather(_COEFFICIENTS, arc[::2])
        chosen = [tf.one_hot(reads[i - 1], i) for i in range(1, self.nodes)]
        picked = reads if self.shared else tf.zeros_like(reads)
        matrices = [weights[f"node_{i}"][picked[i - 1]] for i in range(1, self.nodes)]
        ends = self._ends(reads)

        def step(x: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
            sums = x @ weights["input"] + state @ weights["hidden"]
            outputs = [_highway(sums, state, coefficients[0])]
            for i, matrix in enumerate(matrices, start=1):
                read = _mixed(chosen[i - 1], outputs)
                outputs.append(_highway(read @ matrix, read, coefficients[i]))
            return _mixed(ends, outputs)

        return step

    def _ends(self, reads: tf.Tensor) -> tf.Tensor:
        """The weight of each node in the output, [N]."""
        if self.output == "all":
            last = max(self.nodes - 1, 1)
            return tf.constant([1 / last * (i >= self.nodes - last) for i in range(self.nodes)])
        loose = 1 - tf.minimum(tf.math.bincount(reads, minlength=self.nodes, dtype=tf.float32), 1)
        return loose / tf.reduce_sum(loose)

    def arc(self, cell: Recurrent) -> np.ndarray:
        """The choices of a cell, int32 [2 N - 1].

        Raises:
            ValueError: it has another number of nodes.
        """
        return np.array(RecurrentSpace(self.nodes).encode(cell), np.int32)


def _highway(sums: tf.Tensor, state: tf.Tensor, coefficients: tf.Tensor) -> tf.Tensor:
    """state + t (f(candidate) - state), of the candidate's sums and the gate's, [B, 2 H]."""
    candidate, gate = tf.split(sums, 2, axis=1)
    return state + tf.sigmoid(gate) * (_activated(candidate, coefficients) - state)


def _activated(x: tf.Tensor, coefficients: tf.Tensor) -> tf.Tensor:
    """The activation that has these coefficients, [5], of each value."""
    a, b, c, d, e = tf.unstack(coefficients)
    return a * x + b * tf.nn.relu(x) + c * tf.sigmoid(d * x) + e


def _mixed(shares: tf.Tensor, states: list[tf.Tensor]) -> tf.Tensor:
    """A weighted sum of states [B, H]; the weights of one that is chosen are 0 and 1."""
    return tf.tensordot(shares, tf.stack(states), 1) if len(states) > 1 else states[0]


@dataclasses.dataclass(frozen=True)
class Trees:
    """All trees of so many leaves; their weights are the leaves', so all of them share these.

    Args:
        leaves: b.
        units: H.
    """

    leaves: int
    units: int

    @property
    def states(self) -> int:
        return 2 * self.units

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        wide = self.leaves * self.units
        return {"input": (self.units, wide), "hidden": (self.units, wide)}

    def ready(self, weights: Mapping[str, tf.Tensor], arc: tf.Tensor) -> Step:
        count = 2 * self.leaves - 1
        products = tf.unstack(tf.cast(arc[: 2 * count + 2 : 2], tf.float32), num=count + 1)
        coefficients = tf.gather(_COEFFICIENTS, arc[1 : 2 * count + 2 : 2])
        gives, takes = tf.one_hot(arc[-2], count), tf.unstack(tf.one_hot(arc[-1], count))

        def made(node: int, one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
            both = one + other
            return both + products[node] * (one * other - both)

        def step(x: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
            output, memory = tf.split(state, 2, axis=1)
            entries = tf.split(x @ weights["input"], self.leaves, axis=1)
            echoes = tf.split(output @ weights["hidden"], self.leaves, axis=1)
            pairs, before, values = list(zip(entries, echoes, strict=True)), [], list[tf.Tensor]()
            for node in range(count):
                k = node - self.leaves
                sums = made(node, *(pairs[node] if k < 0 else values[2 * k : 2 * k + 2]))
                value = _activated(sums, coefficients[node])
                injected = _activated(made(count, value, memory), coefficients[count])
                before.append(sums)
                values.append(value + takes[node] * (injected - value))
            return tf.concat([values[-1], _mixed(gives, before)], axis=1)

        return step

    def arc(self, cell: Tree) -> np.ndarray:
        """The choices of a cell, int32 [4 b + 2].

        Raises:
            ValueError: it has another number of leaves.
        """
        return np.array(TreeSpace(self.leaves).encode(cell), np.int32)


@dataclasses.dataclass(frozen=True)
class Gated:
    """A known cell with gates: long short-term memory, or the cell that NAS found.

    Args:
        cell: "lstm" or "nascell" (Zoph and Le, https://arxiv.org/abs/1611.01578, appendix A).
        units: H.
    """

    cell: str
    units: int

    @property
    def states(self) -> int:
        return 2 * self.units

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        gates = GATED_CELLS[self.cell].gates * self.units
        return {"input": (self.units, gates), "hidden": (self.units, gates)}

    def ready(self, weights: Mapping[str, tf.Tensor], arc: tf.Tensor) -> Step:
        advance = GATED_CELLS[self.cell].step

        def step(x: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
            output, memory = tf.split(state, 2, axis=1)
            entry, echo = x @ weights["input"], output @ weights["hidden"]
            return tf.concat(advance(_FUNCTIONS, entry, echo, memory), axis=1)

        return step
