"""`nasnet data` says what a search would be given."""

import json

import numpy as np
import pytest

from nasnet.data.sources import load
from nasnet.experiments.runs.facts import DataFacts


@pytest.fixture
def source(tmp_path, rng):
    """Images with channels first, labels from 1, and two images in both splits."""
    path = tmp_path / "my images.npz"
    x = rng.integers(0, 256, (180, 3, 16, 12), np.uint8)
    y = np.arange(180) % 3 + 1
    x[60:62] = x[:2]
    np.savez(path, train_images=x[:60], train_labels=y[:60], val_images=x[60:], val_labels=y[60:])
    return path


def test_it_says_what_was_understood(source, invoke):
    code, out, err = invoke("data", source)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    dataset = load(str(source))
    assert lines[:4] == DataFacts.of(dataset).text()
    assert "16 x 12 x 3, 3 classes, values 0 to 255, 60 train + 120 val images" in lines[0]
    assert "channels came first" in out
    assert "labels 1 to 3 became 0 to 2" in out
    assert "in train, too" in out
    assert lines[-1] == "fit to search on: yes, but 2 images of val are in train, too"


def test_as_json_it_is_one_document(source, invoke, tmp_path):
    sheet = tmp_path / "new" / "sheet.png"
    code, out, _ = invoke("data", source, "--image-size", "8", "-o", sheet, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["image_shape"] == [8, 8, 3]
    assert found["classes"] == ["1", "2", "3"]
    assert found["content"] == load(str(source), image_size=8).content
    assert found["splits"]["train"] == {
        "images": 60,
        "per_class": [20, 20, 20],
        "flat": 0,
        "repeated": 0,
    }
    assert found["shared"] == {"train, val": 2}
    assert found["file"] == str(sheet)
    assert sheet.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_images_of_nothing_are_unfit(tmp_path, invoke):
    colours = np.arange(60, dtype=np.uint8)[:, None, None, None] * 4 + np.zeros(
        (16, 16, 3), np.uint8
    )
    np.savez(tmp_path / "flat.npz", x_train=colours, y_train=np.arange(60) % 2)
    code, out, _ = invoke("data", tmp_path / "flat.npz")
    assert code == 1
    assert "fit to search on: no, because 50 of 50 training images are of one colour" in out


def test_many_classes_are_summed_up(tmp_path, invoke, rng):
    x, y = rng.integers(0, 256, (3000, 8, 8, 1), np.uint8), np.arange(3000) % 300
    np.savez(tmp_path / "many.npz", x_train=x, y_train=y)
    code, out, _ = invoke("data", tmp_path / "many.npz")
    assert code == 0
    assert "300 classes" in out
    assert len(out.splitlines()) < 20


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.zeros((60, 784))}, "x_train has shape 60 x 784, flat images, expected"),
        ({"x_train": np.full((60, 8, 8), np.nan)}, "x_train has values that are NaN or infinite"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, invoke, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays, y_train=np.arange(60) % 2)
    code, out, err = invoke("data", tmp_path / "bad.npz", "-o", tmp_path / "sheet.png")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err
    assert not (tmp_path / "sheet.png").exists()


def test_a_sheet_of_another_kind_is_refused(source, tmp_path, invoke):
    code, _, err = invoke("data", source, "-o", tmp_path / "sheet.txt")
    assert code == 2
    assert "suffix of 'sheet.txt' is '.txt', expected one of: .pdf, .png, .svg" in err
