"""Surrogate search: the Gaussian process, what it proposes, and what it reports."""

import itertools

import numpy as np
import pytest
from scipy.stats import kendalltau, multivariate_normal, spearmanr

from nasnet.cells import CellSpace, Decision, TableSpace
from nasnet.controller import Proposal, make_controller
from nasnet.controller.history import remembered
from nasnet.controller.models.gaussian_process import NOISES, SCALES, GaussianProcess

COUNTS = (3, 2, 4)
ALL = np.array(list(itertools.product(*map(range, COUNTS))))


SPACE = TableSpace(Decision(str(i), ("x",) * count) for i, count in enumerate(COUNTS))


def kernel(left, right, scale):
    return np.array([[np.exp(-scale * np.mean(a != b)) for b in right] for a in left])


def trials(seed, count=12):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(ALL)[:count]
    return rows, np.cos(rows @ [1.0, 2.0, 3.0]) + 0.1 * rng.standard_normal(count)


@pytest.mark.parametrize("seed", range(5))
def test_the_posterior_is_that_of_the_likeliest_process(seed):
    rows, scores = trials(seed)
    likelihoods = {}
    for scale, noise in itertools.product(SCALES, NOISES):
        shape = kernel(rows, rows, scale) + noise * np.eye(len(rows))
        variance = scores @ np.linalg.solve(shape, scores) / len(rows)
        density = multivariate_normal(cov=variance * shape).logpdf(scores)
        likelihoods[scale, noise] = density, shape, variance
    scale, noise = max(likelihoods, key=lambda key: likelihoods[key][0])
    _, shape, variance = likelihoods[scale, noise]
    cross = kernel(ALL, rows, scale)
    spread = 1 - np.einsum("cn,nc->c", cross, np.linalg.solve(shape, cross.T))
    mean, deviation = GaussianProcess(rows, scores, SPACE).predict(ALL)
    np.testing.assert_allclose(mean, cross @ np.linalg.solve(shape, scores), atol=1e-9)
    np.testing.assert_allclose(deviation, np.sqrt(variance * spread), atol=1e-6)


def test_what_was_tried_is_certain_and_what_is_like_it_less_uncertain():
    rows, scores = trials(0, 1)
    _, deviation = GaussianProcess(rows, scores, SPACE).predict(ALL)
    differing = (rows[0] != ALL).sum(axis=1)
    means = [deviation[differing == count].mean() for count in range(4)]
    assert means == sorted(means)
    assert means[0] < 0.25 * means[1]


def test_equal_scores_are_no_trap():
    rows, _ = trials(0)
    mean, deviation = GaussianProcess(rows, np.zeros(len(rows)), SPACE).predict(ALL)
    assert (mean == 0).all()
    assert np.isfinite(deviation).all()


def test_only_the_best_and_the_latest_are_remembered():
    kept: list[int] = []
    for value in (9, 1, 8, 2, 3, 4, 5, 6, 7):
        kept = remembered([*kept, value], 8, lambda trial: trial)
    assert kept == [9, 8, 6, 7]


def test_nothing_is_proposed_twice_while_there_is_something_new():
    controller = make_controller("surrogate", SPACE, initial=2, batch=3, candidates=400)
    seen = set()
    for _ in range(11):
        proposals = controller.propose(2)
        controller.observe(proposals, [float(sum(p.choices)) for p in proposals])
        seen |= {proposal.choices for proposal in proposals}
    assert len(seen) >= 20 + 1  # the first two are random
    for _ in range(3):
        assert len(controller.propose(5)) == 5  # the space is exhausted


def test_the_report_compares_predictions_with_rewards():
    space = CellSpace(blocks=1)
    controller = make_controller("surrogate", space, initial=10, batch=10, candidates=200)
    first = controller.propose(10)
    controller.observe(first, [reward(p) for p in first])
    assert controller.report == ()
    expected = []
    for observed in (20, 30, 40):
        batch = controller.propose(10)
        predicted = [value for _, value in controller._predictions.pending]
        rewards = [reward(p) for p in batch]
        controller.observe(batch, rewards)
        rho, tau = spearmanr(predicted, rewards).statistic, kendalltau(predicted, rewards).statistic
        expected.append((observed, pytest.approx(rho), pytest.approx(tau)))
    report = [(r.observed, r.spearman, r.kendall) for r in controller.report]
    assert report == expected
    again = make_controller("surrogate", space, initial=10, batch=10, candidates=200)
    again.restore(controller.state())
    assert again.report == controller.report


def reward(proposal):
    return sum(np.sin(i * choice) for i, choice in enumerate(proposal.choices, start=1))


def test_a_correlation_that_does_not_exist_is_nan():
    controller = make_controller("surrogate", CellSpace(1), initial=4, batch=4, candidates=50)
    for _ in range(3):
        proposals = controller.propose(4)
        controller.observe(proposals, [0.0] * 4)
    assert [np.isnan(report.spearman) for report in controller.report] == [True, True]


def test_trials_of_others_teach_it_too():
    controller = make_controller("surrogate", SPACE, initial=18, exploration=0.0, batch=1)
    rows = [row for row in ALL.tolist() if row[2] != 3]
    controller.observe([Proposal(tuple(row)) for row in rows], [float(row[0]) for row in rows])
    (proposal,) = controller.propose(1)
    assert proposal.choices[0] == 2


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("initial", 1, "a whole number from 2"),
        ("batch", 0, "a whole number from 1"),
        ("candidates", 1, "a whole number from 2"),
        ("parents", 0, "a whole number from 1"),
        ("exploration", -1.0, "0 or more"),
        ("window", 3, "a whole number from 4"),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, expected):
    with pytest.raises(ValueError, match=f"^{setting} is {value}, expected {expected}$"):
        make_controller("surrogate", SPACE, **{setting: value})


def test_where_hundreds_wait_one_prediction_gives_more_proposals(monkeypatch):
    space, sizes = CellSpace(2), []
    controller = make_controller("surrogate", space, initial=20, batch=4, candidates=100)
    first = controller.propose(20)
    controller.observe(first, [float(sum(p.choices)) for p in first])
    found = type(controller).chosen

    def chosen(self, rng):
        entries = found(self, rng)
        sizes.append(len(entries))
        return entries

    monkeypatch.setattr(type(controller), "chosen", chosen)
    controller.propose(200)
    assert sizes[:10] == [4] * 10  # until forty wait
    assert sizes == sorted(sizes)
    assert sizes[-1] == 18
