"""No array is taken for something else in silence."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nasnet.data.arrays.canonical import understand
from nasnet.data.dataset import DataError

ORDERS = list(itertools.permutations(range(4)))
# What people do to the values of an image: bytes in, something else out.
VALUES = {
    "as they are": lambda x: x,
    "int64": lambda x: x.astype(np.int64),
    "int8 that wraps": lambda x: x.astype(np.int8),
    "uint16": lambda x: x.astype(np.uint16),
    "16 bits": lambda x: x.astype(np.uint16) * 257,
    "12 bits": lambda x: x.astype(np.uint16) * 16,
    "floats": lambda x: x.astype(np.float32),
    "0 to 1": lambda x: x / 255,
    "half of 0 to 1": lambda x: (x / 255).astype(np.float16),
    "0 to 1, twice": lambda x: x / 255 / 255,
    "0 to 1 as bytes": lambda x: (x / 255).astype(np.uint8),
    "0 to 100": lambda x: x / 2.55,
    "-1 to 1": lambda x: (x / 127.5 - 1).astype(np.float32),
    "centred": lambda x: x / 255 - 0.5,
    "standardised": lambda x: (x - x.mean()) / x.std(),
    "minus 128": lambda x: x.astype(np.int16) - 128,
    "four bits": lambda x: x // 16,
    "hardly any contrast": lambda x: x // 16 + 200,
    "below zero": lambda x: -x.astype(np.float32),
    "black and white": lambda x: x > 127,
    "a NaN": lambda x: np.where(x == 255, np.nan, x),
    "complex": lambda x: x + 0j,
    "text": lambda x: x.astype(str),
}
LABELS = {
    "as they are": lambda y, k: y,
    "a column": lambda y, k: y[:, None],
    "uint8": lambda y, k: y.astype(np.uint8),
    "floats": lambda y, k: y.astype(np.float32),
    "from 1": lambda y, k: y + 1,
    "from -1": lambda y, k: y - 1,
    "multiples of 7": lambda y, k: 7 * y,
    "0 and 255": lambda y, k: np.where(y == k - 1, 255, y),
    "one-hot": lambda y, k: np.eye(k)[y],
    "one-hot, across": lambda y, k: np.eye(k)[y].T,
    "soft": lambda y, k: np.eye(k)[y] * 0.9 + 0.1 / k,
    "several": lambda y, k: np.eye(k)[y] + np.eye(k)[(y + 1) % k],
    "measured": lambda y, k: y + 0.5,
    "text": lambda y, k: np.array(["cat", "dog", "elk", "fox"])[y],
    "bytes": lambda y, k: np.array([b"cat", b"dog", b"elk", b"fox"])[y],
    "one for each image": lambda y, k: np.arange(len(y)),
}
AS_THEY_ARE = ("as they are", "int64", "uint16")
LABELS_AS_THEY_ARE = ("as they are", "a column", "uint8", "floats")
# Notes that tell of images which are not what was meant.
SAID = (
    "another one is as long",
    "go up to",
    "only, of 0 to 255",
    "channels and are taken as",
    "False and True",
)


@st.composite
def tasks(draw):
    """Images and labels of training and validation that are certainly good, and their classes."""
    side = st.integers(2, 12)
    height, width, channels = draw(side), draw(side), draw(st.sampled_from([1, 3]))
    classes = draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    arrays = {}
    for split, most in (("train", 40), ("val", 16)):
        count = draw(st.integers(3 * classes, most))
        x = rng.integers(0, 256, (count, height, width, channels), np.uint8)
        x.flat[:2] = 0, 255
        arrays |= {f"x_{split}": x, f"y_{split}": np.arange(count) % classes}
    return arrays, classes


def altered(arrays, splits, change):
    """The arrays with `change(axis, array)` in place of those of the splits."""
    return {
        name: change(name[0], array) if name[2:] in splits else array
        for name, array in arrays.items()
    }


def shows_the_same(found, wanted):
    """Whether images are the same up to rounding; those that lie on their side look alike."""
    return all(
        any(
            found[name].shape == seen.shape and np.abs(found[name].astype(int) - seen).max() <= 1
            for seen in (wanted[name], wanted[name].transpose(0, 2, 1, 3))
        )
        for name in ("x_train", "x_val")
    )


def tells_the_same(found, wanted):
    """Whether the same images share a label, over all splits."""
    pairs = {
        (int(one), int(other))
        for name in ("y_train", "y_val")
        for one, other in zip(found[name], wanted[name], strict=True)
    }
    return len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


@settings(max_examples=500, deadline=None)
@given(
    tasks(),
    st.sampled_from(ORDERS),
    st.sampled_from(list(VALUES)),
    st.sampled_from(list(LABELS)),
    st.sampled_from([("train", "val"), ("train",), ("val",)]),
)
def test_nothing_is_trained_as_something_else_without_a_word(task, order, values, labels, splits):
    arrays, classes = task

    def change(axis, array):
        if axis == "x":
            return VALUES[values](array).transpose(order)
        return LABELS[labels](array, classes)

    try:
        found, _, notes = understand(altered(arrays, splits, change), None)
    except DataError:
        return
    assert tells_the_same(found, arrays)
    if not shows_the_same(found, arrays):
        assert any(word in note for note in notes for word in SAID), notes
    if values not in AS_THEY_ARE or labels not in LABELS_AS_THEY_ARE:
        assert [note for note in notes if not note.startswith(("fewer than", "images are only"))]


@settings(max_examples=200, deadline=None)
@given(tasks())
def test_good_arrays_are_left_as_they_are(task):
    arrays, classes = task
    if min(arrays["x_train"].shape[1:3]) <= 4:
        return  # which axis has the channels is not certain
    found, names, _ = understand(arrays, None)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
    assert names == tuple(str(i) for i in range(classes))
