"""The small CIFAR-10: where it is looked for, what it is drawn from, and life without it."""

import importlib.util
import io
import threading
from pathlib import Path

import numpy as np
import pytest

from nasnet.data import mini_cifar10, shapes
from nasnet.data.sources import DataError, load


def labels(n, classes=10):
    return np.arange(n) % classes


@pytest.fixture
def quick_shapes(monkeypatch):
    """shapes10 with images of one value each, for tests that are not about the drawing."""

    def draw(count, seed):
        rng = np.random.default_rng(seed)
        return rng.integers(0, 256, (count, 32, 32, 3), np.uint8), labels(count, 10)

    monkeypatch.setattr(shapes, "shapes10", draw)


def test_cifar_out_of_reach_is_asked_for_once_and_auto_says_so(monkeypatch, tmp_path, quick_shapes):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mini_cifar10, "URL", "https://cifar.invalid/a.tar.gz")  # RFC 6761: no host
    urlopen, waits = mini_cifar10.urllib.request.urlopen, []

    def counted(request, *, timeout):
        waits.append(timeout)
        return urlopen(request, timeout=timeout)

    monkeypatch.setattr(mini_cifar10.urllib.request, "urlopen", counted)
    why = r"CIFAR-10 is not on disk and could not be downloaded \(.+\)$"
    with pytest.raises(DataError, match=f"^{why}"):
        load("mini-cifar10")
    dataset = load("auto")
    assert dataset.name == "shapes10"
    with pytest.raises(DataError, match=f"^shapes10, drawn here: {why}"):
        raise DataError(dataset.source)
    assert len(waits) == 2  # once by each
    assert 0 < max(waits) <= 5  # seconds, and then it is given up


def test_a_host_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(mini_cifar10, "_PATIENCE", 0.05)
    given_up = threading.Event()

    def urlopen(*_, **__):
        given_up.wait()
        return io.BytesIO()

    monkeypatch.setattr(mini_cifar10.urllib.request, "urlopen", urlopen)
    assert mini_cifar10.why_unreachable() == "no answer in 0 s"
    given_up.set()
    monkeypatch.setattr(mini_cifar10, "_PATIENCE", 300.0)
    assert mini_cifar10.why_unreachable() is None


def test_only_a_whole_archive_in_keras_home_is_on_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mini_cifar10, "ARCHIVE_BYTES", 10)
    assert not mini_cifar10.on_disk()
    (tmp_path / "datasets").mkdir()
    mini_cifar10.archive_path().write_bytes(b"half")
    assert not mini_cifar10.on_disk()
    mini_cifar10.archive_path().write_bytes(b"0123456789")
    assert mini_cifar10.on_disk()


def test_keras_keeps_the_archive_where_we_look():
    spec = importlib.util.find_spec("keras")
    source = Path(spec.origin).parent / "src" / "datasets" / "cifar10.py"
    text = source.read_text(encoding="utf-8")
    assert f'"{mini_cifar10.ARCHIVE.removesuffix("_archive")}"' in text
    assert f'"{mini_cifar10.URL}"' in text


def test_mini_cifar10_is_drawn_from_the_training_set_alone(monkeypatch):
    y = labels(20_000, 10)
    x = np.arange(20_000, dtype="<u4").view(np.uint8).reshape(-1, 1, 1, 4)
    monkeypatch.setattr(mini_cifar10, "on_disk", lambda: True)
    monkeypatch.setattr(mini_cifar10, "_training_set", lambda: (x, y))
    dataset, again = load("auto", seed=0), load("mini-cifar10", seed=1)
    assert dataset.name == "mini-cifar10"
    assert "CIFAR-10's training set" in dataset.source
    drawn = [x.tobytes() for s in ("train", "val", "test") for x in getattr(dataset, f"x_{s}")]
    assert len(drawn) == len(set(drawn)) == 14_000
    for split, count in (("train", 1000), ("val", 200), ("test", 200)):
        np.testing.assert_array_equal(np.bincount(getattr(dataset, f"y_{split}")), count)
    np.testing.assert_array_equal(dataset.x_train, again.x_train)
    where = dataset.x_val.reshape(-1, 4).copy().view("<u4")[:, 0]
    np.testing.assert_array_equal(y[where], dataset.y_val)
