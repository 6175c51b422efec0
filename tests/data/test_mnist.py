"""MNIST by its name: the file that Keras keeps."""

import sys
from pathlib import Path

import numpy as np
import pytest

from nasnet.data import downloads, mnist, sources


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A file in Keras' folder, in its form."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    rng, path = np.random.default_rng(0), downloads.keras_datasets() / mnist.FILE
    path.parent.mkdir(parents=True)
    arrays = {}
    for split, count in (("train", 120), ("test", 30)):
        arrays[f"x_{split}"] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        arrays[f"y_{split}"] = (np.arange(count) % 10).astype(np.uint8)
    np.savez(path, **arrays)
    return arrays


def test_the_file_of_keras_is_read_without_keras(kept, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    found = sources.load("mnist", seed=3)
    assert found.name == "mnist"
    assert found.image_shape == (28, 28, 1)
    assert (len(found.x_train) + len(found.x_val), len(found.x_test)) == (120, 30)
    np.testing.assert_array_equal(found.x_test[..., 0], kept["x_test"])
    np.testing.assert_array_equal(sources.load("mnist", seed=3).x_val, found.x_val)


def test_the_download_is_that_of_keras():
    from keras.src.datasets import mnist as theirs

    text = Path(theirs.__file__).read_text()
    assert mnist._SHA256 in text
    folder, _, name = mnist.URL.rpartition("/")
    assert f"{folder}/" in text
    assert name == mnist.FILE


def test_a_download_that_breaks_off_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mnist, "URL", (tmp_path / "gone.npz").as_uri())
    with pytest.raises(sources.DataError, match=r"^MNIST could not be downloaded \(.*\)$"):
        sources.load("mnist")


def test_the_real_file_has_ten_digits(real_data):
    found = sources.load(str(real_data / "mnist.npz"))
    assert (len(found.x_train), len(found.x_val), len(found.x_test)) == (55_000, 5_000, 10_000)
    assert len(found.classes) == 10
