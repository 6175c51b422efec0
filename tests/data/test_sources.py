"""Data sets: what is accepted, how it is cut down and stored, and what `load` refuses."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from nasnet.data import dataset as data_core
from nasnet.data import shapes
from nasnet.data.sources import DataError, Dataset, load, read_arrays, subset, write_arrays

DRAW = shapes.shapes10


def images(n, *shape):
    return np.random.default_rng(n).integers(0, 256, (n, *(shape or (8, 8, 3))), dtype=np.uint8)


def labels(n, classes=3):
    return np.arange(n) % classes


def small(n=60, **changes):
    arrays = {"x_train": images(n), "y_train": labels(n), "x_val": images(9), "y_val": labels(9)}
    return Dataset(
        **{"name": "small", "source": "made up", "classes": ("a", "b", "c")} | arrays | changes
    )


@pytest.fixture
def quick_shapes(monkeypatch):
    """shapes10 with images of one value each, for tests that are not about the drawing."""

    def draw(count, seed):
        rng = np.random.default_rng(seed)
        return rng.integers(0, 256, (count, 32, 32, 3), np.uint8), labels(count, 10)

    monkeypatch.setattr(shapes, "shapes10", draw)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ("a",)}, "number of classes is 1, expected at least 2"),
        ({"classes": ("a", "b", "a")}, "class name 'a' is given twice, expected different"),
        ({"x_train": images(60) / 255}, "x_train is float64, expected uint8"),
        ({"x_train": images(60, 8, 8)}, "x_train has shape 60 x 8 x 8, expected N x H x W x C"),
        ({"x_val": images(9, 4, 8, 3)}, "images of x_val are 4 x 8 x 3, expected 8 x 8 x 3 as in"),
        ({"y_val": labels(8)}, "y_val has 8 labels, expected 9 as in x_val"),
        ({"y_val": labels(9) * 1.0}, "y_val is float64, expected integers"),
        ({"y_val": labels(9)[:, None]}, "y_val has shape 9 x 1, expected N"),
        ({"y_val": labels(9) + 1}, "a label in y_val is 3, expected 0 to 2"),
        ({"y_train": labels(60) - 1}, "a label in y_train is -1, expected 0 to 2"),
        ({"x_val": images(0), "y_val": labels(0)}, "x_val has shape 0 x 8 x 8 x 3, expected at le"),
        ({"x_train": images(60, 8, 0, 3)}, "x_train has shape 60 x 8 x 0 x 3, expected at least"),
        ({"x_val": None, "y_val": None}, "x_val is missing, expected it beside y_val"),
        ({"x_test": images(9)}, "y_test is missing, expected it beside x_test"),
        ({"y_test": labels(9)}, "x_test is missing, expected it beside y_test"),
    ],
)
def test_an_invalid_data_set_cannot_exist(changes, message):
    with pytest.raises(DataError, match=message):
        small(**changes)


def test_labels_of_any_integer_type_become_int64():
    assert small(y_train=labels(60).astype(np.uint8)).y_train.dtype == np.int64
    assert small().image_shape == (8, 8, 3)


@pytest.mark.parametrize(("sizes", "count"), [((50, 50, 50), 31), ((90, 9, 1), 20), ((7, 5), 12)])
def test_a_stratified_draw_keeps_the_shares(sizes, count):
    y = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    drawn = data_core.stratified(y, count, np.random.default_rng(1))
    assert len(set(drawn.tolist())) == count
    got = np.bincount(y[drawn], minlength=len(sizes))
    assert np.abs(got - np.array(sizes) * count / len(y)).max() <= 1
    assert got.min() >= 1


def test_a_subset_is_stratified_and_drawn_by_the_seed():
    whole = small(300)
    part = subset(whole, 31, None, seed=4)
    assert np.ptp(np.bincount(part.y_train)) <= 1
    assert part.x_val is whole.x_val
    rows = [i.tobytes() for i in whole.x_train]
    where = [rows.index(i.tobytes()) for i in part.x_train]
    assert len(set(where)) == 31
    np.testing.assert_array_equal(whole.y_train[where], part.y_train)
    np.testing.assert_array_equal(part.x_train, subset(whole, 31, 6, seed=4).x_train)
    assert not np.array_equal(part.x_train, subset(whole, 31, None, seed=5).x_train)


@pytest.mark.parametrize(
    ("train", "val", "message"),
    [
        (61, None, "train subset of small: number of images asked for is 61, expected at most 60"),
        (None, 10, "val subset of small: number of images asked for is 10, expected at most 9"),
        (2, None, "number of images asked for is 2, expected at least 3, one for each class"),
        (None, 0, "number of images asked for is 0, expected at least 3"),
    ],
)
def test_a_subset_that_cannot_be_drawn_is_refused(train, val, message):
    with pytest.raises(DataError, match=message):
        subset(small(), train, val, seed=0)


@pytest.mark.parametrize("test", [{}, {"x_test": images(6), "y_test": labels(6)}])
def test_stored_arrays_come_back_mapped_from_disk(tmp_path, test):
    dataset = small(classes=("ä", "b", "c"), **test)
    write_arrays(dataset, tmp_path / "new" / "folder")
    back = read_arrays(tmp_path / "new" / "folder")
    assert isinstance(back.x_train, np.memmap)
    for field in dataclasses.fields(Dataset):
        np.testing.assert_equal(getattr(back, field.name), getattr(dataset, field.name))


@pytest.mark.parametrize("broken", ["dataset.json", "x_train.npy", "y_val.npy"])
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY\x01\x00v", b"{}"])
def test_a_damaged_store_is_refused(tmp_path, broken, content):
    write_arrays(small(), tmp_path)
    (tmp_path / broken).unlink() if content is None else (tmp_path / broken).write_bytes(content)
    with pytest.raises(DataError, match=r"is no stored data set, expected one: \S") as caught:
        read_arrays(tmp_path)
    assert "\n" not in str(caught.value)


def test_shapes10_has_three_disjoint_splits_fixed_by_the_seed(monkeypatch):
    monkeypatch.setattr(shapes, "shapes10", DRAW)  # the session's tests share one drawing else
    dataset, again = load("shapes10", seed=1), load("shapes10", seed=1)
    splits = [dataset.x_train, dataset.x_val, dataset.x_test]
    assert [len(x) for x in splits] == [10_000, 2_000, 2_000]
    assert len({i.tobytes() for x in splits for i in x}) == 14_000
    np.testing.assert_array_equal(dataset.x_test, again.x_test)
    np.testing.assert_array_equal(np.bincount(dataset.y_val), 200)


def test_another_seed_draws_other_shapes(quick_shapes):
    assert not np.array_equal(load("shapes10", seed=0).x_val, load("shapes10", seed=1).x_val)


def test_an_unknown_name_or_bad_number_is_refused(tmp_path):
    expected = "expected auto, mini-cifar10, mnist, shapes10, the path of an .npz"
    with pytest.raises(DataError, match=f"data set is 'cifar', {expected}"):
        load("cifar")
    with pytest.raises(DataError, match=rf"data set is '.*gone\.npz', {expected}"):
        load(str(tmp_path / "gone.npz"))
    with pytest.raises(DataError, match="image_size is 0, expected at least 1"):
        load("shapes10", image_size=0)
    with pytest.raises(DataError, match="seed is -1, expected at least 0"):
        load("shapes10", seed=-1)


def test_image_size_resizes_arrays_too(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x_train=images(60), y_train=labels(60), x_test=images(6), y_test=labels(6))
    dataset = load(str(path), image_size=4)
    assert dataset.x_train.shape[1:] == dataset.x_val.shape[1:] == dataset.x_test.shape[1:]
    assert dataset.image_shape == (4, 4, 3)
    assert dataset.source.endswith("; resized to 4 x 4")
    assert abs(dataset.x_test.mean() - images(6).mean()) < 3


def test_reading_data_does_not_import_tensorflow(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=images(60), y_train=labels(60))
    code = (
        "import sys; from nasnet.data.sources import load; load(sys.argv[1]); "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.npz")]
    subprocess.run(command, check=True)
