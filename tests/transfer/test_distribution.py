"""Two devices, or two processes, train as one device does with two accumulation steps."""

import json

import numpy as np
import pytest

from nasnet.transfer.training.distribution import Replicas, WorkerLost, cluster
from nasnet.transfer.training.history import read_history
from nasnet.transfer.training.intervals import Intervals
from tests.processes import Program, free_ports
from tests.transfer_task import make_trainer

OFTEN = Intervals(checkpoint_every=2, log_every=2, max_bad=1.0)


def start_task(folder, *arguments, **cluster):
    folder.mkdir(exist_ok=True)
    return Program("tests.transfer_task", folder, *arguments, **cluster)


def assert_same_training(one, two):
    """Two run directories; they differ by rounding, as sums are taken in another order."""
    with np.load(one / "end.npz") as a, np.load(two / "end.npz") as b:
        assert a.files == b.files
        for name in a.files:
            scale = np.abs(a[name]).max()
            np.testing.assert_allclose(a[name], b[name], rtol=0, atol=1e-5 * scale, err_msg=name)
    rows = [read_history(folder / "history.csv") for folder in (one, two)]
    for first, second in zip(*rows, strict=True):
        for name in ("kind", "epoch", "step", "learning_rate", "images", "bad_images"):
            assert first[name] == second[name]
        assert float(first["loss"]) == pytest.approx(float(second["loss"]), rel=1e-5)


def train_alone(folder, **options):
    """One device that takes two micro-batches before each update."""
    folder.mkdir()
    trainer = make_trainer(folder, accumulate=2, intervals=OFTEN, **options)
    trainer.fit()
    np.savez(folder / "end.npz", **trainer.state())


@pytest.mark.slow
def test_two_mirrored_devices_train_as_one_that_accumulates(tmp_path):
    process = start_task(tmp_path / "mirrored", "--mirrored")
    train_alone(tmp_path / "alone")
    process.finish()
    assert_same_training(tmp_path / "alone", tmp_path / "mirrored")


@pytest.mark.slow
def test_two_processes_train_as_one_that_accumulates_and_go_on_after_a_kill(tmp_path):
    """A process is killed; the other stops with a message; both go on from the checkpoint.

    The chief names the bad images of both, more of them than the two send around in one call.
    """
    folder, ports = tmp_path / "workers", free_ports(2)
    arguments = ("--multi-worker", "--bad", "80")
    slow = (*arguments, "--pause", "0.2")
    workers = [start_task(folder, *slow, worker=i, ports=ports) for i in (0, 1)]
    workers[0].wait_for("step 7")
    workers[1].kill()
    _, err = workers[0].finish(code=1)
    assert "one of the 2 workers is gone" in err
    assert "start all of them again with --resume" in err
    ports = free_ports(2)
    workers = [start_task(folder, *arguments, worker=i, ports=ports) for i in (0, 1)]
    outputs = [worker.finish()[0] for worker in workers]
    for out in outputs:
        assert out.startswith("going on behind step ")
    train_alone(tmp_path / "alone", bad=range(80))
    assert_same_training(tmp_path / "alone", folder)
    names = [(path / "bad-images.txt").read_text() for path in (tmp_path / "alone", folder)]
    assert names[0] == names[1]
    assert names[0].count("val/") == 80


@pytest.mark.slow
def test_processes_of_other_settings_refuse_each_other(tmp_path):
    ports = free_ports(2)
    first = start_task(tmp_path, "--multi-worker", worker=0, ports=ports)
    other = start_task(tmp_path, "--multi-worker", "--fingerprint", "5", worker=1, ports=ports)
    for process in (first, other):
        _, err = process.finish(code=1)
        assert "workers differ in their settings or checkpoints, expected the same" in err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"ps": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_cluster_that_is_not_described_is_refused(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match=r"TF_CONFIG is .*, expected the like of"):
        cluster()


def test_a_cluster_knows_who_is_who(monkeypatch):
    task = {"type": "worker", "index": 1}
    config = {"cluster": {"worker": ["a:1", "b:1", "c:1"]}, "task": task}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert cluster() == (1, 3)


def test_errors_of_one_process_are_not_taken_for_a_lost_worker():
    import tensorflow as tf

    error = tf.errors.UnavailableError(None, None, "no")
    replicas = Replicas()
    with pytest.raises(tf.errors.UnavailableError), replicas.watched():
        raise error
    replicas.workers = 2
    with pytest.raises(WorkerLost, match="one of the 2 workers is gone"), replicas.watched():
        raise error
    with pytest.raises(ValueError, match="other"), replicas.watched():
        raise ValueError("other")


def test_one_that_is_gone_after_all_have_agreed_takes_no_one_down(tmp_path, monkeypatch):
    import tensorflow as tf

    asked = []

    def agree(*numbers):
        asked.append(numbers)
        if len(asked) == lost_at:
            raise tf.errors.UnavailableError(None, None, "Socket closed")
        return True

    trainer = make_trainer(tmp_path)
    monkeypatch.setattr(trainer._engine, "agree", agree)
    monkeypatch.setattr(trainer._engine.replicas, "workers", 2)
    lost_at = 1
    with pytest.raises(WorkerLost, match="one of the 2 workers is gone"):
        trainer.wait()
    asked.clear()
    lost_at = 2
    trainer.wait()
    assert asked == [(trainer.total,), (0,)]
