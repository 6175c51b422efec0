"""Arrays are resized as images of a folder are."""

import numpy as np

from nasnet.data.arrays.resizing import resize


def test_the_middle_square_is_kept():
    wide = np.zeros((1, 8, 24, 1), np.uint8)
    wide[:, :, 8:16] = 200
    np.testing.assert_array_equal(resize(wide, 8), np.full((1, 8, 8, 1), 200))
