"""Q-learning: its schedule, and its table against updates made one by one."""

import dataclasses
import io

import numpy as np
import pytest

from nasnet.cells import Decision, TableSpace
from nasnet.controller import Proposal, controller_class, make_controller
from nasnet.controller.q_learning import QLearningSettings
from tests.strategies import ending_space

SPACE = TableSpace(
    (Decision("a", ("x",) * 2), Decision("b", ("x",) * 3), Decision("c", ("x",) * 2))
)


def arrays_of(controller):
    with np.load(io.BytesIO(controller.state()), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def test_defaults_are_the_papers():
    assert dataclasses.asdict(QLearningSettings()) == {
        "models": 2700,
        "replay": 100,
        "learning_rate": 0.01,
        "discount": 1.0,
        "trace": 0.0,
        "initial_value": 0.5,
    }


@pytest.mark.parametrize(
    ("models", "epsilon"),
    [
        *[(0, 1.0), (1499, 1.0), (1500, 0.9), (1599, 0.9), (1600, 0.8), (1800, 0.6), (1949, 0.6)],
        *[(1950, 0.5), (2549, 0.2), (2550, 0.1), (2700, 0.1), (99999, 0.1)],
    ],
)
def test_epsilon_falls_as_in_table_2_of_the_paper(models, epsilon):
    assert QLearningSettings().epsilon(models) == epsilon
    assert QLearningSettings(models=5400).epsilon(2 * models) == epsilon


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("models", 0, "a whole number from 1"),
        ("replay", 0, "a whole number from 1"),
        ("learning_rate", 1.5, "0 to 1"),
        ("discount", -0.1, "0 to 1"),
        ("trace", 2, "0 to 1"),
        ("initial_value", float("nan"), "a finite number"),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, expected):
    with pytest.raises(ValueError, match=f"^{setting} is {value}, expected {expected}$"):
        make_controller("q_learning", SPACE, **{setting: value})


@pytest.mark.parametrize("trace", [0.0, 0.25, 1.0])
def test_one_trajectory_is_learned_as_by_equation_3_of_the_paper(trace):
    settings = {"replay": 1, "learning_rate": 0.1, "discount": 0.9, "initial_value": 0.0}
    controller = make_controller("q_learning", SPACE, trace=trace, **settings)
    table = np.zeros((3, 3, 3))
    choices, reward = (1, 2, 0), 0.8
    states = [(0, 0), (1, 1), (2, 2)]  # decision, choice before
    for _ in range(5):
        controller.observe([Proposal(choices)], [reward])
        for (t, state), action in zip(states[::-1], choices[::-1], strict=True):
            target = reward
            if t < 2:
                following = 0.9 * table[t + 1, action].max()
                target = (1 - trace) * following + trace * reward
            table[t, state, action] += 0.1 * (target - table[t, state, action])
    values = arrays_of(controller)["values"]
    exists = np.isfinite(values)
    np.testing.assert_allclose(values[exists], table[exists], atol=1e-12)
    assert exists.sum() == 3 * (2 + 3 + 2)


def test_equal_updates_side_by_side_are_updates_one_after_the_other():
    controller = make_controller("q_learning", SPACE, replay=7, learning_rate=0.1)
    controller.observe([Proposal((0, 1, 1))], [0.9])
    last = arrays_of(controller)["values"][2, 1, 1]
    assert last == pytest.approx(0.9 - 0.4 * 0.9**7, abs=1e-12)


def test_without_exploration_the_best_trajectory_is_proposed():
    controller = make_controller("q_learning", SPACE, models=1, initial_value=0.0, replay=1)
    controller.observe([Proposal((1, 2, 0))] * 500, [1.0] * 500)
    proposed = [proposal.choices for proposal in controller.propose(1000)]
    best = proposed.count((1, 2, 0)) / 1000
    # Epsilon is 0.1 now: a decision is the best one with 0.9, or by chance.
    assert best == pytest.approx(0.95 * (0.9 + 0.1 / 3) * 0.95, abs=0.04)


def test_a_chain_is_learned_from_up_to_its_end():
    space = ending_space(4)
    controller = make_controller("q_learning", space, replay=1, learning_rate=0.5)
    controller.observe([Proposal((3, 0, 7, 7))], [1.0])
    values = arrays_of(controller)["values"]
    assert values[1, 3, 0] == 0.75  # the end earns the reward
    assert values[0, 0, 3] == 0.5 + 0.5 * (0.75 - 0.5)
    changed = np.argwhere(np.isfinite(values) & (values != 0.5))
    assert changed.tolist() == [[0, 0, 3], [1, 3, 0]]


def test_one_update_of_the_paper_by_hand():
    """From 0.5 with an accuracy of 0.9 to 0.504, and the choice before it to 0.50004."""
    controller = make_controller("q_learning", SPACE, replay=1)
    controller.observe([Proposal((0, 0, 0))], [0.9])
    values = arrays_of(controller)["values"]
    assert values[2, 0, 0] == pytest.approx(0.504, abs=1e-12)
    assert values[1, 0, 0] == pytest.approx(0.50004, abs=1e-12)


def test_epsilon_falls_by_different_models():
    """Table 2 of the paper: 1,500 at 1, then 100 each down to 0.7, then 150 each."""
    epsilon = controller_class("q_learning").Settings().epsilon
    models = [0, 1499, 1500, 1599, 1600, 1799, 1800, 1949, 1950, 2549, 2550, 9999]
    expected = [1.0, 1.0, 0.9, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.2, 0.1, 0.1]
    assert [epsilon(count) for count in models] == expected


def test_memory_is_of_different_architectures_with_their_last_reward():
    controller = make_controller("q_learning", SPACE, models=2)
    controller.observe([Proposal((0, 0, 0)), Proposal((0, 0, 1))], [0.1, 0.2])
    controller.observe([Proposal((0, 0, 0))], [0.3])
    arrays = arrays_of(controller)
    assert arrays["memory"].tolist() == [[0, 0, 0], [0, 0, 1]]
    assert arrays["rewards"].tolist() == [0.3, 0.2]
    controller.observe([Proposal((1, 0, 0))], [0.4])
    arrays = arrays_of(controller)
    assert arrays["memory"].tolist() == [[1, 0, 0], [0, 0, 1]]
    assert arrays["models"] == 3
