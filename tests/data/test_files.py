"""Data sets that a person brings: .npz files and folders, whole and broken."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasnet.data import files, mini_cifar10
from nasnet.data.sources import DataError, load


def images(n, *shape):
    return np.random.default_rng(n).integers(0, 256, (n, *(shape or (8, 8, 3))), dtype=np.uint8)


def labels(n, classes=3):
    return np.arange(n) % classes


def write_npz(path, **changes):
    arrays = {"x_train": images(60), "y_train": labels(60)} | changes
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
    return path


def write_folder(root, **counts):
    """Image files; `write_folder(root, train={"a": 3})` makes root/train/a/0.png to 2.png."""
    for split, classes in counts.items():
        for name, n in classes.items():
            folder = root / name if split == "flat" else root / split / name
            folder.mkdir(parents=True)
            for i, image in enumerate(images(n, 12, 10, 3)):
                Image.fromarray(image).save(folder / f"{i}.png")
    return root


@pytest.fixture
def real_data():
    if "NASNET_TEST_DATA" not in os.environ:
        pytest.skip("NASNET_TEST_DATA names no folder of real data")
    return Path(os.environ["NASNET_TEST_DATA"])


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
        tmp_path / "a.npz", x_train=images(60, 8, 8), x_test=images(6, 8, 8), y_test=labels(6) + 1
    )
    dataset, other = load(str(path), seed=0), load(str(path), seed=1)
    assert dataset.image_shape == (8, 8, 1)
    assert dataset.classes == ("0", "1", "2", "3")
    assert "10 training images held out for validation" in dataset.source
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
        ({"x_train": images(60) / 255}, "x_train is float64, expected uint8"),
        ({"x_train": images(60, 8)}, "x_train has shape 60 x 8, expected N x H x W x C"),
        ({"x_train": np.uint8(3)}, r"x_train has shape \(\), expected N x H x W x C"),
        ({"y_train": labels(60) - 1}, "a label in y_train is -1, expected 0 to 1"),
        ({"y_train": labels(60) + 10**12}, "a label in y_train is 1000000000002, expected 0 to 59"),
        ({"y_train": labels(59)}, "y_train has 59 labels, expected 60 as in x_train"),
        ({"y_train": np.eye(60)}, "y_train is float64, expected integers"),
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
        DataError, match=r"flip.npz: x_train is damaged, expected a whole .npz: .*CRC"
    ):
        load(str(path))


def test_other_files_in_place_of_an_npz_are_refused(tmp_path):
    np.save(tmp_path / "one.npy", images(3))
    with pytest.raises(DataError, match=r"one.npy: the file is a single array, expected an .npz"):
        load(str(tmp_path / "one.npy"))
    with zipfile.ZipFile(tmp_path / "text.npz", "w") as archive:
        archive.writestr("x_train", "some text")
    with pytest.raises(DataError, match=r"text.npz: x_train is not an array, expected one"):
        load(str(tmp_path / "text.npz"))


@pytest.mark.parametrize("val", ["val", "valid", "validation"])
def test_a_folder_of_splits_is_read(tmp_path, val):
    write_folder(tmp_path, train={"b": 3, "a": 4}, test={"a": 1}, **{val: {"b": 2}})
    (tmp_path / "train" / "a" / ".DS_Store").write_bytes(b"x")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "README.md").write_text("about")
    dataset = load(str(tmp_path), image_size=9)
    assert dataset.classes == ("a", "b")
    np.testing.assert_array_equal(dataset.y_train, [0, 0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(dataset.y_val, [1, 1])
    np.testing.assert_array_equal(dataset.y_test, [0])
    assert dataset.image_shape == (9, 9, 3)


def test_a_folder_of_classes_is_read_at_32_pixels_and_split(tmp_path):
    write_folder(tmp_path, flat={"train": 6, "bus": 12})
    (tmp_path / "LICENSE.txt").write_text("words")
    dataset = load(str(tmp_path))
    assert dataset.image_shape == (files.FOLDER_SIZE, files.FOLDER_SIZE, 3)
    assert (len(dataset.x_train), len(dataset.x_val), dataset.x_test) == (15, 3, None)
    np.testing.assert_array_equal(np.bincount(dataset.y_val), [2, 1])


def test_images_keep_their_middle_square_and_become_rgb(tmp_path):
    write_folder(tmp_path, flat={"a": 2, "b": 2})
    wide = np.zeros((8, 24), np.uint8)
    wide[:, 8:16] = 200
    Image.fromarray(wide).save(tmp_path / "a" / "0.png")
    dataset = load(str(tmp_path), image_size=8)
    everything = np.concatenate([dataset.x_train, dataset.x_val])
    assert any((image == 200).all() for image in everything)
    np.testing.assert_array_equal(
        files.resize(wide[None, ..., None], 8), np.full((1, 8, 8, 1), 200)
    )


def spoil_empty(root):
    (root / "val" / "a" / "0.png").unlink()


def spoil_text(root):
    (root / "train" / "a" / "0.png").write_text("not an image")


def spoil_cut(root):
    path = root / "train" / "a" / "0.png"
    path.write_bytes(path.read_bytes()[:-40])


def spoil_single(root):
    shutil.rmtree(root / "train" / "b")


def spoil_depth(root):
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(root / "val" / "a" / "0.png")


def spoil_bomb(root):
    bomb = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(bomb, "png")
    (root / "val" / "a" / "0.png").write_bytes(bomb.getvalue())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_empty, r"val.a is an empty class folder, expected images"),
        (spoil_text, r"train.a.0\.png is no whole image, expected one: cannot identify"),
        (spoil_cut, r"train.a.0\.png is no whole image, expected one: .*truncated"),
        (lambda r: write_folder(r / "val", flat={"c": 1}), r"val.c is a class that train lacks"),
        (spoil_single, r"train: number of class folders is 1, expected at least 2"),
        (spoil_depth, r"val.a.0\.png has pixels of mode I;16, expected 8 bit a channel"),
        (spoil_bomb, r"val.a.0\.png is too large an image to open safely: Image size"),
        (lambda r: (r / "val" / "a" / "in").mkdir(), r"val.a.in is a folder, expected an image"),
        (lambda r: (r / "more").mkdir(), r"more is beside train, expected only val and test"),
        (lambda r: (r / "valid").mkdir(), r"valid is a second validation folder, expected one"),
        (lambda r: (r / "test").mkdir(), r"test is empty, expected class folders"),
        (lambda r: (r / "val" / "x.jpg").touch(), r"x\.jpg is an image, expected it in a class"),
    ],
)
def test_a_bad_folder_is_refused_in_one_line_with_the_path(tmp_path, spoil, message):
    write_folder(tmp_path, train={"a": 2, "b": 2}, val={"a": 1})
    spoil(tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        load(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_real_arrays_are_read(real_data):
    cifar, mnist = load(str(real_data / "mini_cifar10.npz")), load(str(real_data / "mnist.npz"))
    assert cifar.classes == mini_cifar10.CLASS_NAMES
    assert (len(cifar.x_train), len(cifar.x_val), cifar.x_test) == (10_000, 2_000, None)
    assert (len(mnist.x_train), len(mnist.x_val), len(mnist.x_test)) == (55_000, 5_000, 10_000)
    assert mnist.image_shape == (28, 28, 1)
    shares = np.bincount(mnist.y_val) / 5_000, np.bincount(mnist.y_train) / 55_000
    np.testing.assert_allclose(*shares, atol=2e-4)


def test_real_photos_are_read(real_data):
    dataset = load(str(real_data / "imagenette224_mini"))
    assert (dataset.x_train.shape, dataset.x_val.shape) == ((2000, 32, 32, 3), (500, 32, 32, 3))
    np.testing.assert_array_equal(np.bincount(dataset.y_train), 200)
    assert 90 < dataset.x_train.mean() < 140
