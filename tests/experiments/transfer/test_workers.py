"""`nasnet transfer train` in two processes that share a run directory, killed and resumed."""

import json
import shutil

import keras
import numpy as np
import pytest

from nasnet.transfer.training.checkpoints import Checkpoints
from nasnet.transfer.training.history import read_history
from tests.processes import Program, free_ports
from tests.transfer_runs import TINY

pytestmark = pytest.mark.slow
BAD = ("train/bright/5.jpg", "train/bright/7.jpg", "train/dark/3.jpg", "val/dark/1.jpg")


@pytest.fixture(scope="module")
def command(cell, photos, tmp_path_factory):
    """All of a training but where it goes: 36 steps, so that there is time to kill it.

    At rates this small sums that are taken in another order stay where they are.
    """
    folder = tmp_path_factory.mktemp("data") / "photos"
    shutil.copytree(photos, folder)
    for path in BAD:
        (folder / path).write_bytes(b"no image")
    arguments = [cell, "--data", str(folder), *TINY.split(), "--batch-size", "8"]
    arguments += ["--epochs", "12", "--recipe.learning-rate", "0.0001", "--checkpoint-every", "1"]
    return ["train", *arguments, "--validate-every", "3", "--distribution", "multi-worker"]


def start_both(*commands):
    """Each process with its own arguments."""
    ports = free_ports(2)
    return [
        Program("nasnet.experiments.cli", "transfer", *arguments, worker=i, ports=ports)
        for i, arguments in enumerate(commands)
    ]


@pytest.fixture(scope="module")
def whole(command, tmp_path_factory):
    """The run directory of an undisturbed training; the second process is given another one."""
    run, other = tmp_path_factory.mktemp("run") / "run", tmp_path_factory.mktemp("other") / "run"
    for worker in start_both([*command, "--out", str(run)], [*command, "--out", str(other)]):
        worker.finish()
    assert not other.exists()
    return run


def assert_whole(run, expected=None):
    """A run directory has all that it says; and the same as another one, up to rounding."""
    names = {path.name for path in run.iterdir()}
    files = {"config.json", "genotype.json", "labels.txt", "history.csv", "nasnet.lock"}
    files |= {"README.md", "usage.py", "cell.svg", "preprocessing.json"}
    assert names == files | {"model.keras", "result.json", "checkpoints", "bad-images.txt"}
    assert (run / "bad-images.txt").read_text().splitlines() == list(BAD)
    result, rows = json.loads((run / "result.json").read_text()), read_history(run / "history.csv")
    assert (result["steps"], result["images"]) == (36, 7)
    assert [int(row["step"]) for row in rows if row["kind"] == "train"] == [*range(3, 37, 3)]
    assert [int(row["step"]) for row in rows if row["kind"] != "train"] == [*range(9, 37, 9)]
    assert result["bad_images"] == sum(int(row["bad_images"]) for row in rows)
    assert float(rows[-1]["loss"]) == pytest.approx(result["loss"], rel=1e-5)
    weights = keras.models.load_model(run / "model.keras").get_weights()
    if expected is None:
        return
    before = read_history(expected / "history.csv")
    for row, other in zip(rows, before, strict=True):
        assert float(row["loss"]) == pytest.approx(float(other["loss"]), rel=1e-4)
    theirs = keras.models.load_model(expected / "model.keras").get_weights()
    for mine, other in zip(weights, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-4 * np.abs(other).max())


def test_both_processes_end_well_and_the_chief_alone_writes(whole):
    assert_whole(whole)


@pytest.mark.parametrize("killed", [0, 1])
def test_after_a_kill_of_either_process_both_go_on(command, whole, tmp_path, killed):
    run = tmp_path / "run"
    workers = start_both(*[[*command, "--out", str(run)]] * 2)
    checkpoints = Checkpoints(run / "checkpoints")
    workers[killed].wait_for(checkpoints.paths)
    workers[killed].kill()
    _, err = workers[1 - killed].finish(code=1)
    assert "nasnet: error: one of the 2 workers is gone" in err
    assert not (run / "result.json").exists()
    for worker in start_both(*[["train", "--resume", str(run)]] * 2):
        _, err = worker.finish()
        assert "going on behind step " in err
    assert_whole(run, whole)


def test_a_folder_that_the_chief_refuses_ends_both_in_a_line(command, whole):
    chief, other = start_both(*[[*command, "--out", str(whole)]] * 2)
    _, err = chief.finish(code=2)
    assert "holds a run already, expected a new folder" in err
    _, err = other.finish(code=1)
    assert "nasnet: error: one of the 2 workers is gone" in err
    assert "Traceback" not in err
