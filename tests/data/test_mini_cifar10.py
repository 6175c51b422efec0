"""The small CIFAR-10: where it is looked for, what it is drawn from, and life without it."""

import hashlib
import importlib.util
import io
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from nasnet.data import mini_cifar10, shapes
from nasnet.data.sources import DataError, load
from tests.data.arrays.test_distributed import TEN, archived, pickled


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
    assert f'"{mini_cifar10._SHA256}"' in text


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """CIFAR-10's form with 20,000 training images, each with its number in its first pixels."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    rows = np.zeros((20_000, 3072), np.uint8)
    rows[:, :4] = np.arange(20_000, dtype="<u4").view(np.uint8).reshape(-1, 4)
    contents = {"batches.meta": {"label_names": list(TEN)}}
    for i in range(5):
        part = {"labels": labels(4000).tolist(), "data": rows[4000 * i : 4000 * (i + 1)]}
        contents[f"data_batch_{i + 1}"] = part
    files = {name: b"\x80\x02" + pickled(value) + b"." for name, value in contents.items()}
    path = archived(mini_cifar10.archive_path(), files)
    monkeypatch.setattr(mini_cifar10, "ARCHIVE_BYTES", path.stat().st_size)
    return path


def test_the_images_of_an_archive_are_those_that_keras_gave(archive, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)  # is not needed
    dataset, digest = load("mini-cifar10"), hashlib.sha256()
    for split in ("train", "val", "test"):
        numbers = getattr(dataset, f"x_{split}")[:, 0, :4, 0].copy().view("<u4")[:, 0]
        np.testing.assert_array_equal(numbers % 10, getattr(dataset, f"y_{split}"))
        digest.update(numbers.tobytes())
    # Of the same 20,000 images, chosen when Keras unpickled the archive.
    expected = "fb83fd36c91264fcb1f4e4188798be2b678f706f81d8fa24c34e2d8812e5b69b"
    assert digest.hexdigest() == expected


def test_a_damaged_archive_is_named(archive, monkeypatch):
    content = archive.read_bytes()[:-1000]
    archive.write_bytes(content)
    monkeypatch.setattr(mini_cifar10, "ARCHIVE_BYTES", len(content))
    with pytest.raises(
        DataError, match=r"batches-py-target_archive: the file is damaged, expected"
    ):
        load("mini-cifar10")


def test_a_download_that_breaks_off_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mini_cifar10, "why_unreachable", lambda: None)
    monkeypatch.setattr(mini_cifar10, "URL", (tmp_path / "gone.tar.gz").as_uri())
    with pytest.raises(DataError, match=r"^CIFAR-10 could not be downloaded \(.*\)$") as info:
        load("mini-cifar10")
    assert "\n" not in str(info.value)


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
