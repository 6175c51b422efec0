"""Several objectives: what NSGA-II is told, and that it finds a front."""

import re

import pytest

from nasnet.cells import NASNET_A, CellSpace, network_cost
from nasnet.controller import make_controller
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search import (
    CostCheck,
    InlineExecutor,
    LoopSettings,
    MemoryStore,
    Search,
    SearchLimits,
    pareto_front,
)
from nasnet.search.objectives import CostJudge, WithCosts
from nasnet.stacking.network import CellFrame, CellNetwork
from nasnet.stacking.plan import Stack
from tests.fakes import Share

SPACE = CellSpace(blocks=2)
STACK, SHAPE = Stack(repeats=1, filters=4), (16, 16, 3)
NONE = SearchLimits()


def judge(limits=NONE, objectives=("parameters",)):
    return CostJudge(objectives, CostCheck(limits, CellFrame(STACK, SHAPE, 10)))


def search(name, trials, limits=NONE, seed=0):
    """Trials of a search whose reward is the share of separable convolutions."""
    if name == "nsga2":
        inner = make_controller(name, SPACE, seed=seed, objectives=2, population=20)
        controller = WithCosts(inner, SPACE, judge(limits), costs=1)
    else:
        controller = make_controller(name, SPACE, seed=seed)
    store, loop = MemoryStore(), LoopSettings(trials, reuse=False)
    Search(SPACE, controller, store, InlineExecutor(Share()), loop).run()
    return store.trials()


def hypervolume(trials):
    """The area between the front and (most parameters = 1, reward 0); larger is better."""
    largest = 12_000
    points = [(judge()(SPACE.decode(t.proposal.choices))[0][0], t.reward) for t in trials]
    costs, values = [min(1, -c / largest) for c, _ in points], [value for _, value in points]
    area, height = 0.0, 0.0
    for i in pareto_front(costs, values):
        area += (1 - costs[i]) * (values[i] - height)
        height = values[i]
    return area


def test_costs_are_those_of_the_network():
    cost, _ = network_cost(CellNetwork(NASNET_A, STACK, SHAPE, 10))
    values, excess = judge(objectives=("mult_adds", "parameters"))(NASNET_A)
    assert values == [-cost.mult_adds, -cost.trainable_parameters]
    assert excess == 0


def test_excess_is_the_sum_of_shares():
    cost, _ = network_cost(CellNetwork(NASNET_A, STACK, SHAPE, 10))
    limits = SearchLimits(parameters=cost.trainable_parameters // 2, mult_adds=2 * cost.mult_adds)
    _, excess = judge(limits)(NASNET_A)
    assert excess == pytest.approx(cost.trainable_parameters / limits.parameters - 1)
    limits = SearchLimits(parameters=limits.parameters, mult_adds=cost.mult_adds // 4)
    assert judge(limits)(NASNET_A)[1] == pytest.approx(excess + 3, rel=1e-3)


def test_nsga2_finds_a_better_front_than_random_search():
    ours = [hypervolume(search("nsga2", 240, seed=seed)) for seed in range(2)]
    control = [hypervolume(search("random", 240, seed=seed)) for seed in range(2)]
    assert min(ours) > max(control)


def test_limits_are_learned():
    """Of the last 100 children most keep a limit that a quarter of the first 100 keep."""
    spent = sorted(-judge()(SPACE.decode(t.proposal.choices))[0][0] for t in search("random", 100))
    limits = SearchLimits(parameters=int(spent[25]))
    kept = [
        judge(limits)(SPACE.decode(t.proposal.choices))[1] == 0
        for t in search("nsga2", 300, limits)
    ]
    assert sum(kept[-100:]) > 80


def test_a_controller_of_other_objectives_is_refused():
    inner = make_controller("nsga2", SPACE, objectives=3)
    with pytest.raises(ValueError, match="controller weighs 3 objectives, expected 2"):
        WithCosts(inner, SPACE, judge(), costs=1)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"objectives": ()}, "objectives is '', expected accuracy, then parameters, mult_adds or"),
        ({"objectives": ("parameters",)}, "objectives is 'parameters', expected accuracy, then"),
        ({"objectives": ("accuracy", "accuracy")}, "objectives is 'accuracy accuracy', expected"),
        (
            {"objectives": ("accuracy", "parameters"), "controller": "ppo"},
            "controller is 'ppo' with objectives accuracy parameters, expected one",
        ),
    ],
)
def test_settings_that_make_no_sense(settings, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        SearchSettings(**{"controller": "nsga2", **settings})


def test_settings_tell_the_controller():
    settings = SearchSettings(
        controller="nsga2,population=12",
        objectives=("accuracy", "parameters", "mult_adds"),
    )
    assert settings.chosen.settings == {"population": 12, "objectives": 3}
