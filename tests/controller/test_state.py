"""One suite over all controllers: their states, and what becomes of them in long searches."""

import sys

import numpy as np
import pytest

from nasnet.cells import TERMINATE, Decision, TableSpace
from nasnet.controller import CONTROLLERS, Proposal, make_controller
from tests.controllers import POLICIES, SMALL, each_controller, make


def calls_in(function):
    """How many functions are called in it: its work, whatever machine does it."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@each_controller
def test_thousands_of_trials_do_not_slow_a_controller_down(name):
    """Behind the first ones neither its state grows nor the work of another twenty."""
    decisions = [Decision(str(i), ("x",) * 5) for i in range(3)]
    space = TableSpace((*decisions, Decision("3", (TERMINATE, *("x",) * 4))))
    settings = {"ppo": {"epochs": 1}, "surrogate": {"window": 200}, "progressive": {"window": 200}}
    controller = make_controller(name, space, **settings.get(name, {}))
    rng = np.random.default_rng(0)
    unlikely = (-1.6,) * 4 if name in POLICIES else ()
    work, sizes = [], []

    def observe():
        rows = rng.integers(5, size=(20, 4)).tolist()
        batch = [Proposal(tuple(row), unlikely) for row in rows]
        controller.observe(batch, [sum(row) / 16 for row in rows])

    for _ in range(8):
        for _ in range(19):
            observe()
        work.append(calls_in(lambda: (observe(), controller.propose(5))))
        sizes.append(len(controller.state()))
    assert work[7] < 1.5 * max(work[2:4])  # behind 3,200 trials, and behind 1,200 or 1,600
    assert sizes[7] < 1.1 * sizes[3]


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: b"",
        lambda state: b"state",
        lambda state: state[:-7],
        lambda state: state[: len(state) // 2],
        lambda state: state.replace(b"nasnet-controller", b"nasnet-controlleR"),
        lambda state: b"\x93NUMPY" + state,
    ],
)
def test_damaged_bytes_are_refused(damage):
    controller = make("evolution")
    before = controller.state()
    with pytest.raises(ValueError, match=r"^state is damaged, expected .*$"):
        controller.restore(damage(before))
    assert controller.state() == before


def test_no_changed_byte_goes_unnoticed():
    controller = make("random")
    controller.propose(3)
    state = controller.state()
    for i in range(len(state)):
        changed = state[:i] + bytes([state[i] ^ 1]) + state[i + 1 :]
        restored = make("random")
        try:
            restored.restore(changed)
        except ValueError:
            continue
        assert restored.state() == state  # a field of the archive that nobody reads


@each_controller
def test_the_state_of_another_controller_is_refused(name):
    controller = make(name)
    for other in set(CONTROLLERS) - {name}:
        message = f"^controller of the state is '{other}', expected '{name}'$"
        with pytest.raises(ValueError, match=message):
            controller.restore(make(other).state())


@each_controller
def test_the_state_for_other_arguments_is_refused(name):
    state = make(name).state()
    with pytest.raises(ValueError, match=r"^seed of the state is 0, expected 3$"):
        make(name, seed=3).restore(state)
    with pytest.raises(ValueError, match=r"^options of the state is \[2, 2, .* expected \[3, 1, 4"):
        make(name, SMALL).restore(state)
    if name in POLICIES:
        with pytest.raises(ValueError, match=r"^minibatch of the state is 4, expected 5$"):
            make(name, minibatch=5).restore(state)
