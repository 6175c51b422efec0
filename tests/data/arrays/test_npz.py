"""Data sets that a person brings as files of arrays, whole and broken."""

import os
import zipfile

import numpy as np
import pytest

from nasnet.data import mini_cifar10
from nasnet.data.sources import DataError, load


def images(n, *shape):
    return np.random.default_rng(n).integers(0, 256, (n, *(shape or (8, 8, 3))), dtype=np.uint8)


def labels(n, classes=3):
    return np.arange(n) % classes


def write_npz(path, **changes):
    arrays = {"x_train": images(60), "y_train": labels(60)} | changes
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
    return path


def test_an_npz_is_read_with_its_notes_passed_over(tmp_path):
    path = write_npz(
        tmp_path / "mine.npz",
        x_val=images(9),
        y_val=labels(9)[:, None],
        x_test=images(6),
        y_test=labels(6).astype(np.int32),
        class_names=np.array(["a", "b", "c"]),
        idx_train=np.arange(60),
        lossless_val=np.array([object()]),  # never unpickled
    )
    dataset = load(str(path))
    assert (dataset.name, dataset.classes) == ("mine", ("a", "b", "c"))
    assert (len(dataset.x_train), len(dataset.x_val), len(dataset.x_test)) == (60, 9, 6)
    assert dataset.y_val.shape == (9,)
    assert str(path) in dataset.source


def test_validation_data_is_held_out_of_the_training_data_by_the_seed(tmp_path):
    path = write_npz(
        tmp_path / "a.npz", x_train=images(60, 8, 8), x_test=images(6, 8, 8), y_test=labels(6)
    )
    dataset, other = load(str(path), seed=0), load(str(path), seed=1)
    assert dataset.image_shape == (8, 8, 1)
    assert dataset.classes == ("0", "1", "2")
    assert "10 training images are held out for validation" in dataset.notes
    both = np.concatenate([dataset.x_train, dataset.x_val])[..., 0]
    assert {i.tobytes() for i in both} == {i.tobytes() for i in images(60, 8, 8)}
    assert len(both) == 60
    assert np.ptp(np.bincount(dataset.y_val)[:3]) <= 1
    assert not np.array_equal(dataset.x_val, other.x_val)
    np.testing.assert_array_equal(dataset.x_val, load(str(path), seed=0).x_val)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": None}, "x_train is missing, expected it beside y_train"),
        ({"y_train": None}, "y_train is missing, expected it beside x_train"),
        ({"x_val": images(9)}, "y_val is missing, expected it beside x_val"),
        (
            {"x_extra": images(9)},
            "array name is 'x_extra', expected x_train, y_train, x_val, y_val",
        ),
        ({"x_train": np.uint8(3)}, r"x_train has shape \(\), expected N x H x W x C"),
        ({"y_train": labels(59)}, "y_train has 59 labels, expected 60 as in x_train"),
        ({"y_train": np.zeros(60, int)}, "number of classes is 1, expected at least 2"),
        (
            {"y_train": np.arange(60) // 59},
            "training images with label 1 is 1, expected at least 2",
        ),
        ({"class_names": np.array(["a", "b"])}, "a label in y_train is 2, expected 0 to 1"),
        ({"class_names": np.arange(3)}, "class_names is 1-d int64, expected a list of text"),
        ({"x_train": np.array([object()] * 60)}, "x_train is pickled or no array at all, expected"),
    ],
)
def test_a_bad_npz_is_refused_in_one_line_with_its_name(tmp_path, changes, message):
    path = write_npz(tmp_path / "bad.npz", **changes)
    with pytest.raises(DataError, match=f"bad.npz: .*{message}") as caught:
        load(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [0, 3, 200, 5000, -100, -10])
def test_a_truncated_npz_is_refused(tmp_path, cut):
    path = write_npz(tmp_path / "cut.npz")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DataError, match=r"cut.npz: the file is (damaged|pickled)") as caught:
        load(str(path))
    assert "\n" not in str(caught.value)


def test_flipped_bytes_in_an_npz_are_found(tmp_path):
    path = write_npz(tmp_path / "flip.npz")
    content = bytearray(path.read_bytes())
    content[4000] ^= 255
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"flip.npz: x_train is damaged, expected a whole file of arrays: .*CRC"
    ):
        load(str(path))


def test_other_files_in_place_of_an_npz_are_refused(tmp_path):
    np.save(tmp_path / "one.npy", images(3))
    with pytest.raises(DataError, match=r"one.npy: the file is a single array, expected an .npz"):
        load(str(tmp_path / "one.npy"))
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as archive:
        archive.writestr("x_train", "some text")
    with pytest.raises(DataError, match=r"text.npz: x_train is not an array of numbers or text"):
        load(str(tmp_path / "text.npz"))


def test_a_folder_of_arrays_is_read_as_an_npz_of_them(tmp_path):
    arrays = {"x_train": images(60), "y_train": labels(60), "x_val": images(9), "y_val": labels(9)}
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    dataset, other = load(str(folder)), load(str(write_npz(tmp_path / "mine.npz", **arrays)))
    assert (dataset.name, dataset.content) == ("mine", other.content)
    (folder / "y_val.npy").write_bytes(b"labels")
    with pytest.raises(DataError, match=r"mine: y_val.npy is pickled or no array at all"):
        load(str(folder))
    (folder / "y_val.npy").rename(folder / "z.npy")
    with pytest.raises(DataError, match=r"mine: array name is 'z', expected x_train, y_train"):
        load(str(folder))


def test_a_file_of_any_name_is_read_and_named(tmp_path):
    path = tmp_path / os.fsdecode(b"odd \xff\n.npz")
    with path.open("wb") as file:
        np.savez(file, x_train=images(60), y_train=labels(60))
    dataset = load(str(path))
    assert dataset.name == r"odd \xff\n"
    assert dataset.describe()[0].isprintable()
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"odd \\xff\\n.npz: the file is damaged") as caught:
        load(str(path))
    assert str(caught.value).isprintable()


def test_real_arrays_are_read(real_data):
    cifar, mnist = load(str(real_data / "mini_cifar10.npz")), load(str(real_data / "mnist.npz"))
    assert cifar.classes == mini_cifar10.CLASS_NAMES
    assert (len(cifar.x_train), len(cifar.x_val), cifar.x_test) == (10_000, 2_000, None)
    assert (len(mnist.x_train), len(mnist.x_val), len(mnist.x_test)) == (55_000, 5_000, 10_000)
    assert mnist.image_shape == (28, 28, 1)
    shares = np.bincount(mnist.y_val) / 5_000, np.bincount(mnist.y_train) / 55_000
    np.testing.assert_allclose(*shares, atol=2e-4)
