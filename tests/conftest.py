"""What all tests share: real data where it is, and quiet libraries."""

import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


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
def rng() -> np.random.Generator:
    """A generator that every test starts afresh."""
    return np.random.default_rng(0)
