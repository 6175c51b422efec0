"""The space of NAS-Bench-201, against its published numbers and the published table."""

import csv
import gzip

import numpy as np
import pytest

from nasnet.cells.spaces.nasbench201 import EDGES, NASBench201Cell, NASBench201Space

SPACE = NASBench201Space()
ARCH = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"


@pytest.fixture(scope="module")
def rows(real_data):
    with gzip.open(real_data / "nas" / "nasbench201.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


def test_the_space_has_15625_cells_of_6466_networks():
    cells = [SPACE.decode(choices) for choices in SPACE]
    assert len(cells) == SPACE.size() == 15_625
    assert len({cell.arch for cell in cells}) == 15_625
    assert len({cell.key for cell in cells}) == 6_466


def test_cells_are_those_of_the_published_table_with_its_isomorphs(rows):
    first = {}
    for row in rows:
        cell = NASBench201Cell.from_arch(row["arch"])
        assert cell.arch == row["arch"]
        assert first.setdefault(cell.key, int(row["index"])) == int(row["isomorph_of"])
    assert {row["arch"] for row in rows} == {SPACE.decode(choices).arch for choices in SPACE}


def test_every_spelling_of_a_cell_comes_back():
    for choices in SPACE:
        assert SPACE.encode(SPACE.decode(choices)) == choices
    cell = NASBench201Cell.from_arch(ARCH)
    assert NASBench201Cell.from_json(cell.to_json()) == cell
    assert dict(zip(EDGES, cell.operations, strict=True))[2, 3] == "none"


def test_decisions_and_samples(rng):
    assert [len(decision.options) for decision in SPACE.decisions] == [5] * 6
    assert SPACE.next_decision((1, 2)) == SPACE.decisions[2]
    assert SPACE.next_decision((0,) * 6) is None
    samples = np.array([SPACE.sample(rng) for _ in range(2000)])
    counts = np.stack([np.bincount(column, minlength=5) for column in samples.T])
    assert abs(counts - 400).max() < 5 * np.sqrt(400 * 0.8)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: NASBench201Cell(("none",) * 5), "5 operations, expected 6"),
        (lambda: NASBench201Cell(("none",) * 5 + ("conv",)), "operation is 'conv', expected one"),
        (lambda: NASBench201Cell.from_arch("none"), "arch is 'none', expected"),
        (lambda: NASBench201Cell.from_arch(ARCH.replace("~2", "~1")), "expected .op~0.+"),
        (lambda: NASBench201Cell.from_json("{"), "cell is '{', expected JSON"),
        (lambda: NASBench201Cell.from_json('{"arch": 1}'), "expected the keys format, version"),
        (lambda: SPACE.decode((0, 0, 0, 0, 0, 5)), "edge_2_3 is choice 5, expected 0 to 4"),
        (lambda: SPACE.decode((0,) * 5), "5 choices, expected 6"),
    ],
)
def test_what_is_no_cell_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()
