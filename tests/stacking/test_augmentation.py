"""What happens to a batch of images in the training graph."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.stacking.flat.augmentation import augment, cut_out, rescale


def test_rescaling_is_the_applications_preprocessing(rng):
    images = rng.integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    expected = keras.applications.nasnet.preprocess_input(images.astype(np.float32))
    np.testing.assert_allclose(rescale(tf.constant(images)), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["flip", "crop-flip"])
def test_every_augmented_image_is_a_window_of_the_padded_or_its_mirror_image(kind, rng):
    x = rng.normal(size=(32, 16, 12, 2)).astype(np.float32)
    y = augment(tf.constant(x), kind, tf.constant([1, 2])).numpy()
    margins = (2, 1) if kind == "crop-flip" else (0, 0)
    padded = np.pad(x, [(0, 0), (margins[0],) * 2, (margins[1],) * 2, (0, 0)])
    seen = set()
    for image, source in zip(y, padded, strict=True):
        found = [
            (top, left, mirrored)
            for top in range(2 * margins[0] + 1)
            for left in range(2 * margins[1] + 1)
            for mirrored in (False, True)
            for window in [source[top : top + 16, left : left + 12]]
            if np.array_equal(image, window[:, ::-1] if mirrored else window)
        ]
        assert len(found) == 1
        seen.add(found[0])
    assert {mirrored for _, _, mirrored in seen} == {False, True}
    if kind == "crop-flip":
        assert {top for top, _, _ in seen} == set(range(5))
        assert {left for _, left, _ in seen} == set(range(3))


def test_augmentation_repeats_by_its_seed(rng):
    x = tf.constant(rng.normal(size=(8, 16, 16, 3)), tf.float32)
    first, again, other = (augment(x, "crop-flip", tf.constant([0, s])) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert augment(x, "none", tf.constant([0, 0])) is x


@pytest.mark.parametrize("side", [3, 4])
def test_cutout_blanks_one_square_in_each_image(side, rng):
    x = 1 + rng.random((400, 8, 6, 2)).astype(np.float32)
    y = cut_out(tf.constant(x), side, tf.constant([1, 2])).numpy()
    blank = (y == 0).all(axis=-1)
    np.testing.assert_array_equal(y[~blank], x[~blank])
    middles = set()
    for mask in blank:
        found = [
            (row, column)
            for row in range(8)
            for column in range(6)
            for square in [np.zeros_like(mask)]
            if np.array_equal(fill(square, row - side // 2, column - side // 2, side), mask)
        ]
        assert len(found) == 1
        middles.add(found[0])
    assert len(middles) == 48


def fill(mask, top, left, side):
    mask[max(top, 0) : top + side, max(left, 0) : left + side] = True
    return mask


def test_cutout_repeats_by_its_seed(rng):
    x = tf.constant(rng.normal(size=(8, 16, 16, 3)), tf.float32)
    first, again, other = (cut_out(x, 8, tf.constant([0, s])) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
