"""A Gaussian process over sequences that end early, which carries over what it learns of one block.

Two sequences are alike where they agree decision by decision, and where they are made of the same
options wherever these stand: k(x, y) = exp(-a * p(x, y) - b * s(x, y)). Here p counts, as a share
of all T decisions, those that differ, and half of those that only one of the two has come to; s is
the total variation distance between the shares that each option, by its name, has of the decisions
that count. Both are cityblock distances, so either factor is a product of Laplacian kernels, and
positive definite. Decisions after `TERMINATE` contribute nothing.
"""

import itertools

import numpy as np
from scipy.spatial.distance import cdist

from nasnet.cells import Decision
from nasnet.cells.spaces.cell import TERMINATE
from nasnet.controller.models.gaussian_process import GaussianProcess


class SequenceProcess(GaussianProcess):
    """The process of mean 0 that makes some scores of sequences most likely.

    Args:
        trials: choices, int [N, T].
        scores: their scores, [N].
        decisions: those of the space, [T].
    """

    scales = tuple(itertools.product((0.0, 1.0, 4.0, 16.0), (0.0, 1.0, 4.0)))[1:]

    def __init__(
        self, trials: np.ndarray, scores: np.ndarray, decisions: tuple[Decision, ...]
    ) -> None:
        labels = [label for decision in decisions for label in decision.options]
        names = np.unique(labels)
        self._named = (np.array(labels)[:, None] == names).astype(float)
        self._ending = np.array(labels) == TERMINATE
        super().__init__(trials, scores, [len(decision.options) for decision in decisions])

    def _encode(self, choices: np.ndarray) -> np.ndarray:
        """One-hot rows, 0 for what does not count, and the share of each name in them."""
        chosen = super()._encode(choices)
        starts = np.cumsum([0, *self._counts[:-1]])
        ends = np.add.reduceat(chosen * self._ending, starts, axis=1)  # [N, T]
        used = np.cumsum(ends, axis=1) - ends == 0
        chosen *= np.repeat(used, self._counts, axis=1)
        return np.hstack([chosen, chosen @ self._named / used.sum(axis=1, keepdims=True)])

    def _distances(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, ...]:
        """By position and by name, [L, R] each."""
        width = len(self._named)
        a, b = left[:, :width], right[:, :width]
        both = a.sum(axis=1)[:, None] + b.sum(axis=1)
        positions = (both / 2 - a @ b.T) / len(self._counts)
        return positions, cdist(left[:, width:], right[:, width:], "cityblock") / 2
