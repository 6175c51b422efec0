"""What all tests share: real data where it is, and quiet libraries."""

import functools
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# What a property costs depends on the machine.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")
pytest_plugins = ["pytester", "tests.suite"]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# Several processes test at a time, one core each; the processes that tests start inherit this.
for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


@pytest.fixture(scope="session", autouse=True)
def _warm_workers():
    """Workers are forked from one process that has imported TensorFlow already: see `warm`."""
    from tests import warm

    warm.all_pools()
    if "PYTEST_XDIST_WORKER" in os.environ:
        import keras  # noqa: F401  (not the first test that needs it pays for it)


@pytest.fixture(scope="session", autouse=True)
def _one_drawing():
    """Each search on shapes10 draws 14,000 images; those of a session share one drawing."""
    from nasnet.data import shapes

    drawn = shapes.shapes10

    @functools.cache
    def once(count, seed):
        images, labels = drawn(count, seed)
        images.flags.writeable = labels.flags.writeable = False
        return images, labels

    shapes.shapes10 = once


@pytest.fixture(scope="module", autouse=True)
def _memory():
    """What a file's Keras models leave behind goes with the file."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session()


@pytest.fixture
def cold_workers(monkeypatch):
    """Workers of a search start as those of a user do: a new Python imports what it needs."""
    from nasnet.runtime import processes

    monkeypatch.setattr(processes, "START", multiprocessing.context.SpawnContext())


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that NASNET_TEST_DATA names."""
    folder = os.environ.get("NASNET_TEST_DATA")
    if not folder:
        pytest.skip("NASNET_TEST_DATA is not set: no real data here")
    return Path(folder)


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server."""
    from tests import postgresql

    if reason := postgresql.missing():
        pytest.skip(reason)
    server = postgresql.Server()
    yield server
    server.close()


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


@pytest.fixture(scope="session")
def keras_mobile(tmp_path_factory):
    """NASNetMobile of `keras.applications` with weights drawn anew: `keras_networks.Published`."""
    from tests.keras_networks import published

    return published(tmp_path_factory.mktemp("keras-mobile"))


@pytest.fixture
def small_images(tmp_path, rng) -> Path:
    """A file of 40 training and 20 validation images of 8 pixels a side, in three classes."""
    path = tmp_path / "images.npz"
    arrays = {}
    for split, count in (("train", 40), ("val", 20)):
        arrays[f"x_{split}"] = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 3
    np.savez(path, **arrays)
    return path


@pytest.fixture
def invoke(capsys):
    """Runs a command in this process: its exit code, output and messages."""
    from nasnet.experiments import cli

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
    from nasnet.experiments import cli
    from tests.searches import TINY

    path = tmp_path_factory.mktemp("runs") / "finished"
    assert cli.run(lambda: cli.parse(["search", *TINY.split(), "--out", str(path)]).run()) == 0
    return path


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory, cell):
    """The run directory of a training that tells colours in images of 12 x 16; not to be changed.

    Its data are `colours.npz` beside it.
    """
    from nasnet.experiments import cli

    folder = tmp_path_factory.mktemp("trained")
    rng, arrays = np.random.default_rng(0), {}
    for split, count in (("train", 120), ("val", 30), ("test", 30)):
        labels = np.arange(count) % 3
        images = rng.integers(0, 120, (count, 12, 16, 3), dtype=np.uint8)
        images[np.arange(count), ..., labels] += 130
        arrays |= {f"x_{split}": images, f"y_{split}": labels}
    np.savez(folder / "colours.npz", class_names=["red", "green", "blue"], **arrays)
    words = "--stack.repeats 1 --stack.filters 4 --recipe.epochs 3 --recipe.batch-size 10"
    places = ["--data", str(folder / "colours.npz"), "--out", str(folder / "run")]
    command = ["train", cell, *words.split(), *places]
    assert cli.run(lambda: cli.parse(command).run()) == 0
    return folder / "run"


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
