"""Budgets: who goes on, what the controller hears, and that a kill changes nothing."""

import itertools

import numpy as np
import pytest

from nasnet.cells import CellSpace
from nasnet.controller import make_controller
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search import (
    BudgetSettings,
    InlineExecutor,
    LoopSettings,
    ProcessPool,
    Rules,
    Search,
    Stage,
    Train,
    TrainChild,
    TrialStore,
)
from nasnet.search.budgets import Asha, Halving, Median
from nasnet.search.evaluators.stages import TrainInStages, told_again
from nasnet.stacking.network import CellFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe
from tests.fakes import Ladder

SPACE = CellSpace(blocks=2)


class Listener:
    """Random proposals; remembers what it is told."""

    def __init__(self):
        self._inner = make_controller("random", SPACE)
        self.propose, self.state = self._inner.propose, self._inner.state
        self.restore = self._inner.restore
        self.told = []

    def observe(self, proposals, rewards):
        self.told += zip([p.choices for p in proposals], rewards, strict=True)


def run(path, settings, trials, *, epochs=9, stop_at=None, executor=None, fails=False, **loop):
    def on_change(search):
        if stop_at is not None and search.finished >= stop_at:
            search.stop()

    executor = executor or InlineExecutor(Ladder(fails=fails))
    controller = Listener()
    with TrialStore(path) as store:
        search = Search(
            SPACE,
            controller,
            store,
            executor,
            LoopSettings(trials, **loop),
            Rules(budgets=settings.make(epochs)),
            on_change=on_change,
        )
        search.run()
        executor.close()
        assert store.trials() == search.trials
        return search, controller


def test_each_stage_of_a_trial_has_its_span_of_time(tmp_path):
    search, _ = run(tmp_path / "s.db", BudgetSettings("asha"), 9)
    assert {len(trial.stages) for trial in search.trials} > {1}
    for trial in search.trials:
        assert len(trial.spans) == len(trial.stages)
        assert all(a[1] <= b[0] + 0.002 for a, b in itertools.pairwise(trial.spans))


def test_asha_goes_on_with_the_best_third_so_far():
    """By hand: of 1, 2, 3 ... accuracies seen, the best max(1, n // 3) go on."""
    asha = Asha((1, 3, 9), 3)
    values = [0.5, 0.4, 0.6, 0.55, 0.3, 0.58, 0.57, 0.7]
    decisions = [asha.record(i, 0, value)[i] for i, value in enumerate(values)]
    assert decisions == [True, False, True, False, False, True, False, True]
    assert asha.record(9, 1, 0.1) == {9: True}
    assert asha.record(10, 0, None) == {}


def test_equal_accuracies_go_on_together():
    asha = Asha((1, 3), 3)
    assert [asha.record(i, 0, 0.5)[i] for i in range(4)] == [True] * 4


@pytest.mark.parametrize("seed", range(5))
def test_the_median_rule_stops_what_is_below_the_median_of_those_before(seed):
    values = np.random.default_rng(seed).random(40)
    rule = Median(range(1, 4), warm_up=5)
    for i, value in enumerate(values):
        expected = i < 5 or value >= np.median(values[:i])
        assert rule.record(i, 0, float(value)) == {i: expected}


def test_halving_keeps_the_best_of_a_cohort_whatever_their_order():
    for order in itertools.permutations(range(4)):
        rule = Halving((1, 2, 4), 2)
        assert rule.period == 4
        decisions = {}
        for number in order:
            assert decisions == {}
            decisions = rule.record(number, 0, [0.1, 0.4, 0.2, 0.3][number])
        assert decisions == {0: False, 1: True, 2: False, 3: True}
        assert rule.record(3, 1, 0.5) == {}
        assert rule.record(1, 1, 0.4) == {1: False, 3: True}


def test_a_cohort_does_not_wait_for_those_that_failed():
    rule = Halving((1, 2, 4), 2)
    assert rule.record(0, 0, 0.1) == rule.record(1, 0, None) == rule.record(2, 0, 0.3) == {}
    assert rule.record(3, 0, None) == {0: False, 2: True}


def test_hyperband_has_the_brackets_of_the_paper():
    """https://arxiv.org/abs/1603.06560, table 1: R = 81, eta = 3."""
    rule = BudgetSettings("hyperband", eta=3).make(81)
    starts = {}
    for number in range(rule.period):
        stages = tuple(rule.stages(number))
        starts[stages] = starts.get(stages, 0) + 1
    assert starts == {
        (1, 3, 9, 27, 81): 81,
        (3, 9, 27, 81): 34,
        (9, 27, 81): 15,
        (27, 81): 8,
        (81,): 5,
    }
    assert rule.stages(rule.period) == rule.stages(0)


KINDS = {
    "asha": (BudgetSettings("asha", eta=3), 30),
    "median": (BudgetSettings("median", warm_up=3), 30),
    "halving": (BudgetSettings("halving", eta=3), 27),
    "hyperband": (BudgetSettings("hyperband", eta=3), 34),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_controller_hears_of_each_trial_once_what_it_reached(tmp_path, kind):
    settings, trials = KINDS[kind]
    period = getattr(settings.make(9), "period", 1)
    trials -= trials % period
    search, controller = run(tmp_path / "s.db", settings, trials, fails=True)
    assert len(search.trials) == trials
    told = dict(controller.told)
    assert len(controller.told) == trials
    for trial in search.trials:
        assert trial.observed
        assert told[trial.proposal.choices] == trial.reward
        if trial.state in ("complete", "stopped") and trial.reused_from is None:
            assert trial.reward == trial.stages[-1]
            last = len(search._budgets.stages(trial.number))
            assert (len(trial.stages) == last) == (trial.state == "complete")
    states = {trial.state for trial in search.trials}
    assert {"complete", "stopped"} <= states <= {"complete", "stopped", "error"}
    assert search.best.state == "complete"


@pytest.mark.parametrize("kind", KINDS)
def test_stopping_and_going_on_changes_nothing(tmp_path, kind):
    settings, trials = KINDS[kind]
    trials -= trials % getattr(settings.make(9), "period", 1)
    whole, _ = run(tmp_path / "whole.db", settings, trials, fails=True)
    for stop_at in (1, 2, 5, 9, 14, 20):
        run(tmp_path / "parts.db", settings, trials, stop_at=stop_at, fails=True)
    parts, _ = run(tmp_path / "parts.db", settings, trials, fails=True)

    def outcome(search):
        return [(t.proposal, t.state, t.reward, t.stages) for t in search.trials]

    assert outcome(parts) == outcome(whole)


def test_a_synchronous_halving_does_not_depend_on_the_workers(tmp_path):
    settings = BudgetSettings("halving", eta=2)
    outcomes = []
    for name, executor in (("a", InlineExecutor(Ladder())), ("b", ProcessPool(Ladder(), 3))):
        search, _ = run(
            tmp_path / name, settings, 8, epochs=4, executor=executor, synchronous=True, batch=3
        )
        outcomes.append([(t.proposal, t.state, t.reward) for t in search.trials])
    assert outcomes[0] == outcomes[1]


def small_child(folder):
    rng = np.random.default_rng(0)
    for split, count in (("train", 48), ("val", 40)):
        np.save(folder / f"x_{split}.npy", rng.integers(0, 256, (count, 16, 16, 3), np.uint8))
        np.save(folder / f"y_{split}.npy", np.arange(count) % 4)
    recipe = Recipe(epochs=3, batch_size=16, augmentation="flip")
    return TrainChild(folder, CellFrame(Stack(repeats=1, filters=2), (16, 16, 3), 4), recipe)


def test_a_child_in_stages_is_the_child_in_one_go(tmp_path):
    """What is found at the end is the same, and no file is left."""
    child = small_child(tmp_path)
    genotype = CellSpace(blocks=1).decode(CellSpace(blocks=1).sample(np.random.default_rng(1)))
    whole = child(Train(genotype, 5))
    staged = TrainInStages(child, tmp_path)
    found = [staged(Stage(genotype, 5, 7, epochs, last=epochs == 3)) for epochs in (1, 1, 3)]
    assert found[0] == found[1]  # a stage that was cut short is done again
    assert [epoch["number"] for epoch in found[2].metrics["epochs"]] == [1, 2, 3]
    assert found[2] == whole
    assert not list(tmp_path.glob("trial-*"))


def test_a_stage_whose_beginning_is_on_another_machine_says_so(tmp_path):
    """It is trained again, to the same result."""
    child = small_child(tmp_path)
    genotype = CellSpace(blocks=1).decode(CellSpace(blocks=1).sample(np.random.default_rng(1)))
    staged = TrainInStages(child, tmp_path)
    whole = staged(Stage(genotype, 5, 7, 3, last=True))
    again = staged(Stage(genotype, 5, 7, 3, last=True, behind=2))
    assert again.metrics == {**whole.metrics, "trained_again": 2}
    assert again.reward == whole.reward


class Elsewhere(Ladder):
    """What a stage has trained is gone when the next one begins."""

    def __call__(self, stage):
        return told_again(super().__call__(stage), stage.behind)


def test_a_search_says_what_was_trained_again(tmp_path, caplog):
    settings = BudgetSettings(kind="asha", min_epochs=1)
    run(tmp_path / "s.db", settings, 6, executor=InlineExecutor(Elsewhere()))
    assert "trial 0: 1 epochs were trained again: what they had left is elsewhere" in caplog.text


@pytest.mark.parametrize(
    ("options", "epochs", "text"),
    [
        ({"kind": "asha", "eta": 1}, 9, "eta is 1, expected at least 2"),
        ({"kind": "asha"}, 2, "epochs is 2, expected at least 3 for two stages of asha"),
        ({"kind": "median", "min_epochs": 4}, 4, "expected at least 5 for two stages of median"),
        ({"min_epochs": 0}, 9, "min_epochs is 0, expected at least 1"),
    ],
)
def test_budgets_that_are_none_are_refused(options, epochs, text):
    with pytest.raises(ValueError, match=text):
        BudgetSettings(**options).make(epochs)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"trials": 10, "kind": "halving"},
            "trials is 10 with budget.kind halving, expected a mult",
        ),
        ({"synchronous": True, "kind": "asha"}, "budget.kind is asha in a synchronous search"),
        ({"evaluator": "parameters", "kind": "asha"}, "evaluator is 'parameters' with budget.kind"),
    ],
)
def test_searches_that_cannot_have_budgets_are_refused(options, text):
    kind = options.pop("kind")
    with pytest.raises(ValueError, match=text):
        SearchSettings(recipe=Recipe(epochs=9), budget=BudgetSettings(kind), **options)
