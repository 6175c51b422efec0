"""Known cells, which a search starts from: who learns from them, and what."""

import numpy as np
import pytest

from nasnet.cells import CellSpace
from nasnet.controller import CONTROLLERS, Proposal, controller_class
from tests.controllers import POLICIES, make, space_of

SPACE = CellSpace(1, operations=("identity", "conv_1x1", "max_pool_3x3"))
CELLS = [SPACE.sample(np.random.default_rng(seed)) for seed in range(6)]
REWARDS = [0.1, 0.5, 0.3, 0.9, 0.2, 0.4]
BEST = CELLS[3]


def adopt(controller, numbers=(0, 1, 2, 3, 4, 5)):
    """Each as it ends, as in a search."""
    for number in numbers:
        controller.adopt([Proposal(CELLS[number])], [REWARDS[number]])
    return controller


@pytest.mark.parametrize("name", CONTROLLERS)
def test_all_but_policies_and_chance_learn_from_them(name):
    space = space_of(name) if controller_class(name).grows else SPACE
    controller = make(name, space)
    before = controller.state()
    cells = [space.sample(np.random.default_rng(seed)) for seed in range(6)]
    controller.adopt([Proposal(cell) for cell in cells], REWARDS)
    assert (controller.state() == before) == (name in ("random", "grid", *POLICIES))


def test_a_policy_still_wants_log_probabilities_of_its_own():
    with pytest.raises(ValueError, match=r"number of log_probs is 0, expected .* that proposed it"):
        make("ppo", SPACE).observe([Proposal(BEST)], [0.5])


def differences(choices, other=BEST):
    return sum(a != b for a, b in zip(choices, other, strict=True))


def test_they_are_evolutions_first_population():
    settings = {"population": 6, "tournament": 100, "identity": 0.0}
    controller = adopt(make("evolution", SPACE, **settings))
    assert [differences(p.choices) for p in controller.propose(10)] == [1] * 10


def test_they_are_the_first_parents_of_nsga_2():
    controller = adopt(make("nsga2", SPACE, population=6))
    assert len(controller.memory()["choices"]) == 6
    assert controller.memory()["parents"] == 6
    genes = [set(column) for column in zip(*CELLS, strict=True)]
    children = controller.propose(10)
    inherited = [sum(c in g for c, g in zip(p.choices, genes, strict=True)) for p in children]
    assert min(inherited) >= len(SPACE.decisions) - 3


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0), (3, 0, 1, 2, 4, 5)])
@pytest.mark.parametrize("starts", [1, 20])
def test_local_search_climbs_from_the_best_of_them(order, starts):
    controller = adopt(make("local_search", SPACE, starts=starts), [*order])
    around = SPACE.neighbours(BEST)
    assert sorted(p.choices for p in controller.propose(len(around))) == sorted(around)


def test_a_known_cell_that_comes_late_is_where_the_next_climb_may_start():
    controller = adopt(make("local_search", SPACE, starts=5), [0])
    proposals = controller.propose(len(SPACE.neighbours(CELLS[0])))
    adopt(controller, [3])
    controller.observe(proposals, [0.0] * len(proposals))  # no way up
    assert differences(controller.propose(1)[0].choices) == 1


@pytest.mark.parametrize("name", ["surrogate", "tpe"])
def test_models_need_no_random_trials_beside_enough_of_them(name):
    """What they propose first depends on the rewards then."""

    def proposals(rewards):
        controller = make(name, SPACE, initial=6, window=40)
        controller.adopt([Proposal(cell) for cell in CELLS], rewards)
        return controller.propose(8)

    assert proposals(REWARDS) != proposals(REWARDS[::-1])
