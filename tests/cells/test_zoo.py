"""Published cells: what of them is known besides the counts in `golden/networks.json`."""

import pytest

from nasnet.cells import CONVENTIONS, NASNET_A, NASNET_A_STRICT, NASNET_OPERATIONS, ZOO
from nasnet.cells.zoo import AMOEBANET_A, DARTS_V1, ENAS_MICRO

AMOEBANET = ("amoebanet-a", "amoebanet-b", "amoebanet-c", "amoebanet-d")


def test_the_papers_operations_are_thirteen_in_its_order():
    assert NASNET_OPERATIONS == (
        "identity",
        "conv_1x3_3x1",
        "conv_1x7_7x1",
        "dil_conv_3x3",
        "avg_pool_3x3",
        "max_pool_3x3",
        "max_pool_5x5",
        "max_pool_7x7",
        "conv_1x1",
        "conv_3x3",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "sep_conv_7x7",
    )


@pytest.mark.parametrize("name", ZOO)
def test_every_entry_says_where_it_is_from(name):
    entry = ZOO[name]
    assert "https://arxiv.org/abs/" in entry.paper
    assert entry.note
    assert entry.conventions in CONVENTIONS
    assert {len(cell.blocks) for cell in (entry.genotype.normal, entry.genotype.reduction)} <= {
        4,
        5,
    }


@pytest.mark.parametrize("name", ZOO)
def test_every_published_cell_combines_by_addition_and_uses_all_its_blocks(name):
    for cell in (ZOO[name].genotype.normal, ZOO[name].genotype.reduction):
        assert {block.combine for block in cell.blocks} == {"add"}
        assert cell.live >= set(range(2, 2 + len(cell.blocks)))
        assert set(cell.loose_ends) <= set(cell.concat)


def test_outputs_are_those_of_the_released_codes():
    concats = {
        name: (ZOO[name].genotype.normal.concat, ZOO[name].genotype.reduction.concat)
        for name in AMOEBANET
    }
    assert concats == {
        "amoebanet-a": ((0, 3, 4, 6), (2, 3, 4, 5, 6)),
        "amoebanet-b": ((1, 3, 4, 6), (5, 6)),
        "amoebanet-c": ((0, 2, 4, 5, 6), (1, 2, 3, 4, 5, 6)),
        "amoebanet-d": ((1, 3, 4, 6), (4, 5, 6)),
    }
    assert NASNET_A.normal.blocks == NASNET_A_STRICT.normal.blocks
    assert NASNET_A_STRICT.normal.concat == (2, 3, 4, 5, 6)
    assert NASNET_A_STRICT.reduction.concat == (4, 5, 6)
    assert AMOEBANET_A.normal.loose_ends == (3, 4, 6)
    assert ENAS_MICRO.normal.concat == (2, 3, 4, 5, 6)
    assert ENAS_MICRO.reduction.concat == (2, 4, 5, 6)
    assert DARTS_V1.normal.concat == (2, 3, 4, 5)


def test_enas_is_the_arc_of_the_authors_script():
    """`scripts/cifar10_micro_final.sh`: state, operation, state, operation of every block."""
    operations = ("sep_conv_3x3", "sep_conv_5x5", "avg_pool_3x3", "max_pool_3x3", "identity")
    for cell, arc in (
        (ENAS_MICRO.normal, "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1"),
        (ENAS_MICRO.reduction, "1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"),
    ):
        numbers = [
            number
            for block in cell.blocks
            for state, name in block.edges
            for number in (state, operations.index(name))
        ]
        assert numbers == [int(word) for word in arc.split()]
