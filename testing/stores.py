"""What every store of trials keeps to."""

import dataclasses
import math

import pytest

from nasnet.controller.protocol import Proposal
from nasnet.search.trial import Trial


def make_trial(number, **changes):
    """A trial that waits, with awkward numbers in it."""
    proposal = Proposal((0, 1, 12), (-0.7, -1 / 3, -2.5649493574615367))
    trial = Trial(number, proposal, "{}", "0123456789abcdef", 7)
    return dataclasses.replace(trial, **changes)


class StoreSuite:
    """Fixtures: `open_store`, a function that opens the one store of a test, as often as it is
    called; what was saved before is in it, unless the store is not durable.
    """

    def test_a_new_store_is_empty(self, open_store):
        store = open_store()
        assert store.trials() == []
        assert store.controller_state() is None

    def test_trials_come_back_as_they_were(self, open_store):
        trials = [
            make_trial(0),
            make_trial(1, state="complete", reward=0.1 + 0.2, observed=True, metrics={"a": [None]}),
            make_trial(2, state="died", error="ended by SIGKILL", attempt=3),
            make_trial(3, state="complete", reward=-0.3, reused_from=1, seconds=1.25),
        ]
        store = open_store()
        store.save(reversed(trials))
        assert store.trials() == trials

    def test_saving_a_trial_again_replaces_it(self, open_store):
        store = open_store()
        store.save([make_trial(0), make_trial(1)])
        store.save([make_trial(0, state="complete", reward=math.pi)])
        assert [trial.reward for trial in store.trials()] == [math.pi, None]

    def test_a_reader_changes_nothing(self, open_store):
        store = open_store()
        store.save([make_trial(0)])
        store.trials().clear()
        assert len(store.trials()) == 1

    def test_a_durable_store_is_there_when_it_is_opened_again(self, open_store):
        store = open_store()
        if not store.durable:
            pytest.skip("not durable")
        store.save([make_trial(0)], b"\x00one")
        store.save([make_trial(1)])
        again = open_store()
        assert again.trials() == [make_trial(0), make_trial(1)]
        assert again.controller_state() == b"\x00one"

    def test_the_time_that_a_search_has_run_is_kept(self, open_store):
        store = open_store()
        assert store.seconds() == 0
        for seconds in (0.1 + 0.2, 7200.5):
            store.keep_seconds(seconds)
            assert store.seconds() == seconds
            if store.durable:
                assert open_store().seconds() == seconds

    @pytest.mark.parametrize("sizes", [(300_000, 300_000), (300_000, 40), (40, 65_536), (9, 0)])
    def test_a_state_replaces_the_one_before(self, open_store, sizes):
        store = open_store()
        if not store.durable:
            pytest.skip("not durable")
        for value, size in enumerate(sizes):
            store.save([], bytes([value]) * size)
            assert store.controller_state() == bytes([value]) * size
            assert open_store().controller_state() == bytes([value]) * size

    def test_a_save_that_fails_leaves_nothing_behind(self, open_store):
        """A trial without a key cannot be stored, so the one before it and the state are not."""
        store = open_store()
        if not store.durable:
            pytest.skip("not durable")
        store.save([make_trial(0)], b"one")
        broken = make_trial(1, metrics={"no JSON": object()})
        with pytest.raises(Exception, match=r"."):
            store.save([make_trial(0, state="complete"), broken], b"two")
        for one in (store, open_store()):
            assert one.trials() == [make_trial(0)]
            assert one.controller_state() == b"one"
