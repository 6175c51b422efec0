"""Names of arrays as people give them."""

import pytest

from nasnet.data.arrays.names import our_names
from nasnet.data.arrays.npz import is_npy_folder
from nasnet.data.dataset import DataError


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        (("x_train", "y_train", "class_names"), ("x_train", "y_train", "class_names")),
        (("train_images", "test_labels"), ("x_train", "y_test")),
        (("X_train", "Y_valid"), ("x_train", "y_val")),
        (("trainX", "devY"), ("x_train", "y_val")),
        (("images", "labels"), ("x_train", "y_train")),
        (("data", "target", "label_names"), ("x_train", "y_train", "class_names")),
        (("x", "y", "idx_train", "lossless_test"), ("x_train", "y_train")),
    ],
)
def test_usual_names_are_understood_and_said(given, ours):
    found, notes = our_names(given)
    assert tuple(found.values()) == ours
    read = [name for name in given if not name.startswith(("idx_", "lossless_"))]
    assert tuple(found) == tuple(read)
    assert bool(notes) == (found != {name: name for name in found})
    assert all(name in notes[0] for name in found if notes and name != found[name])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("x_train", "arr_0"), "array name is 'arr_0', expected x_train, y_train, .* usual names"),
        (("features",), "array name is 'features', expected x_train"),
        (("x_train", "images"), "arrays 'x_train' and 'images' are both x_train, expected one"),
    ],
)
def test_other_names_are_errors(given, message):
    with pytest.raises(DataError, match=message):
        our_names(given)


def test_a_folder_with_some_other_array_is_no_folder_of_arrays():
    assert is_npy_folder(["x_train.npy", "notes.txt"])
    assert not is_npy_folder(["embeddings.npy", "x_train.txt"])
