"""What every controller keeps to, in every space."""

from typing import Any

import numpy as np
import pytest

from nasnet.cells import Decision, SearchSpace, TableSpace
from nasnet.controller import Proposal
from nasnet.testing.spaces import SPACES, disturbed

_ROUNDS = (5, 1, 8, 4)


def reward(space: SearchSpace[Any], proposal: Proposal) -> float:
    """Some reward in 0 to 1 of the decisions that are made."""
    live = space.live([proposal.choices])[0]
    shares = (np.array(proposal.choices) + 1) / np.array(space.counts)
    return float((shares * live).sum() / len(live))


class ControllerSuite:
    """Subclass it, and give the fixture `make`: (space, seed=0) -> a new controller.

    A controller that raises ValueError for a space is not tried there, but there must be one that
    it works in. Settings that let it learn within a dozen trials find more faults.
    """

    @pytest.fixture(params=sorted(SPACES))
    def space(self, request, make) -> SearchSpace[Any]:
        """One of each kind."""
        space = SPACES[request.param]
        try:
            make(space)
        except ValueError as error:
            pytest.skip(f"refused: {error}")
        return space

    def test_there_is_a_space_for_it(self, make):
        """It does not refuse them all."""
        refused = []
        for name, space in SPACES.items():
            try:
                make(space)
            except ValueError:
                refused.append(name)
        assert len(refused) < len(SPACES)

    def test_proposals_are_canonical(self, make, space):
        """0 for every decision that is not made, and for its log-probability."""
        controller = make(space)
        for count in _ROUNDS:
            proposals = controller.propose(count)
            assert len(proposals) == count
            for proposal in proposals:
                assert space.canonical(proposal.choices) == proposal.choices
                assert all(type(choice) is int for choice in proposal.choices)
                if proposal.log_probs:
                    live = space.live([proposal.choices])[0]
                    assert not np.array(proposal.log_probs)[~live].any()
            controller.observe(proposals, [reward(space, p) for p in proposals])

    def test_decisions_that_are_not_made_do_not_matter(self, make, space):
        """Whatever stands there in what is observed, what follows is the same."""
        plain, other, rng = make(space), make(space), np.random.default_rng(0)
        for count in _ROUNDS:
            proposals = plain.propose(count)
            assert other.propose(count) == proposals
            rewards = [reward(space, proposal) for proposal in proposals]
            plain.observe(proposals, rewards)
            other.observe([_disturbed(space, p, rng) for p in proposals], rewards)
            assert other.state() == plain.state()

    def test_a_restored_controller_goes_on_as_if_nothing_had_happened(self, make, space):
        """With trials under way that are observed late and in another order."""
        original, restored = make(space), make(space)
        for count in _ROUNDS:
            proposals = original.propose(count)
            original.observe(proposals, [reward(space, p) for p in proposals])
        open_trials = original.propose(5)
        restored.restore(original.state())
        assert restored.state() == original.state()
        late = [open_trials[i] for i in (3, 0, 4)]
        for controller in (original, restored):
            controller.observe(late, [reward(space, p) for p in late])
        assert restored.propose(6) == original.propose(6)
        assert restored.state() == original.state()

    def test_the_seed_and_the_trials_decide(self, make, space):
        """The same record replayed gives the same proposals, one by one or together."""
        first, again = make(space, seed=3), make(space, seed=3)
        for count in _ROUNDS:
            proposals = first.propose(count)
            assert again.propose(count) == proposals
            rewards = [reward(space, proposal) for proposal in proposals]
            first.observe(proposals, rewards)
            for proposal, value in zip(proposals, rewards, strict=True):
                again.observe([proposal], [value])
        assert again.state() == first.state()

    def test_known_cells_are_adopted_at_any_time(self, make, space):
        """Nobody proposed them; whether or not it learns, it goes on and comes back the same."""
        controller, again, restored = make(space), make(space), make(space)
        rng = np.random.default_rng(5)
        for count in (0, 5, 4):
            own, known = [c.propose(count) for c in (controller, again)], _known(space, rng)
            assert own[0] == own[1]
            for one, cells in (
                (controller, known),
                (again, [_disturbed(space, k, rng) for k in known]),
            ):
                one.adopt(cells, [reward(space, cell) for cell in known])
                one.observe(own[0], [reward(space, proposal) for proposal in own[0]])
            assert controller.state() == again.state()
        restored.restore(controller.state())
        assert restored.propose(6) == controller.propose(6)

    def test_known_cells_that_are_none_are_refused_and_leave_no_trace(self, make, space):
        """A reward that is no number, choices out of range."""
        controller = make(space)
        before, (good, *_) = controller.state(), _known(space, np.random.default_rng(5))
        outside = Proposal((space.counts[0], *good.choices[1:]))
        for cells, rewards in (([good, good], [0.5, float("nan")]), ([good, outside], [0.5, 0.5])):
            with pytest.raises(ValueError, match="expected"):
                controller.adopt(cells, rewards)
        assert controller.state() == before

    def test_failed_and_repeated_trials_do_no_harm(self, make, space):
        """All rewards equal, each trial twice."""
        controller = make(space)
        for _ in range(4):
            proposals = controller.propose(4)
            controller.observe(proposals + proposals, [0.0] * 8)
        for proposal in controller.propose(5):
            space.decode(proposal.choices)

    def test_bad_trials_are_refused_and_leave_no_trace(self, make, space):
        """A reward that is missing or no number, choices out of range, a negative count."""
        controller = make(space)
        good, before = controller.propose(1)[0], None
        before = controller.state()
        outside = Proposal((space.counts[0], *good.choices[1:]), good.log_probs)
        for proposals, rewards in (
            ([good], []),
            ([good, good], [0.5, float("nan")]),
            ([good], [float("inf")]),
            ([good, outside], [0.5, 0.5]),
        ):
            with pytest.raises(ValueError, match="expected"):
                controller.observe(proposals, rewards)
        with pytest.raises(ValueError, match="count is -1, expected 0 or more"):
            controller.propose(-1)
        assert controller.state() == before

    def test_damaged_states_are_refused(self, make, space):
        """And leave it as it was."""
        controller = make(space)
        controller.propose(3)
        before = controller.state()
        for state in (b"", b"state", before[: len(before) // 2], make(space, seed=1).state()):
            with pytest.raises(ValueError, match="expected"):
                controller.restore(state)
        assert controller.state() == before

    def test_a_space_of_one_architecture_is_no_trap(self, make):
        """It is proposed again and again."""
        space = TableSpace((Decision("a", ("x",)), Decision("b", ("terminate",))))
        controller = make(space)
        for _ in range(8):
            proposals = controller.propose(3)
            assert {proposal.choices for proposal in proposals} == {(0, 0)}
            controller.observe(proposals, [0.5, 0.0, 1.0])


def _known(space: SearchSpace[Any], rng: np.random.Generator) -> list[Proposal]:
    return [Proposal(space.sample(rng)) for _ in range(3)]


def _disturbed(space: SearchSpace[Any], proposal: Proposal, rng: np.random.Generator) -> Proposal:
    live = space.live([proposal.choices])[0]
    logs = np.where(live, proposal.log_probs, -rng.random(len(live))) if proposal.log_probs else ()
    return Proposal(disturbed(space, proposal.choices, rng), tuple(map(float, logs)))
