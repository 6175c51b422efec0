"""What a comparison of controllers says: means, intervals, and tests against random search.

Runs are not paired but independent, each with random numbers of its own, so the test is that of
Mann and Whitney (U, two-sided), not Wilcoxon's for pairs. All tests of a comparison, of every
controller at every check point, are one family for Holm's correction.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

BASELINE = "random"
LEVEL = 0.95
Verdict = Literal["better", "worse", "unclear"]


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """Where a controller stands after so many evaluations.

    Attributes:
        controller: its name.
        evaluations: made by each run.
        runs: how many there are.
        mean: of the runs' values.
        low: lower end of the 95 % interval of the mean (Student's t); NaN with one run.
        high: upper end.
        median: of the runs' values.
        p_value: against random search; None for random search itself, and without it.
        p_corrected: the same after Holm's correction.
        verdict: against random search, at 5 % after the correction.
    """

    controller: str
    evaluations: int
    runs: int
    mean: float
    low: float
    high: float
    median: float
    p_value: float | None = None
    p_corrected: float | None = None
    verdict: Verdict | None = None


def standings(
    curves: Mapping[str, np.ndarray], checkpoints: Sequence[int], *, larger_is_better: bool
) -> list[Standing]:
    """Every controller at every check point.

    Args:
        curves: by controller, the value of each run behind each evaluation, [R, T].
        checkpoints: numbers of evaluations, from 1 to T.
        larger_is_better: True for accuracies, False for regrets.
    """
    rows = []
    for checkpoint in checkpoints:
        for name, values in curves.items():
            column = values[:, checkpoint - 1]
            mean, low, high = interval(column)
            rows.append(
                Standing(name, checkpoint, len(column), mean, low, high, float(np.median(column)))
            )
    if BASELINE not in curves:
        return rows
    tested = [i for i, row in enumerate(rows) if row.controller != BASELINE]
    tests = [
        _against(
            curves[rows[i].controller][:, rows[i].evaluations - 1],
            curves[BASELINE][:, rows[i].evaluations - 1],
        )
        for i in tested
    ]
    corrected = holm([p_value for p_value, _ in tests])
    for i, (p_value, share), p_corrected in zip(tested, tests, corrected, strict=True):
        verdict: Verdict = "unclear"
        if p_corrected < 1 - LEVEL:
            verdict = "better" if (share > 0.5) == larger_is_better else "worse"
        rows[i] = dataclasses.replace(
            rows[i], p_value=p_value, p_corrected=p_corrected, verdict=verdict
        )
    return rows


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean of [R] values and the ends of its 95 % interval by Student's t; NaN for one value."""
    mean, low, high = interval_of_curves(np.asarray(values, np.float64)[:, None])
    return float(mean[0]), float(low[0]), float(high[0])


def interval_of_curves(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for curves [R, T], each [T]."""
    from scipy import stats

    count, mean = len(values), values.mean(0)
    if count < 2:
        nothing = np.full_like(mean, math.nan)
        return mean, nothing, nothing
    reach = stats.t.ppf((1 + LEVEL) / 2, count - 1) * values.std(0, ddof=1) / math.sqrt(count)
    return mean, mean - reach, mean + reach


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of a family of tests, corrected so that one false find is unlikely (Holm, 1979).

    The k-th smallest of m, from 0, is multiplied by m - k; none may fall below the one before it.
    """
    corrected = [1.0] * len(p_values)
    floor = 0.0
    for k, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        floor = max(floor, min(1.0, (len(p_values) - k) * p_values[i]))
        corrected[i] = floor
    return corrected


def _against(values: np.ndarray, baseline: np.ndarray) -> tuple[float, float]:
    """p-value, and the share of pairs in which `values` is the larger, ties counted half."""
    from scipy import stats

    test = stats.mannwhitneyu(values, baseline, alternative="two-sided")
    return float(test.pvalue), float(test.statistic) / (len(values) * len(baseline))
