"""One behaviour: every command reads, leaves out and refuses the same."""

import pytest

from tests.data.folders.layouts import LAYOUTS
from tests.data.folders.trying import outcomes


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_command_makes_the_same_of(name):
    by_arrays, by_files, by_records = outcomes(name)
    assert by_arrays.classes == by_files.classes == by_records.classes
    assert by_arrays.images == by_files.images == by_records.images
    assert by_arrays.bad == by_files.bad == by_records.bad
    assert all("\n" not in said for said in (*by_arrays.said, *by_files.said, *by_records.said))
