"""One suite over all controllers: what they propose and what they accept."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import Decision, TableSpace
from nasnet.controller import Proposal, make_controller
from tests.controllers import (
    POLICIES,
    SMALL,
    SPACE,
    each_controller,
    make,
    run,
    space_of,
)


@each_controller
def test_proposals_are_in_the_space(name):
    proposals, space = make(name).propose(8), space_of(name)
    for proposal in proposals:
        assert space.encode(space.decode(proposal.choices)) == proposal.choices
        assert all(type(choice) is int for choice in proposal.choices)
        assert len(proposal.log_probs) == (50 if name in POLICIES else 0)
    assert len(set(proposals)) == 8


@each_controller
def test_any_space_with_decisions_will_do(name):
    controller = make(name, SMALL)
    proposals = controller.propose(200)
    controller.observe(proposals, [0.5] * 200)
    seen = [set(column) for column in zip(*(p.choices for p in proposals), strict=True)]
    assert seen == [{0, 1, 2}, {0}, {0, 1, 2, 3}]


@each_controller
def test_the_seed_decides(name):
    first, again, other = make(name), make(name), make(name, seed=1)
    proposals = run(first, 3, 5)
    assert run(again, 3, 5) == proposals
    assert first.state() == again.state()
    assert (run(other, 3, 5) != proposals) == (name != "grid")  # which has nothing random


@each_controller
def test_batches_of_any_size_are_the_same_draws(name):
    whole, parts = make(name), make(name)
    batch = whole.propose(6)
    split = parts.propose(1) + parts.propose(3) + parts.propose(0) + parts.propose(2)
    assert [p.choices for p in split] == [p.choices for p in batch]
    np.testing.assert_allclose(
        [p.log_probs for p in split], [p.log_probs for p in batch], atol=1e-5
    )


@each_controller
def test_global_seeds_neither_matter_nor_move(name):
    outcomes = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        tf.random.set_seed(seed)
        outcomes.append(run(make(name), 2, 4))
        moved = np.random.random(), float(tf.random.uniform([]))  # noqa: NPY002
        np.random.seed(seed)  # noqa: NPY002
        tf.random.set_seed(seed)
        assert moved == (np.random.random(), float(tf.random.uniform([])))  # noqa: NPY002
    assert outcomes[0] == outcomes[1]


@each_controller
def test_bad_trials_are_refused_and_leave_no_trace(name):
    controller = make(name)
    good, before = controller.propose(1)[0], controller.state()
    short, length = Proposal(good.choices[:3]), len(good.choices)
    outside = dataclasses.replace(good, choices=(2, *good.choices[1:]))
    for proposals, rewards, message in (
        ([good], [], "^number of rewards is 0, expected 1, one a proposal$"),
        ([good, good], [0.5, float("nan")], "^reward is nan, expected a finite number$"),
        ([good], [float("inf")], "^reward is inf, expected a finite number$"),
        ([good, short], [0.5, 0.5], f"^(3 choices|number of log_probs is 0), expected {length}"),
        ([outside], [0.5], "input_a is choice 2, expected 0 to 1$"),
        ([dataclasses.replace(good, log_probs=(-1.0,))], [0.5], "^number of log_probs is 1, exp"),
    ):
        with pytest.raises(ValueError, match=message):
            controller.observe(proposals, rewards)
    with pytest.raises(ValueError, match=r"^count is -1, expected 0 or more$"):
        controller.propose(-1)
    assert controller.state() == before


@each_controller
def test_bad_arguments_are_refused(name):
    with pytest.raises(ValueError, match=r"^seed is -1, expected a whole number from 0$"):
        make(name, seed=-1)
    with pytest.raises(ValueError, match=r"^number of decisions is 0, expected at least 1$"):
        make(name, TableSpace(()))
    with pytest.raises(ValueError, match=r"^number of options of a is 0, expected at least 1$"):
        make(name, TableSpace((Decision("a", ()),)))
    with pytest.raises(ValueError, match=rf"^setting of {name} is 'momentum', expected one of: "):
        make_controller(name, SPACE, momentum=0.9)


def test_controllers_are_known_by_name():
    with pytest.raises(
        ValueError, match=r"^controller is 'a3c', expected one of: random, grid, reinforce, ppo"
    ):
        make_controller("a3c", SPACE)
    with pytest.raises(ValueError, match=r"^setting of reinforce is 'clip', expected one of: "):
        make_controller("reinforce", SPACE, clip=0.1)


def test_importing_the_package_loads_none_of_the_heavy_libraries():
    code = (
        "import sys, cells, controller; controller.make_controller('random', cells.CellSpace());"
        "sys.exit(bool({'keras', 'optuna', 'scipy', 'tensorflow'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
