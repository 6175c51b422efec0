"""A grid is everything, once and in order."""

from nasnet.controller import make_controller
from nasnet.testing import SPACES


def test_everything_is_proposed_in_order_and_then_again():
    space = SPACES["hyperparameters"]
    grid, size = make_controller("grid", space), space.size()
    found = [proposal.choices for proposal in grid.propose(size + 3)]
    assert found[:size] == list(space)
    assert found[size:] == found[:3]


def test_it_goes_on_anywhere():
    space = SPACES["conditional"]
    whole, parts = make_controller("grid", space), make_controller("grid", space)
    for count in (3, 2 * space.size(), 1):
        expected = whole.propose(count)
        assert parts.propose(count) == expected
        state, parts = parts.state(), make_controller("grid", space)
        parts.restore(state)
