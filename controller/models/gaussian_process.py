"""A Gaussian process over choices: which score to expect of an architecture, and how surely.

Two architectures are as alike as their choices: k(x, y) = exp(-scale * h(x, y) / T), where h counts
the decisions of T in which they differ, and half of those that only one of the two makes. Scale
and noise are those of highest marginal likelihood on a small grid; the process's variance has a
closed form. Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1
and equation 5.8.
"""

import itertools
from typing import Any

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.spatial.distance import cdist

from nasnet.cells import SearchSpace

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
NOISES = (1e-3, 1e-2, 1e-1)  # variance of the noise as a share of the process's
_LEAST = 1e-12


class GaussianProcess:
    """The process of mean 0 that makes some scores most likely.

    Args:
        trials: canonical choices, int [N, T].
        scores: their scores, [N].
        space: what the choices are of.
        noise: what is added to the noise of each score, as shares of the process's variance, [N].

    Attributes:
        scales: the grid: in each row a factor of every distance.
    """

    scales: tuple[tuple[float, ...], ...] = tuple((scale,) for scale in SCALES)

    def __init__(
        self,
        trials: np.ndarray,
        scores: np.ndarray,
        space: SearchSpace[Any],
        noise: np.ndarray | float = 0.0,
    ) -> None:
        self._space = space
        self._encoded = self._encode(trials)
        distances = self._distances(self._encoded, self._encoded)
        kernels = [_kernel(scale, distances) for scale in self.scales]
        likeliest, more = -np.inf, noise * np.ones(len(trials))
        for (scale, kernel), least in itertools.product(
            zip(self.scales, kernels, strict=True), NOISES
        ):
            root = cholesky(kernel + np.diag(least + more), lower=True)
            whitened = solve_triangular(root, scores, lower=True)
            variance = max(float(whitened @ whitened) / len(trials), _LEAST)
            likelihood = -len(trials) / 2 * np.log(variance) - np.log(np.diag(root)).sum()
            if likelihood > likeliest:
                likeliest = likelihood
                self._scale, self._variance = scale, variance
                self._root, self._whitened = root, whitened

    def predict(self, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What to expect of `candidates`, int [C, T]: mean and standard deviation of each, [C]."""
        kernel = _kernel(self._scale, self._distances(self._encoded, self._encode(candidates)))
        halves = solve_triangular(self._root, kernel, lower=True)
        shares = np.maximum(1 - (halves**2).sum(axis=0), _LEAST)  # of the variance, that are left
        return halves.T @ self._whitened, np.sqrt(self._variance * shares)

    def _encode(self, choices: np.ndarray) -> np.ndarray:
        """One-hot rows, 0 for decisions that are not made, [N, sum of counts]."""
        counts = self._space.counts
        starts = np.cumsum([0, *counts[:-1]])
        rows = np.zeros((len(choices), sum(counts)))
        np.put_along_axis(rows, choices + starts, self._space.live(choices).astype(float), axis=1)
        return rows

    def _distances(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, ...]:
        """The share of decisions that differ between one-hot rows, [L, R]."""
        length = len(self._space.counts)
        made = (left.sum(axis=1)[:, None] + right.sum(axis=1)) / 2
        return (1 - (left @ right.T + (length - made)) / length,)


def _kernel(scale: tuple[float, ...], distances: tuple[np.ndarray, ...]) -> np.ndarray:
    """exp of minus the sum of all distances, each times its factor, [L, R]."""
    return np.exp(-sum(factor * each for factor, each in zip(scale, distances, strict=True)))


class SequenceProcess(GaussianProcess):
    """The same over sequences that end early, which carries over what it learns of one block.

    Two sequences are alike where they agree decision by decision, and where they are made of the
    same options wherever these stand: k(x, y) = exp(-a * p(x, y) - b * s(x, y)). Here p counts, as
    a share of all T decisions, those that differ, and half of those that only one of the two has
    come to; s is the total variation distance between the shares that each option, by its name, has
    of the decisions that count. Both are cityblock distances, so either factor is a product of
    Laplacian kernels, and positive definite. Decisions that are not made contribute nothing.

    Args:
        trials: canonical choices, int [N, T].
        scores: their scores, [N].
        space: what the choices are of.
        noise: as of the process.
    """

    scales = tuple(itertools.product((0.0, 1.0, 4.0, 16.0), (0.0, 1.0, 4.0)))[1:]

    def __init__(
        self,
        trials: np.ndarray,
        scores: np.ndarray,
        space: SearchSpace[Any],
        noise: np.ndarray | float = 0.0,
    ) -> None:
        labels = [label for decision in space.decisions for label in decision.options]
        self._named = (np.array(labels)[:, None] == np.unique(labels)).astype(float)
        super().__init__(trials, scores, space, noise)

    def _encode(self, choices: np.ndarray) -> np.ndarray:
        """One-hot rows, 0 for what does not count, and the share of each name in them."""
        chosen = super()._encode(choices)
        return np.hstack([chosen, chosen @ self._named / chosen.sum(axis=1, keepdims=True)])

    def _distances(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, ...]:
        """By position and by name, [L, R] each."""
        width = len(self._named)
        names = cdist(left[:, width:], right[:, width:], "cityblock") / 2
        return (*super()._distances(left[:, :width], right[:, :width]), names)
