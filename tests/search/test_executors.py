"""Every executor gives every child an outcome, whatever the child does."""

import contextlib
import os

import pytest

from nasnet.cells import NASNET_A
from nasnet.search import InlineExecutor, ProcessPool, Train
from nasnet.search.executors import pool as pools
from nasnet.testing import ExecutorSuite
from nasnet.testing import executors as suite
from tests import clocks, warm
from tests.clocks import HurriedPool
from tests.fakes import Cores, Loaded, Share, Sick, Together

EXECUTORS = {
    "inline": InlineExecutor,
    "pool of 1": lambda worker: ProcessPool(worker, 1),
    "pool of 2": lambda worker: ProcessPool(worker, 2),
}


class TestExecutors(ExecutorSuite):
    @pytest.fixture(params=EXECUTORS)
    def make_executor(self, request):
        with contextlib.ExitStack() as stack:

            def make(worker):
                executor = EXECUTORS[request.param](worker)
                stack.callback(executor.close)
                return executor

            yield make


def outcomes(executor, count):
    """Those of children 0 to count - 1, by number."""
    return suite.outcomes(executor, [Train(NASNET_A, 100 + number) for number in range(count)])


@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize(
    ("way", "state", "error"),
    [
        ("kill", "died", "its process was ended by SIGKILL, perhaps out of memory"),
        ("exit", "died", "its process ended with exit code 3"),
        ("hang", "timeout", "took longer than 0.5 seconds"),
    ],
)
def test_a_child_that_takes_its_process_along_costs_only_itself(
    tmp_path, clock, slots, way, state, error
):
    once = tmp_path / "once"
    if way == "hang":
        pool = HurriedPool(
            Sick(way, once), slots, timeout=0.5, clock=clock(*clocks.EXECUTORS), hangs=once
        )
    else:
        pool = ProcessPool(Sick(way, once), slots)
    found = outcomes(pool, 4)
    pool.close()
    failed = [outcome for outcome in found.values() if outcome.state != "complete"]
    assert [(outcome.state, outcome.error) for outcome in failed] == [(state, error)]


def test_a_workers_start_is_not_its_first_childs_time(clock):
    hands = clock(*clocks.EXECUTORS)
    pool = ProcessPool(Share(), 1, timeout=0.1)
    hands.now = 60.0  # it starts for a minute
    assert outcomes(pool, 1)[0].state == "complete"
    pool.close()


def imported_tensorflow():
    """Whether a worker had done so before its first child."""
    pool = ProcessPool(Loaded(), 1)
    outcome = outcomes(pool, 1)[0]
    pool.close()
    return outcome.result.metrics["tensorflow"]


def test_a_worker_of_a_search_is_a_new_python(cold_workers):
    assert not imported_tensorflow()


@pytest.mark.skipif(not warm.FORKS, reason="nothing is forked on this system")
def test_workers_of_tests_are_warm():
    assert imported_tensorflow()


def test_a_worker_that_cannot_start_fails_its_children():
    pool = ProcessPool(Sick("prepare"), 1)
    outcome = outcomes(pool, 1)[0]
    pool.close()
    assert (outcome.state, outcome.error) == ("error", "worker did not start: no library here")


def test_a_file_of_a_users_that_is_gone_fails_the_children_that_need_it(tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "loaded_files", lambda: [str(tmp_path / "gone.py")])
    pool = ProcessPool(Share(), 1)
    found = outcomes(pool, 2)
    pool.close()
    for number in range(2):
        assert found[number].state == "error"
        assert found[number].error.startswith("worker did not start: ")
        assert found[number].error.endswith("gone.py, expected a file that exists")


def test_processes_are_replaced_after_some_children():
    pool = ProcessPool(Share(), 1, recycle=2)
    found = outcomes(pool, 5)
    pool.close()
    pids = [found[number].result.metrics["pid"] for number in range(5)]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


def test_slots_work_side_by_side(tmp_path):
    """Each child of a pair waits for the other; one after the other they would wait for ever."""
    pool = ProcessPool(Together(tmp_path), 2)
    assert {one.state for one in outcomes(pool, 4).values()} == {"complete"}
    pool.close()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"slots": 0}, "slots is 0, expected at least 1"),
        ({"slots": 1, "recycle": 0}, "recycle is 0, expected at least 1"),
        ({"slots": 1, "timeout": 0.0}, "timeout is 0.0 seconds, expected above 0"),
    ],
)
def test_bad_settings_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        ProcessPool(Share(), **options)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no process")
def test_each_process_has_cores_of_its_own():
    mine = sorted(os.sched_getaffinity(0))
    pool = ProcessPool(Cores(), len(mine))
    try:
        found = outcomes(pool, 3 * len(mine))
    finally:
        pool.close()
    used = {tuple(outcome.result.metrics["cores"]) for outcome in found.values()}
    assert used <= {(core,) for core in mine}
    assert len(used) == len(mine)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no process")
def test_more_processes_than_cores_are_not_pinned():
    mine = sorted(os.sched_getaffinity(0))
    pool = ProcessPool(Cores(), len(mine) + 1)
    try:
        found = outcomes(pool, 1)
    finally:
        pool.close()
    assert found[0].result.metrics["cores"] == mine


def test_a_worker_that_hangs_at_its_start_costs_its_child_alone(monkeypatch):
    monkeypatch.setattr(pools, "START_SECONDS", 1.0)
    pool = ProcessPool(Sick("hang at start"), 1)
    try:
        outcome = outcomes(pool, 1)[0]
    finally:
        pool.close()
    assert outcome.state == "timeout"
    assert outcome.error == "its worker's start took longer than 1 seconds"
