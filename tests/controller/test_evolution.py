"""Regularized evolution: tournaments, ageing, and what a mutation changes."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import chisquare

from nasnet.cells import CellSpace, Decision, TableSpace
from nasnet.controller import Proposal, make_controller
from nasnet.controller.evolution import EvolutionSettings
from tests.strategies import ending_space

SPACE = CellSpace()


def grown(space, members, **settings):
    """Evolution whose population is `members`: choices and rewards."""
    controller = make_controller("evolution", space, population=len(members), **settings)
    proposals = [Proposal(choices) for choices, _ in members]
    controller.observe(proposals, [reward for _, reward in members])
    return controller


def changes(parent, child):
    return [i for i, (old, new) in enumerate(zip(parent, child, strict=True)) if old != new]


def test_defaults_are_the_papers():
    settings = dataclasses.asdict(EvolutionSettings())
    assert settings == {"population": 100, "tournament": 25, "identity": 0.05}


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("population", 0, "a whole number from 1"),
        ("tournament", 2.0, "a whole number from 1"),
        ("identity", 1.5, "0 to 1"),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, expected):
    with pytest.raises(ValueError, match=f"^{setting} is {value}, expected {expected}$"):
        make_controller("evolution", SPACE, **{setting: value})


def test_it_searches_at_random_until_the_population_is_full():
    evolution = make_controller("evolution", SPACE, population=5, identity=1.0)
    random = make_controller("random", SPACE)
    first = evolution.propose(4)
    assert first == random.propose(4)
    evolution.observe(first, [0.1, 0.4, 0.3, 0.2])
    assert evolution.propose(3) == random.propose(3)
    evolution.observe(first[:1], [0.1])
    # From now on, with identity 1, only members are proposed.
    assert {proposal.choices for proposal in evolution.propose(20)} <= {p.choices for p in first}


def test_a_mutation_changes_one_decision_inputs_half_of_the_time():
    parent = SPACE.sample(np.random.default_rng(0))
    evolution = grown(SPACE, [(parent, 0.5)])
    kinds, identical = [], 0
    for proposal in evolution.propose(4000):
        changed = changes(parent, proposal.choices)
        identical += not changed
        if changed:
            (decision,) = changed
            kinds.append(SPACE.decisions[decision].name.split("/")[-1])
    # 5 % copies; then half inputs (of two kinds) and half operations and combines (of three).
    expected = {"input_a": 1 / 4, "input_b": 1 / 4, "op_a": 1 / 6, "op_b": 1 / 6, "combine": 1 / 6}
    assert chisquare([identical, 4000 - identical], [200, 3800]).pvalue > 1e-3
    counts = [kinds.count(kind) for kind in expected]
    shares = [share * len(kinds) for share in expected.values()]
    assert chisquare(counts, shares).pvalue > 1e-3


def test_without_names_of_cells_every_decision_is_equally_likely():
    space = TableSpace(tuple(Decision(f"edge_{i}", ("x",) * (1 + i)) for i in range(4)))
    evolution = grown(space, [((0, 1, 2, 3), 0.5)], identity=0.0)
    changed = [changes((0, 1, 2, 3), p.choices) for p in evolution.propose(3000)]
    counts = np.bincount([decision for (decision,) in changed], minlength=4)
    assert counts[0] == 0  # it has one option
    assert chisquare(counts[1:]).pvalue > 1e-3


def test_a_tournament_of_the_whole_population_is_won_by_the_best():
    rng = np.random.default_rng(0)
    members = [(SPACE.sample(rng), reward) for reward in (0.1, 0.9, 0.3)]
    evolution = grown(SPACE, members, tournament=100, identity=1.0)
    assert {proposal.choices for proposal in evolution.propose(20)} == {members[1][0]}


def test_the_chance_to_win_is_that_of_draws_with_replacement():
    rng = np.random.default_rng(0)
    members = [(SPACE.sample(rng), reward) for reward in (0.1, 0.2, 0.3)]
    evolution = grown(SPACE, members, tournament=2, identity=1.0)
    proposed = [proposal.choices for proposal in evolution.propose(3000)]
    counts = [proposed.count(choices) for choices, _ in members]
    assert chisquare(counts, [3000 / 9, 3000 * 3 / 9, 3000 * 5 / 9]).pvalue > 1e-3


def test_the_oldest_dies_however_good_it_is():
    rng = np.random.default_rng(0)
    best, *others = (SPACE.sample(rng) for _ in range(4))
    evolution = grown(SPACE, [(best, 1.0), (others[0], 0.2)], tournament=50, identity=1.0)
    assert evolution.propose(1)[0].choices == best
    evolution.observe([Proposal(others[1])], [0.1])
    assert evolution.propose(1)[0].choices == others[0]


def test_decisions_after_the_end_of_a_chain_are_not_mutated():
    space = ending_space(6)
    parent = (1, 3, 0, 5, 5, 5)  # two layers, an end, and three that do not count
    evolution = grown(space, [(parent, 0.5)], identity=0.0)
    first = [changes((1, 3, 0, 0, 0, 0), p.choices)[0] for p in evolution.propose(100)]
    assert {*first} == {0, 1, 2}
