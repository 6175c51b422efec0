"""Local search against the landscape it climbs."""

import itertools

import numpy as np
import pytest

from nasnet.cells import Decision, TableSpace
from nasnet.controller import Proposal, make_controller
from tests.strategies import ending_space

SPACE = TableSpace(tuple(Decision(str(i), ("x",) * 3) for i in range(4)))
ALL = list(itertools.product(range(3), repeat=4))


def neighbours(centre):
    return {other for other in ALL if sum(a != b for a, b in zip(centre, other, strict=True)) == 1}


def landscape(seed):
    return dict(zip(ALL, np.random.default_rng(seed).permutation(len(ALL)) / 81, strict=True))


def walk(controller, rewards, count):
    """The choices of `count` proposals, each observed before the next."""
    seen = []
    for _ in range(count):
        (proposal,) = controller.propose(1)
        controller.observe([proposal], [rewards[proposal.choices]])
        seen.append(proposal.choices)
    return seen


def climb(rewards, start):
    """The set of what hill climbing evaluates from `start`, and where it ends."""
    centre, seen = start, {start}
    while True:
        around = neighbours(centre)
        seen |= around
        best = max(around, key=rewards.__getitem__)
        if rewards[best] <= rewards[centre]:
            return seen, centre
        centre = best


@pytest.mark.parametrize("seed", range(10))
def test_each_climb_is_that_of_hill_climbing(seed):
    rewards = landscape(seed)
    proposed = walk(make_controller("local_search", SPACE, seed=seed), rewards, 120)
    while proposed:
        expected, top = climb(rewards, proposed[0])
        if len(proposed) < len(expected):
            break
        this, proposed = proposed[: len(expected)], proposed[len(expected) :]
        assert set(this) == expected  # nothing is tried twice, nothing left out
        assert max(this, key=rewards.__getitem__) == top


def test_a_climb_starts_from_the_best_of_the_random_trials():
    rewards = landscape(0)
    proposed = walk(make_controller("local_search", SPACE, starts=7), rewards, 15)
    best = max(proposed[:7], key=rewards.__getitem__)
    assert set(proposed[7:15]) == neighbours(best)


def test_late_neighbours_hold_the_climb_up_and_random_trials_fill_the_gap():
    rewards = {choices: sum(choices) / 8 for choices in ALL}
    controller = make_controller("local_search", SPACE)
    (start,) = walk(controller, rewards, 1)
    around = controller.propose(8)
    assert {proposal.choices for proposal in around} == neighbours(start)
    gap = controller.propose(3)
    controller.observe(gap, [rewards[p.choices] for p in gap])
    controller.observe(around[:7], [rewards[p.choices] for p in around[:7]])
    controller.observe(around[7:], [rewards[around[7].choices]])
    centre = max((p.choices for p in around), key=lambda c: (rewards[c], c))
    assert rewards[centre] > rewards[start]
    tried = {p.choices for p in controller.propose(4)}
    best = [c for c in neighbours(start) if rewards[c] == rewards[centre]]
    assert any(tried <= neighbours(c) - neighbours(start) - {start} for c in best)


def test_neighbours_of_a_chain_are_different_chains():
    space = ending_space(4, options=2)
    controller = make_controller("local_search", space)
    # The first word, the end; its neighbours: the other first word, and two second words.
    controller.observe([Proposal((0, 0, 2, 1))], [0.5])
    around = [proposal.choices for proposal in controller.propose(3)]
    assert set(around) == {(1, 0, 0, 0), (0, 1, 0, 0), (0, 2, 0, 0)}


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"^starts is 0, expected a whole number from 1$"):
        make_controller("local_search", SPACE, starts=0)
