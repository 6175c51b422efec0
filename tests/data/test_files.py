"""Data sets that a person brings as folders of images, whole and broken."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image

from nasnet.data import files
from nasnet.data.sources import DataError, load


def images(n, *shape):
    return np.random.default_rng(n).integers(0, 256, (n, *(shape or (8, 8, 3))), dtype=np.uint8)


def write_folder(root, **counts):
    """Image files; `write_folder(root, train={"a": 3})` makes root/train/a/0.png to 2.png."""
    for split, classes in counts.items():
        for name, n in classes.items():
            folder = root / name if split == "flat" else root / split / name
            folder.mkdir(parents=True)
            for i, image in enumerate(images(n, 12, 10, 3)):
                Image.fromarray(image).save(folder / f"{i}.png")
    return root


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


def test_real_photos_are_read(real_data):
    dataset = load(str(real_data / "imagenette224_mini"))
    assert (dataset.x_train.shape, dataset.x_val.shape) == ((2000, 32, 32, 3), (500, 32, 32, 3))
    np.testing.assert_array_equal(np.bincount(dataset.y_train), 200)
    assert 90 < dataset.x_train.mean() < 140
