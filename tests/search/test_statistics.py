"""The statistics of comparisons are those of textbooks and closed forms."""

import math

import numpy as np
import pytest

from nasnet.search.statistics import holm, interval, standings


def test_holm_is_that_of_the_textbook():
    """Holm (1979): of 0.01, 0.04, 0.03, 0.005 the corrected are 0.03, 0.06, 0.06, 0.02."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_the_interval_is_students():
    """Of 1 to 5: standard error sqrt(0.5), and 2.776 is the 97.5 % point of t with 4."""
    mean, low, high = interval(np.array([1.0, 2, 3, 4, 5]))
    assert mean == 3
    assert (high - mean, mean - low) == pytest.approx((2.7764451 * math.sqrt(0.5),) * 2)
    assert all(math.isnan(end) for end in interval(np.array([1.0]))[1:])


@pytest.mark.parametrize(("larger", "verdict"), [(True, "better"), (False, "worse")])
def test_verdicts_follow_the_test_and_the_direction(larger, verdict):
    """Eight against eight with no overlap: p = 2 / C(16, 8) exactly."""
    low, high = np.linspace(0, 1, 8)[:, None], np.linspace(2, 3, 8)[:, None]
    curves = {"random": low, "best": high, "same": low + 0.01}
    rows = {row.controller: row for row in standings(curves, [1], larger_is_better=larger)}
    assert rows["best"].p_value == pytest.approx(2 / math.comb(16, 8))
    assert rows["best"].p_corrected == pytest.approx(4 / math.comb(16, 8))
    assert (rows["best"].verdict, rows["same"].verdict) == (verdict, "unclear")
    assert rows["random"].verdict is None
