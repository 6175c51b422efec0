"""A Gaussian process over sequences that end early, which carries over what it learns of one block.

Two sequences are alike where they agree decision by decision, and where they are made of the same
options wherever these stand: k(x, y) = exp(-a * p(x, y) - b * s(x, y)). Here p counts, as a share
of all T decisions, those that differ, and half of those that only one of the two has come to; s is
the total variation distance between the shares that each option, by its name, has of the decisions
that count. Both are cityblock distances, so either factor is a product of Laplacian kernels, and
positive definite. Decisions that are not made contribute nothing.
"""

import itertools
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from nasnet.cells import SearchSpace
from nasnet.controller.models.gaussian_process import GaussianProcess


class SequenceProcess(GaussianProcess):
    """The process of mean 0 that makes some scores of sequences most likely.

    Args:
        trials: canonical choices, int [N, T].
        scores: their scores, [N].
        space: what the choices are of.
    """

    scales = tuple(itertools.product((0.0, 1.0, 4.0, 16.0), (0.0, 1.0, 4.0)))[1:]

    def __init__(self, trials: np.ndarray, scores: np.ndarray, space: SearchSpace[Any]) -> None:
        labels = [label for decision in space.decisions for label in decision.options]
        self._named = (np.array(labels)[:, None] == np.unique(labels)).astype(float)
        super().__init__(trials, scores, space)

    def _encode(self, choices: np.ndarray) -> np.ndarray:
        """One-hot rows, 0 for what does not count, and the share of each name in them."""
        chosen = super()._encode(choices)
        return np.hstack([chosen, chosen @ self._named / chosen.sum(axis=1, keepdims=True)])

    def _distances(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, ...]:
        """By position and by name, [L, R] each."""
        width = len(self._named)
        names = cdist(left[:, width:], right[:, width:], "cityblock") / 2
        return (*super()._distances(left[:, :width], right[:, :width]), names)
