"""What all tests share: real data where it is, and quiet libraries."""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# Several processes test at a time, one core each; the processes that tests start inherit this.
for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


@pytest.fixture(scope="session", autouse=True)
def _warm_workers():
    """Workers of searches are forked from one process that has imported TensorFlow already."""
    from search import executors

    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.warm"])
        executors._SPAWN = context


@pytest.fixture
def cold_workers(monkeypatch):
    """Workers start as those of a user do: a new Python, which imports what it needs."""
    from search import executors

    monkeypatch.setattr(executors, "_SPAWN", multiprocessing.get_context("spawn"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that NASNET_TEST_DATA names."""
    folder = os.environ.get("NASNET_TEST_DATA")
    if not folder:
        pytest.skip("NASNET_TEST_DATA is not set: no real data here")
    return Path(folder)


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """A folder of small images; not to be changed."""
    from tests.transfer_runs import write_photos

    return write_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="session")
def cell(tmp_path_factory) -> str:
    """A file with cells that are quickly built."""
    from tests.transfer_task import GENOTYPE

    path = tmp_path_factory.mktemp("cells") / "cell.json"
    path.write_text(GENOTYPE.to_json())
    return str(path)


@pytest.fixture
def invoke(capsys):
    """Runs a command in this process: its exit code, output and messages."""
    from experiments import cli

    def call(*arguments):
        try:
            code = cli.run(lambda: cli.parse([str(a) for a in arguments]).run())
        except SystemExit as exit:  # the parser's own way out
            code = exit.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The run directory of a small search that has ended; not to be changed."""
    from experiments import cli
    from tests.searches import TINY

    path = tmp_path_factory.mktemp("runs") / "finished"
    assert cli.run(lambda: cli.parse(["search", *TINY.split(), "--out", str(path)]).run()) == 0
    return path


@pytest.fixture
def clock(monkeypatch):
    """`clock(module, ...)` is what those modules then know of time; it moves by hand alone."""
    from tests.clocks import Clock

    hands = Clock()

    def replace(*modules):
        for module in modules:
            monkeypatch.setattr(module, "time", hands)
        return hands

    return replace


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that every test starts afresh."""
    return np.random.default_rng(0)
