"""The suite that every search space passes."""

import pytest

from nasnet.testing import SPACES, SpaceSuite


class TestSpaces(SpaceSuite):
    @pytest.fixture(params=sorted(SPACES))
    def space(self, request):
        return SPACES[request.param]


def test_what_a_mutation_makes_live_is_drawn_and_what_it_leaves_alone_stays(rng):
    space = SPACES["conditional"]
    choices = (1, 0, 2, 0, 3, 2, 1)  # with momentum 0.99
    assert space.replaced(choices, 1, 2) == (1, 2, 0, 0, 3, 2, 1)
    other = {space.replaced(choices, 1, 1, rng) for _ in range(20)}
    assert other == {(1, 1, 0, beta, 3, 2, 1) for beta in (0, 1)}
    assert space.replaced(choices, 5, 1) == (1, 0, 2, 0, 3, 1, 0)


def test_roles_are_mutated_with_equal_chances(rng):
    space, choices = SPACES["conditional"], (1, 0, 2, 0, 3, 2, 1)
    mutants = [space.mutate(choices, rng) for _ in range(1000)]
    assert 400 < sum(mutant[4] != 3 for mutant in mutants) < 600  # the one decision of its role


def test_weights_are_those_of_samples(rng):
    rows = SPACES["conditional"].draw(rng, 3000)
    with_momentum = rows[rows[:, 1] == 0]
    assert abs((with_momentum[:, 2] == 1).mean() - 0.5) < 0.1
    assert not rows[rows[:, 1] != 0][:, 2].any()
