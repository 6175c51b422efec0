"""How far rewards are luck: a published example, closed forms, and simulations."""

import math

import numpy as np
import pytest

from nasnet.search import rank_correlation as ranks
from nasnet.search import reliability as luck
from nasnet.search.rank_correlation import kendall_tau

# Six targets rated by four judges: Shrout and Fleiss (1979), table 2.
RATINGS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


def simulated(rng, cells, seeds, icc):
    """Normal measurements whose variance is 1, a share `icc` of it the cells'; and the cells'."""
    own = math.sqrt(icc) * rng.standard_normal((cells, 1))
    return own + math.sqrt(1 - icc) * rng.standard_normal((cells, seeds)), own[:, 0]


def test_the_example_of_shrout_and_fleiss():
    """ICC(1,1) and ICC(1,4) of their table 4; the interval is that of R's psych."""
    found = luck.reliability(RATINGS)
    assert found.icc == pytest.approx(0.1657, abs=1e-4)
    assert luck.repeated(found.icc, 4) == pytest.approx(0.4428, abs=1e-4)
    assert (found.icc_low, found.icc_high) == pytest.approx((-0.1329, 0.7226), abs=1e-3)
    assert (found.architectures, found.seeds) == (6, 4)
    assert found.mean == RATINGS.mean()


@pytest.mark.parametrize("icc", [0.2, 0.5, 0.85])
def test_variances_are_found_again(rng, icc):
    values, _ = simulated(rng, 4000, 3, icc)
    found = luck.reliability(values)
    assert found.icc == pytest.approx(icc, abs=0.03)
    assert found.between**2 == pytest.approx(icc, abs=0.05)
    assert found.within**2 == pytest.approx(1 - icc, abs=0.05)
    assert found.icc_low < icc < found.icc_high


def test_intervals_hold_what_they_say(rng):
    held = 0
    for _ in range(400):
        found = luck.reliability(simulated(rng, 24, 3, 0.5)[0])
        held += found.icc_low <= 0.5 <= found.icc_high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize(("icc", "seeds"), [(0.5, 1), (0.5, 3), (0.85, 1)])
def test_no_reward_ranks_better_than_the_ceiling(rng, icc, seeds):
    values, own = simulated(rng, 1500, seeds, icc)
    found = kendall_tau(values.mean(1), own)
    assert found == pytest.approx(luck.tau_ceiling(luck.repeated(icc, seeds)), abs=0.03)


def test_noise_of_the_truth_lowers_the_ceiling(rng):
    values, own = simulated(rng, 1500, 1, 0.6)
    truth = own / math.sqrt(0.6) * math.sqrt(0.8) + math.sqrt(0.2) * rng.standard_normal(1500)
    assert kendall_tau(values[:, 0], truth) == pytest.approx(luck.tau_ceiling(0.6, 0.8), abs=0.03)


def test_one_seed_says_nothing_of_luck():
    found = luck.reliability(RATINGS[:, :1])
    assert found.between == pytest.approx(RATINGS[:, 0].std(ddof=1))
    assert all(map(math.isnan, (found.within, found.icc, found.icc_low, found.icc_high)))


def test_measurements_without_noise_are_all_the_cells():
    found = luck.reliability(np.repeat(np.arange(5.0)[:, None], 3, 1))
    assert (found.icc, found.within) == (1.0, 0.0)


def test_one_architecture_is_refused():
    with pytest.raises(ValueError, match="values are of 1 architectures, expected at least 2"):
        luck.reliability(np.ones((1, 3)))


def test_tau_is_the_mean_over_seeds():
    truth = np.arange(6.0)
    values = np.stack([truth, -truth], 1)
    assert ranks.mean_tau(values, truth) == 0
    assert ranks.mean_tau(values[:, :1], truth) == 1
    assert ranks.tau_interval(values[:, :1], truth, draws=50) == (1, 1)


def test_a_lead_of_equal_cells_is_luck_in_95_of_100(rng):
    """Two cells of accuracy 0.3 on 500 images each."""
    accuracies = rng.binomial(500, 0.3, (20_000, 2)) / 500
    leads = np.abs(accuracies[:, 0] - accuracies[:, 1])
    assert np.mean(leads <= luck.lead_by_luck(500, 0.3, 0.3)) == pytest.approx(0.95, abs=0.01)
