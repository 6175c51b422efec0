"""Trials that were stopped at different budgets, on one scale: for models that learn from all."""

from collections.abc import Mapping, Sequence

import numpy as np

from nasnet.controller.models.predictions import normal_scores

Curve = Mapping[int, float]  # epochs, and the accuracy behind them
_FEW = 8  # trials below which a correlation is not estimated
_UNKNOWN = 0.5  # the noise of a budget until then, as a share of the scores' variance
_MOST = 0.9


def curve_scores(curves: Sequence[Curve]) -> tuple[np.ndarray, np.ndarray]:
    """What each trial is worth at the largest budget, and how unsure that is.

    At every budget the trials that reached it are ranked, as normal scores. They are no fair sample
    of all, since only good ones go on; so their scores are given the mean and spread that the same
    trials had at the budget before. A trial's score is that of its largest budget. Its noise is
    what that budget leaves unexplained of the largest one's scores, among the trials that have
    both; half of the variance while these are few.

    Args:
        curves: of each trial the accuracy behind so many epochs, [N]; none of them empty.

    Returns:
        Scores [N], and the variance of the noise of each as a share of theirs, [N].
    """
    budgets = sorted({epochs for curve in curves for epochs in curve})
    scores, last = np.full(len(curves), np.nan), np.zeros(len(curves), int)
    at = np.full((len(budgets), len(curves)), np.nan)
    for i, epochs in enumerate(budgets):
        here = np.array([epochs in curve for curve in curves])
        ranked = normal_scores(np.array([c[epochs] for c in curves if epochs in c], float))
        before = scores[here][np.isfinite(scores[here])]
        middle = before.mean() if len(before) else 0.0
        spread = before.std() if len(before) > 1 else 1.0
        scores[here] = at[i, here] = middle + spread * ranked
        last[here] = i
    noise = np.array([_noise(row, at[-1]) for row in at])
    noise[-1] = 0.0
    return scores, noise[last]


def _noise(scores: np.ndarray, final: np.ndarray) -> float:
    """The share of the variance of [N] final scores that [N] earlier ones do not explain."""
    both = np.isfinite(scores) & np.isfinite(final)
    if both.sum() < _FEW or not scores[both].std() or not final[both].std():
        return _UNKNOWN
    correlation = max(0.0, float(np.corrcoef(scores[both], final[both])[0, 1]))
    return min(_MOST, 1 - correlation**2)
