"""TPE and NSGA-II: objectives, limits, generations, and Optuna left as it was."""

import io
import itertools
import logging

import numpy as np
import optuna
import pytest

from nasnet.cells import CellSpace, Decision, TableSpace
from nasnet.controller import Proposal, make_controller
from nasnet.controller.optuna.nsga2 import NSGA2
from nasnet.controller.optuna.tpe import TPE

SPACE = TableSpace(Decision(str(i), ("x",) * 4) for i in range(5))


def rate(proposal):
    """Two objectives at odds: the sum of the first choices, and minus that of the others."""
    return sum(proposal.choices), -sum(proposal.choices[:3])


def arrays_of(controller):
    with np.load(io.BytesIO(controller.state()), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def dominates(a, b):
    return all(x >= y for x, y in zip(a, b, strict=True)) and a != b


def fronts(values):
    """The indices of each front, the best first."""
    left, found = set(range(len(values))), []
    while left:
        front = {i for i in left if not any(dominates(values[j], values[i]) for j in left)}
        found.append(front)
        left -= front
    return found


def test_the_parents_are_the_best_fronts_of_parents_and_children():
    controller = make_controller("nsga2", SPACE, population=8, objectives=2)
    pool: list[Proposal] = []
    for generation in range(5):
        proposals = controller.propose(8)
        controller.observe_objectives(proposals, [rate(p) for p in proposals])
        pool += proposals
        kept = [tuple(row) for row in arrays_of(controller)["choices"].tolist()]
        assert len(kept) == 8
        if generation:
            sorted_fronts = fronts([rate(p) for p in pool])
            places = {
                rate(pool[i]): place for place, front in enumerate(sorted_fronts) for i in front
            }
            worst = max(places[rate(Proposal(choices))] for choices in kept)
            better = set().union(*sorted_fronts[:worst])
            assert {rate(pool[i]) for i in better} <= {rate(Proposal(c)) for c in kept}
        pool = [Proposal(choices) for choices in kept]


def test_nsga2_finds_the_front_of_two_objectives():
    controller = make_controller("nsga2", SPACE, population=20, objectives=2)
    seen = set()
    for _ in range(40):
        proposals = controller.propose(10)
        controller.observe_objectives(proposals, [rate(p) for p in proposals])
        seen |= {rate(p) for p in proposals}
    true = list({rate(Proposal(choices)) for choices in itertools.product(range(4), repeat=5)})
    front = {true[i] for i in fronts(true)[0]}
    assert len(front & seen) >= 0.8 * len(front)


@pytest.mark.parametrize("name", ["tpe", "nsga2"])
def test_limits_are_kept_where_the_best_rewards_exceed_them(name):
    settings = {"tpe": {"initial": 10}, "nsga2": {"population": 10}}[name]
    shares = []
    for limited in (False, True):
        controller = make_controller(name, SPACE, **settings)
        for _ in range(12):
            proposals = controller.propose(10)
            totals = [sum(proposal.choices) for proposal in proposals]
            excess = [float(max(0, total - 7)) for total in totals] if limited else None
            controller.observe_objectives(proposals, [(float(t),) for t in totals], excess)
        shares.append(np.mean([total <= 7 for total in totals]))
    assert shares[0] < 0.3
    assert shares[1] > shares[0] + 0.2


@pytest.mark.parametrize(("name", "kind"), [("tpe", TPE), ("nsga2", NSGA2)])
def test_one_objective_is_observed_either_way(name, kind):
    rewards, objectives = make_controller(name, SPACE), make_controller(name, SPACE)
    proposals = rewards.propose(12)
    assert objectives.propose(12) == proposals
    assert isinstance(rewards, kind)
    assert rewards.objectives == 1
    rewards.observe(proposals, [float(sum(p.choices)) for p in proposals])
    objectives.observe_objectives(proposals, [(sum(p.choices),) for p in proposals], [0.0] * 12)
    assert rewards.state() == objectives.state()


def test_bad_objectives_are_refused_and_leave_no_trace():
    controller = make_controller("nsga2", SPACE, objectives=2)
    (proposal,), before = controller.propose(1), controller.state()
    for values, violations, message in (
        ([(1.0,)], None, "^number of objectives is 1, expected 2$"),
        ([(1.0, float("inf"))], None, "^reward is inf, expected a finite number$"),
        ([(1.0, 1.0)], [], "^number of violations is 0, expected 1$"),
        ([(1.0, 1.0)], [-1.0], "^violation is -1.0, expected 0 or more$"),
        ([(1.0, 1.0)], [float("nan")], "^violation is nan, expected 0 or more$"),
    ):
        with pytest.raises(ValueError, match=message):
            controller.observe_objectives([proposal], values, violations)
    with pytest.raises(ValueError, match=r"^number of objectives is 1, expected 2$"):
        controller.observe([proposal], [1.0])
    assert controller.state() == before


def test_nsga2_with_limits_and_objectives_is_restored_in_mid_generation():
    def make():
        return make_controller("nsga2", SPACE, population=6, objectives=2)

    def step(controller, size):
        proposals = controller.propose(size)
        excess = [float(p.choices[0] == 3) for p in proposals]
        controller.observe_objectives(proposals, [rate(p) for p in proposals], excess)
        return proposals

    original, restored = make(), make()
    for size in (6, 6, 3):
        step(original, size)
    restored.restore(original.state())
    for size in (2, 6, 5, 4):
        assert step(restored, size) == step(original, size)
    assert restored.state() == original.state()


@pytest.mark.parametrize("name", ["tpe", "nsga2"])
def test_optuna_neither_logs_nor_warns_nor_changes_its_verbosity(name, recwarn, caplog):
    optuna.logging.enable_propagation()
    try:
        before = optuna.logging.get_verbosity()
        settings = {"tpe": {"initial": 3, "window": 9}, "nsga2": {"population": 3}}[name]
        controller = make_controller(name, CellSpace(blocks=1), **settings)
        with caplog.at_level(logging.INFO):
            for _ in range(5):
                proposals = controller.propose(3)
                controller.observe(proposals, [0.1, 0.0, 0.3])
        assert optuna.logging.get_verbosity() == before
    finally:
        optuna.logging.disable_propagation()
    assert caplog.records == []
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    ("name", "setting", "value", "expected"),
    [
        ("tpe", "initial", 0, "a whole number from 1"),
        ("tpe", "candidates", 0, "a whole number from 1"),
        ("tpe", "window", 22, "a whole number from 23"),
        ("nsga2", "objectives", 0, "a whole number from 1"),
        ("nsga2", "population", 1, "a whole number from 2"),
        ("nsga2", "crossover", 1.1, "0 to 1"),
        ("nsga2", "mutation", -0.1, "0 to 1"),
    ],
)
def test_settings_out_of_range_are_refused(name, setting, value, expected):
    with pytest.raises(ValueError, match=f"^{setting} is {value}, expected {expected}$"):
        make_controller(name, SPACE, **{setting: value})
