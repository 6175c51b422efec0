"""Class folders as arrays: which pixels, which are held out, what is left out and said."""

import numpy as np
import pytest
from PIL import Image

from nasnet.data.folders.arrays import FOLDER_SIZE
from nasnet.data.sources import DataError, load
from tests.pictures import BAD, GOOD, encoded, pixels, write_folder


def test_a_folder_of_splits_is_read(tmp_path):
    write_folder(tmp_path, train={"b": 3, "a": 4}, test={"a": 1, "b": 1}, val={"b": 2, "a": 1})
    dataset = load(str(tmp_path), image_size=9)
    assert dataset.classes == ("a", "b")
    np.testing.assert_array_equal(dataset.y_train, [0, 0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(dataset.y_val, [0, 1, 1])
    np.testing.assert_array_equal(dataset.y_test, [0, 1])
    assert dataset.image_shape == (9, 9, 3)
    assert dataset.notes == ()


def test_a_folder_of_classes_is_read_at_32_pixels_and_split(tmp_path):
    write_folder(tmp_path, flat={"train": 6, "bus": 12})
    dataset = load(str(tmp_path))
    assert dataset.image_shape == (*FOLDER_SIZE, 3)
    assert (len(dataset.x_train), len(dataset.x_val), dataset.x_test) == (15, 3, None)
    np.testing.assert_array_equal(np.bincount(dataset.y_val), [2, 1])
    assert dataset.notes == ("3 training images are held out for validation",)


def test_images_keep_their_middle_square_and_become_rgb(tmp_path):
    wide = np.zeros((8, 24), np.uint8)
    wide[:, 8:16] = 200
    root = write_folder(tmp_path, train={"a": 1, "b": 1}, val={"a": 1})
    for file in root.rglob("*.png"):
        Image.fromarray(wide).save(file)
    dataset = load(str(root), image_size=8)
    assert (dataset.x_train == 200).all()
    assert "all images are grey: each is read as three equal channels" in dataset.notes


def test_ordinary_images_have_the_pixels_that_pillow_gives(tmp_path):
    root = write_folder(tmp_path, "JPEG", 48, train={"a": 1, "b": 1}, val={"a": 1})
    found = load(str(root), image_size=24).x_train[0]
    image = Image.open(root / "train" / "a" / "0.jpeg")
    np.testing.assert_array_equal(found, image.resize((24, 24), Image.Resampling.BILINEAR))


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_of_image_is_read(tmp_path, kind):
    name, data, expected = GOOD[kind]
    root = write_folder(tmp_path, train={"a": 0, "b": 1}, val={"a": 1})
    (root / "train" / "a" / name).write_bytes(data)
    found = load(str(root), image_size=24).x_train[0].astype(int)
    assert np.abs(found - expected).max() <= (8 if data.startswith(b"\xff\xd8") else 0)


def test_bad_images_are_named_and_left_out(tmp_path):
    root = write_folder(tmp_path, train={"a": 4, "b": 2}, val={"a": 1, "b": 1})
    for kind, (name, data, _) in BAD.items():
        (root / "train" / "a" / f"{kind}-{name}").write_bytes(data)
    dataset = load(str(root))
    assert np.bincount(dataset.y_train).tolist() == [4, 2]
    assert len(dataset.notes) == len(BAD)
    for kind, (name, _, _) in BAD.items():
        (note,) = (n for n in dataset.notes if f"train/a/{kind}-{name}: " in n)
        assert note.startswith("bad image, left out: ")


def test_too_many_bad_images_are_an_error(tmp_path):
    root = write_folder(tmp_path, train={"a": 4, "b": 2}, val={"a": 1})
    for i in range(11):
        (root / "train" / "a" / f"{i}.jpg").write_text("text")
    with pytest.raises(DataError, match=r"has 11 bad images among 18, expected at most 10; the fi"):
        load(str(root))


def test_a_class_of_bad_images_alone_is_an_error(tmp_path):
    root = write_folder(tmp_path, train={"a": 4, "b": 2}, val={"a": 1})
    for i in range(2):
        (root / "train" / "b" / f"{i}.png").write_bytes(encoded(pixels(1))[:-40])
    with pytest.raises(DataError, match="all training images of class 'b' are bad, expected some"):
        load(str(root))


def test_real_photos_are_read(real_data):
    dataset = load(str(real_data / "imagenette224_mini"))
    assert (dataset.x_train.shape, dataset.x_val.shape) == ((2000, 32, 32, 3), (500, 32, 32, 3))
    np.testing.assert_array_equal(np.bincount(dataset.y_train), 200)
    assert 90 < dataset.x_train.mean() < 140
