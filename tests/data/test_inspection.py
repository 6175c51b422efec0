"""What an inspection counts is what was put there."""

import json

import numpy as np
import pytest

from nasnet.data.dataset import Dataset
from nasnet.data.inspection import inspect

COUNTS = {"train": 60, "val": 120, "test": 30}


def task(change=lambda arrays: None):
    """Good data, which `change` spoils."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, count in COUNTS.items():
        arrays[f"x_{split}"] = rng.integers(0, 256, (count, 8, 8, 3), np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 3
    change(arrays)
    return Dataset("task", "made up", ("a", "b", "c"), **arrays)


def leak(arrays, count):
    arrays["x_val"][:count] = arrays["x_train"][:1].repeat(count, axis=0)


def spread(arrays, count):
    arrays["x_test"][:count] = arrays["x_train"][:count]


def contradict(arrays, count):
    arrays["x_train"][:count] = arrays["x_train"][0]


def flatten(arrays, count):
    arrays["x_train"][:count] = np.arange(count)[:, None, None, None]


def tilt(arrays, few):
    arrays["y_train"] = np.repeat([0, 1, 2], [few, 60 - 2 * few, few])


def cut(arrays, count):
    arrays["x_val"], arrays["y_val"] = arrays["x_val"][:count], arrays["y_val"][:count]


def test_good_data_is_fit():
    found = inspect(task())
    assert (found.verdict, found.contradictions) == ("yes", 0)
    assert found.splits["train"].per_class == (20, 20, 20)
    assert {name: facts.images for name, facts in found.splits.items()} == COUNTS
    assert found.shared == {"train, val": 0, "train, test": 0, "val, test": 0}
    assert json.loads(json.dumps(found.to_json()))["fit"]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda a: leak(a, 5), "yes, but 5 images of val are in train, too"),
        (lambda a: leak(a, 61), "no, because 61 of 120 validation images are training images"),
        (lambda a: spread(a, 4), "yes, but 4 images of test are in train, too"),
        (lambda a: contradict(a, 6), "yes, but 6 training images are there with another label"),
        (lambda a: contradict(a, 31), "no, because 31 of 60 training images are there with ano"),
        (lambda a: flatten(a, 7), "yes, but 7 images are of one colour"),
        (lambda a: flatten(a, 31), "no, because 31 of 60 training images are of one colour"),
        (lambda a: tilt(a, 9), "yes, but a class has 9 training images only"),
        (lambda a: cut(a, 30), "yes, but 30 validation images are few: accuracies differ by cha"),
    ],
)
def test_what_is_wrong_is_in_the_verdict(change, verdict):
    assert inspect(task(change)).verdict.startswith(verdict)


def test_images_that_come_twice_are_counted_in_their_split():
    def double(arrays):
        arrays["x_train"][30:33] = arrays["x_train"][:3]

    found = inspect(task(double))
    assert [facts.repeated for facts in found.splits.values()] == [3, 0, 0]
    assert found.verdict == "yes"


def test_classes_of_unequal_size_are_named():
    def tilt_much(arrays):
        arrays["x_train"] = np.random.default_rng(1).integers(0, 256, (220, 8, 8, 3), np.uint8)
        arrays["y_train"] = np.repeat([0, 1, 2], [200, 10, 10])

    verdict = inspect(task(tilt_much)).verdict
    assert verdict == "yes, but classes have from 10 to 200 training images"
