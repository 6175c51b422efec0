"""Trials of several budgets on one scale, and the surrogate that learns from them."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasnet.cells import Decision, TableSpace
from nasnet.controller import Proposal, make_controller
from nasnet.controller.models.curves import curve_scores
from nasnet.controller.models.predictions import normal_scores
from nasnet.search import Evaluation, Evaluator, InlineExecutor, LoopSettings, MemoryStore, Search
from nasnet.search.budgets import Asha
from nasnet.search.tasks import Stage

SPACE = TableSpace(Decision(str(i), tuple("abcd")) for i in range(3))


def test_with_one_budget_scores_are_those_of_the_ranks():
    values = np.array([0.3, 0.1, 0.2, 0.9])
    scores, noise = curve_scores([{5: value} for value in values])
    np.testing.assert_array_equal(scores, normal_scores(values))
    assert not noise.any()


def test_a_later_budget_keeps_mean_and_spread_of_those_that_reached_it():
    first = np.linspace(0, 1, 30)
    curves = [{1: value} for value in first]
    best = range(20, 30)
    for i in best:
        curves[i][3] = 1.0 - 0.01 * i  # there the order is the other way round
    scores, noise = curve_scores(curves)
    before = normal_scores(first)
    np.testing.assert_array_equal(scores[:20], before[:20])
    assert scores[20:].mean() == pytest.approx(before[20:].mean())
    assert (np.diff(scores[20:]) < 0).all()
    assert noise[:20] == pytest.approx(0.9)  # the first budget says nothing of the second
    assert (noise[20:] == 0).all()


@pytest.mark.parametrize(("reached", "noise"), [(20, 0.0), (5, 0.5)])
def test_noise_is_what_the_earlier_budget_leaves_unexplained(reached, noise):
    """The second budget ranks as the first does; of five trials that is not yet believed."""
    curves = [{1: i / 40} | ({9: i / 20} if i >= 40 - reached else {}) for i in range(40)]
    _, found = curve_scores(curves)
    assert found[0] == pytest.approx(noise, abs=0.07)
    assert found[-1] == 0


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans()), min_size=2, max_size=30)
)
def test_among_trials_of_one_budget_the_order_stays(found):
    curves = [{1: a} | ({3: b} if more else {}) for a, b, more in found]
    scores, noise = curve_scores(curves)
    assert np.isfinite(scores).all()
    assert ((noise >= 0) & (noise <= 0.9)).all()
    for longest in (1, 3):
        rows = [i for i, curve in enumerate(curves) if max(curve) == longest]
        values = np.array([curves[i][longest] for i in rows])
        order = np.argsort(values, kind="stable")
        assert (np.diff(scores[rows][order]) >= -1e-12).all()


class Told:
    """A controller that proposes all of a space in turn and writes down what it is told."""

    def __init__(self):
        self.heard = {}
        self._rows = iter(np.ndindex(*SPACE.counts))

    def propose(self, count):
        return [Proposal(tuple(next(self._rows))) for _ in range(count)]

    def observe_curves(self, proposals, rewards, curves):
        found = zip(rewards, curves, strict=True)
        self.heard |= {p.choices: pair for p, pair in zip(proposals, found, strict=True)}

    def state(self):
        return b""


class Staged(Evaluator[Stage]):
    task = Stage

    def __call__(self, task, /):
        if task.architecture.key.startswith("a,b,c"):
            raise RuntimeError("no")
        return Evaluation((len({*task.architecture.key}) - 1) / 10 + task.epochs / 100)


def test_a_search_with_budgets_tells_the_accuracy_behind_each_stage():
    controller, evaluator = Told(), Staged()
    rules = evaluator.rules(budgets=Asha((2, 6), 3))
    arguments = MemoryStore(), InlineExecutor(evaluator), LoopSettings(16, reuse=False)
    search = Search(SPACE, controller, *arguments, rules)
    search.run()
    states = set()
    for trial in search.trials:
        if trial.failed:
            assert controller.heard[trial.proposal.choices][1].keys() == {6}
            continue
        reward, curve = controller.heard[trial.proposal.choices]
        states.add(trial.state)
        epochs = (2, 6) if trial.state == "complete" else (2,)
        assert curve == dict(zip(epochs, trial.stages, strict=True))
        assert reward == curve[max(epochs)]
    assert states == {"complete", "stopped"}


def staged_surrogate(**changes):
    return make_controller("surrogate", SPACE, initial=2, batch=4, candidates=60, **changes)


def told(controller, count=12):
    for _ in range(count):
        (proposal,) = controller.propose(1)
        low = sum(proposal.choices) / 20
        curve = {1: low} | ({3: 2 * low} if low > 0.2 else {})
        controller.observe_curves([proposal], [max(curve.values())], [curve])


def test_a_surrogate_with_budgets_goes_on_where_it_stopped():
    one, other = staged_surrogate(), staged_surrogate()
    told(one)
    other.restore(one.state())
    assert other.propose(6) == one.propose(6)


def test_a_state_from_before_budgets_were_learned_from_is_taken_up():
    one, other = staged_surrogate(), staged_surrogate()
    for controller in (one,):
        proposals = controller.propose(5)
        controller.observe(proposals, [sum(p.choices) / 9 for p in proposals])
    with np.load(io.BytesIO(one.state()), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files if not name.startswith("curve")}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    other.restore(buffer.getvalue())
    assert other.propose(4) == one.propose(4)


def test_children_that_were_stopped_are_learned_from():
    """What is good can only be known from those: none of the others has the good option."""
    space = TableSpace(Decision(str(i), tuple("abcd")) for i in range(4))
    rng = np.random.default_rng(0)
    rows = [tuple(row) for row in rng.integers(0, 3, (20, 4)).tolist()]
    good = [(3, *row[1:]) for row in rows[:10]]
    curves = [{1: 0.2 + 0.001 * i} for i in range(20)] + [{1: 0.5 + 0.001 * i} for i in range(10)]
    surrogate = make_controller("surrogate", space, initial=2, batch=10, exploration=0.0)
    proposals = [Proposal(row) for row in dict.fromkeys([*rows, *good])]
    known = dict(zip([*rows, *good], curves, strict=True))
    found = [known[p.choices] for p in proposals]
    surrogate.observe_curves(proposals, [curve[1] for curve in found], found)
    assert sum(p.choices[0] == 3 for p in surrogate.propose(10)) >= 8
