"""Searches on several machines, here several processes: who comes, who goes, what is lost."""

import contextlib
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("distributed", reason="distributed is not installed")

from nasnet.cells import NASNET_A
from nasnet.controller import make_controller
from nasnet.search import LoopSettings, MemoryStore, Search, Train
from nasnet.search.cluster import executor as executors
from nasnet.search.cluster.executor import ClusterExecutor, NoNodes
from nasnet.search.cluster.place import scheduler_place
from nasnet.search.cluster.shipping import Parcel, moved, read_folders
from nasnet.testing import ExecutorSuite
from nasnet.testing import executors as suite
from tests.clusters import Cluster
from tests.fakes import SPACE, ReadsFolder, Share, Sick, Together, Waits, separable_share
from tests.processes import Program


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory):
    """One node of two slots, for tests that leave it as it is."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.add("shared", 2)
    yield cluster
    cluster.close()


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


@pytest.fixture
def connect():
    """Makes executors that are closed when the test has ended."""
    with contextlib.ExitStack() as stack:

        def make(cluster, worker, **options):
            executor = ClusterExecutor(worker, cluster.file, **options)
            stack.callback(executor.close)
            return executor

        yield make


class TestCluster(ExecutorSuite):
    @pytest.fixture
    def make_executor(self, shared_cluster, connect):
        return lambda worker: connect(shared_cluster, worker)


def search(executor, trials, **options):
    controller = make_controller("random", SPACE, seed=1)
    settings = LoopSettings(trials, seed=3, **options)
    return Search(SPACE, controller, MemoryStore(), executor, settings)


def outcomes(executor, count):
    return suite.outcomes(executor, [Train(NASNET_A, number) for number in range(count)])


@pytest.mark.parametrize(
    ("way", "state", "error"),
    [
        ("kill", "died", "its process was ended by SIGKILL, perhaps out of memory"),
        ("hang", "timeout", "took longer than 3 seconds"),
    ],
)
def test_a_child_that_takes_its_process_along_costs_neither_node_nor_others(
    shared_cluster, connect, tmp_path, way, state, error
):
    found = outcomes(connect(shared_cluster, Sick(way, tmp_path / "once"), timeout=3.0), 4)
    failed = [o for o in found.values() if o.state != "complete"]
    assert [(outcome.state, outcome.error) for outcome in failed] == [(state, error)]
    assert shared_cluster.nodes["shared"].running


def test_nodes_that_come_take_part_and_those_that_go_lose_nothing(cluster, connect, tmp_path):
    cluster.add("one")
    executor = connect(cluster, Waits(tmp_path))
    found = search(executor, 6)
    killed = []

    def meanwhile(search):
        """The first child runs on the first node; a second node comes; the first one is killed."""
        if len(cluster.nodes) == 1 and not killed and search.running:
            cluster.add("two")
        elif not killed and len(search.running) == 2:
            cluster.kill("one")
            killed.append(True)
            (tmp_path / "go").touch()

    found._on_change = meanwhile
    found.run()
    assert [t.state for t in found.trials] == ["complete"] * 6
    assert sorted(t.attempt for t in found.trials) == [1, 1, 1, 1, 1, 2]
    (lost,) = (t for t in found.trials if t.attempt == 2)
    assert len(lost.lost) == 1
    assert "its node tcp://127.0.0.1:" in lost.lost[0]
    assert lost.lost[0].endswith(" was gone")
    assert [t.reward for t in found.trials] == [
        separable_share(SPACE.decode(t.proposal.choices)) for t in found.trials
    ]


def test_a_child_that_is_lost_again_and_again_is_given_up(cluster, connect, tmp_path):
    """Three nodes die with it; the search ends all the same."""
    cluster.add("0")
    found = search(connect(cluster, Waits(tmp_path)), 1)
    number = [0]

    def meanwhile(search):
        trial = search.trials[0] if search.trials else None
        if trial is not None and search.running and trial.attempt == number[0] + 1:
            cluster.kill(str(number[0]))
            number[0] += 1
            cluster.add(str(number[0]))

    found._on_change = meanwhile
    found.run()
    (trial,) = found.trials
    assert (trial.state, trial.attempt, len(trial.lost)) == ("died", 3, 3)
    assert trial.error.startswith("lost 3 times, at last as its node tcp://")


def test_a_scheduler_that_is_started_anew_is_found_again(cluster, connect, tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "_LOOK_SECONDS", 0.2)
    cluster.add("one")
    found = search(connect(cluster, Waits(tmp_path)), 4)
    restarted = []

    def meanwhile(search):
        if search.running and not restarted:
            cluster.restart()
            restarted.append(True)
            (tmp_path / "go").touch()

    found._on_change = meanwhile
    found.run()
    assert [trial.state for trial in found.trials] == ["complete"] * 4
    assert found.trials[0].attempt == 2
    assert len(found.trials[0].lost) == 1


def test_images_travel_to_a_node_that_does_not_see_them(shared_cluster, connect, tmp_path):
    """The node is told of a folder that is another one by the time that it looks."""
    folder = tmp_path / "data"
    folder.mkdir()
    np.save(folder / "x.npy", np.arange(5))
    executor = connect(shared_cluster, ReadsFolder(folder))
    assert outcomes(executor, 1)[0].result.metrics["folder"] == str(folder)
    executor.close()
    parcel = Parcel.of(folder)
    (folder / "x.npy").unlink()
    place = parcel.unpack(tmp_path / "cache")
    assert place == tmp_path / "cache" / parcel.digest
    assert np.load(place / "x.npy").tolist() == [0, 1, 2, 3, 4]
    again = parcel.unpack(tmp_path / "cache")
    assert again == place
    (place / "x.npy").write_bytes(b"damaged")
    assert np.load(parcel.unpack(tmp_path / "cache") / "x.npy").tolist() == [0, 1, 2, 3, 4]


def test_folders_of_a_worker_are_found_and_moved_at_any_depth(tmp_path):
    @dataclasses.dataclass(frozen=True)
    class Around:
        inner: ReadsFolder
        folder: Path

    (tmp_path / "data").mkdir()
    worker = Around(ReadsFolder(tmp_path / "data"), tmp_path / "run" / "stages")
    assert read_folders(worker) == [tmp_path / "data"]
    found = moved(worker, {tmp_path / "data": Path("/a"), tmp_path / "run": Path("/b")})
    assert found == Around(ReadsFolder(Path("/a")), Path("/b/stages"))
    assert moved(worker, {tmp_path / "other": Path("/a")}) is worker


def test_a_node_of_another_version_is_refused_by_name(cluster, connect, monkeypatch):
    cluster.add("old")
    monkeypatch.setattr(executors, "__version__", "9.9")
    with pytest.raises(NoNodes, match=r"refused: old-.* its nasnet is .*, expected 9\.9"):
        connect(cluster, Share(), patience=1.0)


def test_a_node_without_a_users_file_is_refused_by_name(cluster, connect, monkeypatch):
    cluster.add("bare")
    monkeypatch.setattr(executors, "loaded_files", lambda: ["/nowhere/mine.py"])
    with pytest.raises(NoNodes, match=r"refused: bare-.*: it has no /nowhere/mine\.py, expected"):
        connect(cluster, Share(), patience=1.0)


def test_where_no_node_comes_it_is_said_what_was_tried(cluster, connect):
    with pytest.raises(NoNodes, match=r"no node came to the scheduler at tcp://.* within 0\.5 sec"):
        connect(cluster, Share(), patience=0.5)


def test_where_no_scheduler_is_it_is_said_where(tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 0.5)
    with pytest.raises(NoNodes, match=r"no scheduler answers at tcp://127\.0\.0\.1:1 "):
        ClusterExecutor(Share(), "tcp://127.0.0.1:1")
    with pytest.raises(NoNodes, match=r"scheduler file .*none\.json is missing, expected"):
        ClusterExecutor(Share(), tmp_path / "none.json")


def test_an_agent_ends_when_it_is_told_and_when_its_time_is_up(cluster):
    node = cluster.add("told")
    node.interrupt()
    _, err = node.finish()
    assert err.splitlines()[-1] == "told: ended"
    node = cluster.add("timed", 1, "--minutes", "0.02")
    assert node.finish()[1].splitlines()[-1] == "timed: ended"


def test_an_agent_that_finds_no_scheduler_says_so(tmp_path):
    words = ["--scheduler-file", tmp_path / "none.json", "--wait", "0.01"]
    _, err = Program("nasnet.experiments.cli", "workers", *words).finish(code=1)
    assert "error: no scheduler answered at " in err
    assert "none.json within 0.01 minutes" in err


def test_gpus_are_given_one_to_a_process(cluster, connect):
    cluster.add("gpus", 2, "--gpus", "3", "5")
    found = outcomes(connect(cluster, Waits(None, seconds=0.3)), 6)
    assert {o.result.metrics["gpu"] for o in found.values()} == {"3", "5"}


@pytest.mark.parametrize(
    ("address", "file", "text"),
    [
        ("host:8786", None, "address is 'host:8786', expected the like of tcp://host:8786"),
        (
            "tcp://host:1",
            Path("f"),
            "address is tcp://host:1 beside scheduler_file f, expected one",
        ),
    ],
)
def test_what_is_no_place_of_a_scheduler_is_refused(address, file, text):
    with pytest.raises(ValueError, match=text):
        scheduler_place(address, file)


@pytest.mark.slow
def test_a_search_by_the_command_line_is_the_pools(tmp_path):
    """Real children: on a node as in the pool, with budgets, too."""
    words = "--trials 9 --workers 2 --data shapes10 --train-images 40 --val-images 20 --seed 2"
    words += " --stack.filters 2 --blocks 1 --controller random --synchronous"
    words = f"{words} --recipe.epochs 3 --budget.kind halving".split()
    found = {}
    for name in ("pool", "dask"):
        out = tmp_path / name
        where = ("--executor", name, "--out", out)
        Program("nasnet.experiments.cli", "search", *words, *where).finish()
        best = Program("nasnet.experiments.cli", "best", out, "--top", "9", "--json")
        trials = json.loads(best.finish()[0])
        found[name] = [(t["trial"], t["reward"], t["key"]) for t in trials]
    assert found["pool"] == found["dask"]


def test_slots_of_a_node_work_side_by_side(shared_cluster, connect, tmp_path):
    """Each child of a pair waits for the other; one after the other they would wait for ever."""
    found = outcomes(connect(shared_cluster, Together(tmp_path)), 4)
    assert {outcome.state for outcome in found.values()} == {"complete"}
