"""Arrays are resized as images of a folder are."""

import numpy as np
import pytest

from nasnet.data.arrays.resizing import resize


@pytest.mark.parametrize("width", [4, 8, 16])
def test_the_middle_is_kept(width):
    wide = np.zeros((1, 8, 24, 1), np.uint8)
    wide[:, :, 12 - width // 2 : 12 + width // 2] = 200
    found = resize(wide, (8, width))
    np.testing.assert_array_equal(found, np.full((1, 8, width, 1), 200))


def test_images_of_that_size_stay_as_they_are():
    wide = np.zeros((1, 8, 24, 1), np.uint8)
    assert resize(wide, (8, 24)) is wide
