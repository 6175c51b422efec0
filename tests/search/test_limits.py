"""Limits: what is beyond them is not trained, and what is slow is worth less."""

import logging

import numpy as np
import pytest

from nasnet.cells import NASNET_A, CellSpace, network_cost
from nasnet.controller import make_controller
from nasnet.search import (
    CostCheck,
    InlineExecutor,
    LoopSettings,
    MemoryStore,
    Rules,
    Search,
    SearchLimits,
    Train,
    limits,
)
from nasnet.search.evaluators import TrainChild
from nasnet.search.limits import measured_latency
from nasnet.stacking.network import CellFrame, CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe
from tests.fakes import Share

SPACE = CellSpace(blocks=2)
STACK, SHAPE = Stack(repeats=1, filters=4), (16, 16, 3)


def test_a_network_beyond_a_limit_is_rejected_before_training(caplog):
    """The median cost as the limit: half of the networks are trained, all are counted."""
    caplog.set_level(logging.INFO, logger="nasnet.search")
    space_rng = np.random.default_rng(3)
    costs = [
        network_cost(CellNetwork(SPACE.decode(SPACE.sample(space_rng)), STACK, SHAPE, 10))[
            0
        ].mult_adds
        for _ in range(41)
    ]
    limit = int(np.median(costs))
    told = []
    controller = make_controller("random", SPACE)
    check_observed = controller.observe

    def observe(proposals, rewards):
        told.extend(rewards)
        check_observed(proposals, rewards)

    controller.observe = observe
    check = CostCheck(SearchLimits(mult_adds=limit), CellFrame(STACK, SHAPE, 10))
    executor, rules = InlineExecutor(Share()), Rules(failure_reward=-0.5, limit=check)
    search = Search(SPACE, controller, MemoryStore(), executor, LoopSettings(40), rules)
    search.run()
    states = [trial.state for trial in search.trials]
    assert {"complete", "rejected"} == set(states)
    for trial, reward in zip(search.trials, told, strict=True):
        cost, _ = network_cost(CellNetwork(SPACE.decode(trial.proposal.choices), STACK, SHAPE, 10))
        assert (cost.mult_adds > limit) == (trial.state == "rejected")
        assert reward == trial.reward
        if trial.state == "rejected":
            assert (trial.reward, trial.attempt, trial.failed) == (-0.5, 0, True)
            assert trial.error == f"mult_adds is {cost.mult_adds:,}, expected at most {limit:,}"
    assert search.failed == states.count("rejected")
    assert "failed (rejected): mult_adds is" in caplog.text


def test_the_check_is_exact():
    cost, _ = network_cost(CellNetwork(NASNET_A, STACK, SHAPE, 10))
    parameters = cost.trainable_parameters
    for limit, fits in ((parameters, True), (parameters - 1, False)):
        check = CostCheck(SearchLimits(parameters=limit), CellFrame(STACK, SHAPE, 10))
        assert (check(NASNET_A) is None) == fits
    assert CostCheck(SearchLimits(), CellFrame(STACK, SHAPE, 10))(NASNET_A) is None


def test_the_soft_reward_is_mnasnets():
    """Twice the latency costs 5 %: https://arxiv.org/abs/1807.11626, section 3.1."""
    soft = SearchLimits(latency_ms=10)
    assert soft.reward(0.8, 10) == 0.8
    assert soft.reward(0.8, 20) == pytest.approx(0.8 * 2**-0.07)
    assert pytest.approx(0.95, abs=0.003) == 2**-0.07
    assert soft.reward(0.8, 5) > 0.8
    assert SearchLimits().reward(0.8, 99) == soft.reward(0.8, None) == 0.8


def test_latency_is_the_median_of_calls_behind_a_warm_up(clock):
    hands, calls = clock(limits), []

    def call():
        calls.append(1)
        hands.sleep(0.2 if len(calls) <= 3 or len(calls) == 10 else 0.002)

    assert measured_latency(call) == pytest.approx(2)
    assert len(calls) == 23


def test_a_childs_latency_is_measured_and_weighs(tmp_path):
    rng = np.random.default_rng(0)
    for split, count in (("train", 32), ("val", 40)):
        np.save(tmp_path / f"x_{split}.npy", rng.integers(0, 256, (count, 16, 16, 3), np.uint8))
        np.save(tmp_path / f"y_{split}.npy", np.arange(count) % 4)
    slow = SearchLimits(latency_ms=1e-3, latency_weight=-0.5)
    frame = CellFrame(Stack(1, 2), (16, 16, 3), 4)
    child = TrainChild(tmp_path, frame, Recipe(batch_size=16), limits=slow)
    evaluation = child(Train(SPACE.decode(SPACE.sample(rng)), 0))
    latency, accuracy = (evaluation.metrics[name] for name in ("latency_ms", "val_accuracy"))
    assert latency > 0
    assert evaluation.reward == pytest.approx(accuracy * (latency / 1e-3) ** -0.5)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"parameters": 0}, "parameters is 0, expected above 0"),
        ({"latency_ms": float("nan")}, "latency_ms is nan, expected above 0"),
        ({"latency_weight": 0.07}, "latency_weight is 0.07, expected at most 0"),
    ],
)
def test_limits_that_are_none_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        SearchLimits(**options)
