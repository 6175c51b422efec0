"""`--tensorboard`, read back with TensorBoard's own reader and held against `history.csv`."""

import shutil

import numpy as np
import pytest

from nasnet.experiments.cli import run as run_cli
from nasnet.experiments.transfer.progress import SCALARS, EventFiles
from nasnet.transfer.training.checkpoints import Checkpoints
from nasnet.transfer.training.history import read_history
from tests.transfer_runs import TINY, train

need = "tensorboard is not installed: make test SLOW=1 installs it"
accumulators = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason=need
)
plugins = pytest.importorskip(
    "tensorboard.backend.event_processing.plugin_event_accumulator", reason=need
)


def scalars(folder, reader=accumulators):
    """All of a folder: (tag, step, value), by the reader for programs or TensorBoard's own."""
    events = reader.EventAccumulator(str(folder))
    events.Reload()
    if reader is accumulators:
        tags = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
        return sorted((tag, e.step, e.value) for tag in tags for e in tags[tag])
    tags = {tag: events.Tensors(tag) for tag in events.Tags()["tensors"]}
    return sorted((tag, e.step, e.tensor_proto.float_val[0]) for tag in tags for e in tags[tag])


def assert_history(run, *, reader=accumulators):
    """The files show each row of the history once, and nothing else."""
    expected = sorted(
        (f"{row['kind']}/{name}", int(row["step"]), float(row[name]))
        for row in read_history(run / "history.csv")
        for name in SCALARS
        if row[name]
    )
    found = scalars(run / "tensorboard", reader)
    assert [f[:2] for f in found] == [e[:2] for e in expected]
    np.testing.assert_allclose([f[2] for f in found], [e[2] for e in expected], rtol=1e-5)


@pytest.fixture(scope="module")
def whole(cell, photos, tmp_path_factory):
    """The run directory of an undisturbed training in float16, whose rows have all numbers."""
    out = tmp_path_factory.mktemp("runs") / "run"
    command = train(
        cell, "--data", str(photos), *TINY.split(), "--batch-size", "8", "--epochs", "3",
        "--validate-every", "1", "--checkpoint-every", "1", "--log-every", "2", "--keep", "99",
        "--precision", "mixed_float16", "--tensorboard", "--out", str(out),
    )  # fmt: skip
    assert run_cli(command.run) == 0
    return out


@pytest.mark.slow
def test_tensorboard_shows_the_history(whole):
    tags = {tag for tag, _, _ in scalars(whole / "tensorboard")}
    assert tags == {f"train/{name}" for name in SCALARS} | {
        f"validation/{name}" for name in ("loss", "top1", "top5")
    }
    assert_history(whole)


@pytest.mark.slow
@pytest.mark.parametrize("step", [4, 6])
def test_after_a_resume_no_step_is_there_twice(whole, tmp_path, step):
    """Taken back to the middle and to the end of an epoch; rows behind that are there already."""
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    for path in Checkpoints(run / "checkpoints").paths():
        if path > Checkpoints(run / "checkpoints").path(step):
            path.unlink()
    assert run_cli(train("--resume", str(run), "--tensorboard").run) == 0
    assert len(list((run / "tensorboard").iterdir())) == 2
    for reader in (accumulators, plugins):
        assert_history(run, reader=reader)


def test_a_row_is_in_the_file_at_once(tmp_path):
    """What a kill would leave: nothing is closed."""
    files = EventFiles(tmp_path)
    files.add({"kind": "train", "step": 3, "loss": 0.5, "epoch": 1})
    assert scalars(tmp_path) == [("train/loss", 3, 0.5)]
    files.close()


@pytest.mark.slow
def test_a_finished_run_that_is_resumed_keeps_what_it_shows(whole, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    assert run_cli(train("--resume", str(run), "--tensorboard").run) == 0
    assert_history(run)
