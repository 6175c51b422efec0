"""How far a reward is the architecture's, and how far it is luck. NumPy and SciPy."""

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True, slots=True)
class Reliability:
    """The variance of a reward, split into that of architectures and that of seeds.

    One-way analysis of variance; Shrout and Fleiss, "Intraclass correlations" (1979), ICC(1).

    Attributes:
        architectures: how many there are.
        seeds: measurements of each.
        mean: of all measurements.
        between: standard deviation between architectures, without the part that seeds add to it.
        within: standard deviation between the seeds of one architecture; NaN with one seed.
        icc: intraclass correlation, the share of a single measurement's variance that is the
            architecture's; NaN with one seed.
        icc_low: lower end of its 95 % interval.
        icc_high: upper end.
    """

    architectures: int
    seeds: int
    mean: float
    between: float
    within: float
    icc: float
    icc_low: float
    icc_high: float


def reliability(values: np.ndarray) -> Reliability:
    """Splits the variance of measurements.

    Args:
        values: of each architecture from each seed, [K, S].

    Raises:
        ValueError: there are fewer than two architectures.
    """
    from scipy import stats

    count, seeds = values.shape
    if count < 2:
        raise ValueError(f"values are of {count} architectures, expected at least 2")
    mean, means = float(values.mean()), values.mean(1)
    if seeds == 1:
        nan = math.nan
        return Reliability(count, 1, mean, float(means.std(ddof=1)), nan, nan, nan, nan)
    free = count * (seeds - 1)
    among = seeds * float(means.var(ddof=1))
    inside = float(values.var(1, ddof=1).mean())
    between = max(0.0, (among - inside) / seeds)
    total = between + inside
    if inside > 0:
        ratio = among / inside
        reach = stats.f.ppf(0.975, count - 1, free), stats.f.ppf(0.975, free, count - 1)
        low, high = ((f - 1) / (f + seeds - 1) for f in (ratio / reach[0], ratio * reach[1]))
    else:
        low = high = 1.0 if between else math.nan
    icc = between / total if total else math.nan
    return Reliability(
        count, seeds, mean, math.sqrt(between), math.sqrt(inside), icc, float(low), float(high)
    )


def repeated(icc: float, times: float) -> float:
    """The intraclass correlation of the mean of so many measurements (Spearman and Brown)."""
    return times * icc / (1 + (times - 1) * icc)


def tau_ceiling(icc: float, truth: float = 1.0) -> float:
    """The highest Kendall's tau that noise leaves a reward which is right on average.

    Of normal variables with correlation r, tau is 2 / pi * asin(r); r is at most the root of the
    product of the two reliabilities.

    Args:
        icc: intraclass correlation of the reward.
        truth: the same of what it is compared with.
    """
    return 2 / math.pi * math.asin(math.sqrt(max(0.0, icc) * max(0.0, truth)))


def lead_by_luck(count: int, best: float, second: float) -> float:
    """How far two equal networks' accuracies lie apart at most, with 95 %, by their images alone.

    The images of both are taken for independent, which makes it a little too large where both are
    judged by the same ones. That trainings from other seeds differ comes on top.

    Args:
        count: images that each accuracy is measured on.
        best: one accuracy.
        second: the other.
    """
    variance = sum(accuracy * (1 - accuracy) for accuracy in (best, second)) / count
    return 1.96 * math.sqrt(variance)
