"""Which images a folder holds: classes, splits, and what is passed over or refused."""

import os
import subprocess
import sys

import numpy as np
import pytest

from nasnet.data.photos.images import open_images
from tests.pictures import write_folder


def test_sorted_class_names_are_the_labels(tmp_path):
    root = write_folder(
        tmp_path, train={"cat": 2, "ant": 1, "bee": 3}, val={"bee": 1, "ant": 2, "cat": 1}
    )
    images = open_images(root)
    assert images.classes == ("ant", "bee", "cat")
    assert images.train.labels.tolist() == [0, 1, 1, 1, 2, 2]
    assert images.train.describe(1) == "train/bee/0.png"
    assert images.validation.labels.tolist() == [0, 0, 1, 2]
    assert images.validation.names[0] == "val/ant/0.png"
    assert images.name == tmp_path.name
    assert "6 training and 4 validation images of 3 classes" in images.source


def test_a_link_to_a_folder_is_a_class(tmp_path):
    root = write_folder(tmp_path / "set", train={"a": 3}, val={"a": 1})
    os.symlink(write_folder(tmp_path / "other", flat={"b": 2}) / "b", root / "train" / "b")
    assert open_images(root).train.labels.tolist() == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("layout", ["train", "flat"])
def test_a_share_of_each_class_is_held_out(tmp_path, layout):
    root = write_folder(tmp_path, **{layout: {"a": 40, "b": 20, "c": 2}})
    images = open_images(root, held_out=0.1)
    assert np.bincount(images.validation.labels).tolist() == [4, 2, 1]
    assert np.bincount(images.train.labels).tolist() == [36, 18, 1]
    assert not set(images.train.names) & set(images.validation.names)
    assert images.validation.names == open_images(root, held_out=0.1).validation.names
    assert set(images.validation.names) < set(open_images(root, held_out=0.3).validation.names)
    assert images.describe()[1:] == ["10% of each class held out to validate"]
    before = {name for name in images.validation.names if "b/" not in name}
    (root / ("train/b" if layout == "train" else "b") / "new.png").write_bytes(b"x")
    after = {name for name in open_images(root, held_out=0.1).validation.names if "b/" not in name}
    assert before == after


def test_a_limit_keeps_every_class_in_its_share(tmp_path):
    root = write_folder(tmp_path, train={"a": 40, "b": 20}, val={"a": 4, "b": 4})
    images = open_images(root, image_limit=6)
    assert np.bincount(images.train.labels).tolist() == [4, 2]
    assert np.bincount(images.validation.labels).tolist() == [3, 3]
    assert list(images.train.names) == sorted(images.train.names)
    assert open_images(root, image_limit=99).train.count == 60


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"train": {"a": 3, "b": 0}}, "train/b is an empty class folder, expected images"),
        ({"train": {"a": 3}}, "/train: number of class folders is 1, expected at least 2"),
        ({"flat": {"a": 3}}, "number of class folders is 1, expected at least 2"),
        ({}, "number of class folders is 0, expected at least 2"),
        ({"train": {"a": 3, "b": 1}}, "class 'b' has 1 training image, expected at least 2"),
    ],
)
def test_folders_without_usable_classes_are_refused(tmp_path, layout, message):
    for split in layout:
        if split != "flat":
            (tmp_path / split).mkdir()
    with pytest.raises(ValueError, match=message):
        open_images(write_folder(tmp_path, **layout))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_limit": 0}, "image limit is 0, expected at least 1"),
        ({"held_out": 0.0}, "held-out share is 0.0, expected above 0 and below 1"),
        ({"held_out": 1.0}, "held-out share is 1.0, expected above 0"),
    ],
)
def test_arguments_out_of_range_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        open_images(tmp_path, **arguments)


def test_a_path_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"images are '.*gone', expected a folder of class folders"
    ):
        open_images(tmp_path / "gone")


def test_finding_images_needs_no_tensorflow(tmp_path):
    root = write_folder(tmp_path, train={"a": 2, "b": 2})
    code = (
        "import sys\nfrom nasnet.data.photos.images import open_images\n"
        "import nasnet.data.photos.records\n"
        f"print(open_images({str(root)!r}).train.count)\n"
        "print([m for m in ('keras', 'tensorflow') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.split() == ["2", "[]"], result.stderr


def test_real_photos_are_found(real_data):
    images = open_images(real_data / "imagenette224_mini")
    assert (images.train.count, images.validation.count, len(images.classes)) == (2000, 500, 10)
    assert np.bincount(images.validation.labels).tolist() == [50] * 10


def test_a_data_set_without_its_library_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ValueError, match="tensorflow-datasets is not installed, expected it to"):
        open_images("tfds:mnist")
