"""Nodes, scheduler, database and driver are killed, and nothing is lost or done twice."""

import time

import pytest

pytest.importorskip("distributed", reason="distributed is not installed")

from nasnet.controller import make_controller
from nasnet.search import InlineExecutor, LoopSettings, MemoryStore, Search, StoreError, TrialStore
from tests.clusters import Cluster
from tests.fakes import SPACE, Share
from tests.processes import Program

pytestmark = pytest.mark.slow
TRIALS = 60


def undisturbed():
    """The same search, in this process."""
    controller = make_controller("evolution", SPACE, seed=1, population=8, tournament=4)
    settings = LoopSettings(TRIALS, seed=3, synchronous=True, batch=3, reuse=False)
    search = Search(SPACE, controller, MemoryStore(), InlineExecutor(Share()), settings)
    search.run()
    return search.trials


def done(address):
    """How many trials have ended; none while the database is away."""
    try:
        with TrialStore(address, create=False) as store:
            return sum(trial.done for trial in store.trials())
    except StoreError:
        return 0


def test_whatever_is_killed_every_trial_ends_once(tmp_path, postgresql):
    address = f"{postgresql.url}#chaos"
    cluster = Cluster(tmp_path, ttl=3)
    for name in "abc":
        cluster.add(name)

    def start():
        driver = Program("tests.chaos_task", address, cluster.file, TRIALS)
        driver.wait_for("searching")
        return driver

    def reached(count):
        while done(address) < count:
            assert driver.running or done(address) >= count, driver.err
            time.sleep(0.1)

    try:
        driver = start()
        reached(4)
        cluster.kill("a")
        reached(10)
        cluster.add("d")
        cluster.freeze("b")  # for longer than the scheduler waits for a heartbeat
        reached(18)
        assert "Worker failed to heartbeat" in cluster.scheduler.err
        cluster.thaw("b")
        reached(24)
        postgresql.restart(pause=1.0)
        reached(30)
        cluster.restart()
        reached(38)
        driver.kill()
        before = done(address)
        driver = start()
        reached(max(44, before + 1))
        cluster.kill("c")
        driver.finish()
    finally:
        cluster.close()
    with TrialStore(address, create=False) as store:
        trials = store.trials()
    expected = undisturbed()
    assert [t.number for t in trials] == list(range(TRIALS))
    assert [t.state for t in trials] == ["complete"] * TRIALS
    assert [t.proposal for t in trials] == [t.proposal for t in expected]
    assert [t.reward for t in trials] == [t.reward for t in expected]
    assert [t.seed for t in trials] == [t.seed for t in expected]
    # The attempts tell the story: each but the last was lost, or ran when the driver was killed.
    again = [t for t in trials if t.attempt > 1]
    assert again
    for trial in trials:
        assert len(trial.lost) <= trial.attempt - 1
    stories = " ".join(reason for trial in trials for reason in trial.lost)
    assert "its node tcp://127.0.0.1:" in stories
