"""How well one ranking predicts another. NumPy only."""

import numpy as np


def kendall_tau(x: np.ndarray, y: np.ndarray) -> float:
    """Kendall's tau-b, which is corrected for ties; NaN where either has no two values.

    Args:
        x: [N].
        y: [N].
    """
    upper = np.triu_indices(len(x), 1)
    a, b = (np.sign(np.subtract.outer(v, v))[upper] for v in (x, y))
    pairs = np.sqrt(np.count_nonzero(a) * np.count_nonzero(b))
    return float(np.sum(a * b) / pairs) if pairs else float("nan")


def mean_tau(x: np.ndarray, y: np.ndarray) -> float:
    """Kendall's tau of [N], or its mean over the columns of [N, S], with [N]."""
    return float(np.mean([kendall_tau(column, y) for column in x.reshape(len(x), -1).T]))


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's rho: the correlation of ranks, equal values having their mean rank.

    Args:
        x: [N].
        y: [N].
    """
    a, b = _ranks(x), _ranks(y)
    return float(np.corrcoef(a, b)[0, 1]) if a.std() and b.std() else float("nan")


def top_recall(predicted: np.ndarray, true: np.ndarray, count: int = 10) -> float:
    """Share of the `count` truly best that are among the `count` predicted best.

    Of equal values, those that come first count as better.

    Args:
        predicted: [N].
        true: [N].
        count: at most N.
    """
    best = [set(np.argsort(-v, kind="stable")[:count].tolist()) for v in (predicted, true)]
    return len(best[0] & best[1]) / count


def tau_interval(
    x: np.ndarray, y: np.ndarray, *, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % bootstrap interval (percentiles) of `mean_tau` over the N rows.

    Args:
        x: [N], or several measurements of each, [N, S].
        y: [N].
        draws: resamples.
        seed: of the resamples.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(x), size=(draws, len(x)))
    taus = [mean_tau(x[rows], y[rows]) for rows in chosen]
    low, high = np.nanpercentile(taus, [2.5, 97.5])
    return float(low), float(high)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, equal values having their mean, [N]."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[where]
