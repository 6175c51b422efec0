"""Arrays that are accepted are those that were meant."""

import numpy as np
import pytest

from tests.data.arrays.table import CASES, good


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_what_is_accepted_is_what_was_meant_or_something_is_said(case):
    _, are, said = case.row()
    assert (are == "taken") == (not said)
    assert "\n" not in said
    if case.meant is None:
        return
    dataset, meant = case.load(), case.meant(good())
    for name, array in meant.items():
        np.testing.assert_array_equal(getattr(dataset, name), array)
