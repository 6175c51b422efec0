"""The suite that every controller passes in every space, and replays of earlier versions."""

import functools
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from nasnet.controller import CONTROLLERS, Proposal, controller_class, make_controller
from nasnet.controller.models.gaussian_process import GaussianProcess
from nasnet.testing import SPACES, ControllerSuite
from nasnet.testing.spaces import disturbed
from tests.controllers import POLICIES, QUICK

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "controllers.json").read_text())


class TestControllers(ControllerSuite):
    @pytest.fixture(params=sorted(CONTROLLERS))
    def make(self, request):
        settings = {**QUICK.get(request.param, {}), "epochs": 1}
        fields = controller_class(request.param).Settings.__dataclass_fields__
        known = {key: value for key, value in settings.items() if key in fields}
        return functools.partial(make_controller, request.param, **known)


@pytest.mark.parametrize("name", sorted(CONTROLLERS))
def test_only_what_grows_refuses_spaces_and_only_those_that_never_end(name):
    """The suite passes over a space that a controller refuses."""
    grows = controller_class(name).grows
    for kind, space in SPACES.items():
        if grows and max(space.ends) < 0:
            with pytest.raises(ValueError, match="number of decisions that may end a sequence"):
                make_controller(name, space)
        else:
            assert make_controller(name, space).space is space, kind


@pytest.mark.parametrize("replay", GOLDEN)
def test_seeds_give_what_they_gave_in_version_0_1(replay):
    """Where all decisions are always made, proposals are those of the first release."""
    name, _, kind = replay.partition("/")
    settings = {**QUICK.get(name, {}), **({"learning_rate": 0.01} if name in POLICIES else {})}
    controller = make_controller(name, SPACES[kind], seed=7, **settings)
    seen = []
    for _ in range(8):
        proposals = controller.propose(5)
        weighted = [[x * (i % 3) for i, x in enumerate(p.choices)] for p in proposals]
        controller.observe(proposals, [sum(row) / 100 for row in weighted])
        seen += [list(proposal.choices) for proposal in proposals]
    assert hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:16] == GOLDEN[replay]


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_knows_nothing_of_decisions_that_are_not_made(name, rng):
    space = SPACES["conditional"]
    controller = make_controller(name, space, minibatch=4)
    proposals = controller.propose(50)
    log_probs, entropies = controller.evaluate([p.choices for p in proposals])
    live = space.live([p.choices for p in proposals])
    assert not log_probs[~live].any()
    assert not entropies[~live].any()
    assert (entropies[live] > 0).all()
    np.testing.assert_allclose([p.log_probs for p in proposals], log_probs, atol=1e-5)


def test_a_process_is_as_sure_of_what_differs_in_decisions_that_are_not_made(rng):
    space = SPACES["conditional"]
    rows = space.draw(rng, 20)
    process = GaussianProcess(rows, rng.standard_normal(20), space)
    other = np.array([disturbed(space, tuple(row), rng) for row in rows.tolist()])
    np.testing.assert_array_equal(process.predict(rows), process.predict(other))


def test_random_cells_that_grow_are_uniform_over_the_number_of_blocks():
    space = SPACES["growing"]
    for name in ("random", "evolution", "tpe", "nsga2", "surrogate"):
        sizes = [
            len(space.decode(p.choices).normal.blocks)
            for p in make_controller(name, space).propose(600)
        ]
        assert (abs(np.bincount(sizes)[1:] - 200) < 5 * np.sqrt(200)).all(), name


def test_a_population_of_short_chains_grows():
    """What a mutation adds is drawn, not taken from what stood behind the end."""
    space = SPACES["growing"]
    (start,) = (choices for choices in space.neighbours(space.sample(np.random.default_rng(3)))[:1])
    short = space.canonical((*start[:10], 0))
    evolution = make_controller("evolution", space, population=1, identity=0.0)
    evolution.observe([Proposal(short)], [1.0])
    longer = {p.choices[11:21] for p in evolution.propose(300) if p.choices[10]}
    assert len(longer) > 3
