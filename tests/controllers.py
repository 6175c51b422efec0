"""What the suites over all controllers share: small spaces, quick settings, a reward."""

import pytest

from benchmarks.controller_learning import separable_share
from nasnet.cells import TERMINATE, CellSpace, Decision, GrowingCellSpace, TableSpace
from nasnet.controller import CONTROLLERS, controller_class, make_controller

SPACE, GROWING = CellSpace(), GrowingCellSpace()
POLICIES = ("reinforce", "ppo")
# So that each controller has something to learn from a dozen trials.
QUICK = {
    "reinforce": {"minibatch": 4},
    "ppo": {"minibatch": 4},
    "evolution": {"population": 4, "tournament": 2},
    "local_search": {"starts": 2},
    "q_learning": {"models": 8, "learning_rate": 0.1},
    "surrogate": {"initial": 4, "batch": 3, "candidates": 40, "window": 12},
    "progressive": {"initial": 4, "beam": 3, "candidates": 40, "window": 12},
    "tpe": {"initial": 4, "window": 12},
    "nsga2": {"population": 4},
}
each_controller = pytest.mark.parametrize("name", tuple(CONTROLLERS))


SMALL = TableSpace(
    (
        Decision("a", ("x", "y", "z")),
        Decision("b", ("x",)),
        Decision("c", (TERMINATE, "x", "x", "x")),
    )
)


def space_of(name):
    """The space in which a controller is tested."""
    return GROWING if controller_class(name).grows else SPACE


def make(name, space=None, seed=0, **settings):
    space = space or space_of(name)
    return make_controller(name, space, seed=seed, **{**QUICK.get(name, {}), **settings})


def reward(proposal):
    space = SPACE if len(proposal.choices) == len(SPACE.decisions) else GROWING
    return separable_share(space.decode(proposal.choices))


def run(controller, rounds, size):
    """Every proposal of `rounds` rounds, each observed."""
    seen = []
    for _ in range(rounds):
        proposals = controller.propose(size)
        controller.observe(proposals, [reward(proposal) for proposal in proposals])
        seen += proposals
    return seen
