import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasnet.cells import NASNET_A, NASNET_A_STRICT, NASNET_OPERATIONS, CellSpace


def test_the_papers_space_has_its_size_and_entropy():
    space = CellSpace()
    assert len(space.decisions) == 50
    assert space.size() == 2_286_906_949_584_691_200**2
    assert space.entropy() == pytest.approx(84.5475, abs=5e-5)
    assert len(NASNET_OPERATIONS) == 13


@pytest.mark.parametrize(
    ("blocks", "operations", "combines", "cell_size"),
    [
        (5, 13, ("add",), 71_465_842_174_521_600),
        (4, 13, ("add", "concat"), 187_944_358_118_400),
        (5, 8, ("add",), 556_627_761_561_600),
        (5, 5, ("add",), 5_062_500_000_000),
    ],
)
def test_variants_have_the_counted_sizes(blocks, operations, combines, cell_size):
    space = CellSpace(blocks, NASNET_OPERATIONS[:operations], combines)
    assert math.isqrt(space.size()) == cell_size


def test_decisions_come_in_the_papers_order():
    names = [decision.name for decision in CellSpace().decisions]
    kinds = ["input_a", "input_b", "op_a", "op_b", "combine"]
    assert names[:5] == [f"normal/block_0/{kind}" for kind in kinds]
    assert names[25] == "reduction/block_0/input_a"
    counts = [len(decision.options) for decision in CellSpace().decisions]
    assert counts[:10] == [2, 2, 13, 13, 2, 3, 3, 13, 13, 2]


@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_encode_undoes_decode(blocks, seed):
    space = CellSpace(blocks)
    choices = space.sample(np.random.default_rng(seed))
    assert space.encode(space.decode(choices)) == choices


def test_next_decision_walks_through_all_of_them():
    space, prefix = CellSpace(2), []
    while (decision := space.next_decision(prefix)) is not None:
        assert decision == space.decisions[len(prefix)]
        prefix.append(0)
    assert len(prefix) == 20


def test_samples_are_uniform_and_depend_on_the_generator_alone():
    space = CellSpace()
    first = [space.sample(np.random.default_rng(7)) for _ in range(2)]
    assert first[0] == first[1]
    rng = np.random.default_rng(0)
    operations = np.bincount([space.sample(rng)[2] for _ in range(13_000)], minlength=13)
    assert abs(operations - 1000).max() < 5 * np.sqrt(1000)


def test_the_strict_nasnet_a_is_in_the_space_and_the_released_one_is_not():
    space = CellSpace()
    assert space.decode(space.encode(NASNET_A_STRICT)) == NASNET_A_STRICT
    text = r"normal cell emits states \[0, 2, 3, 4, 5, 6\], expected its loose ends"
    with pytest.raises(ValueError, match=text):
        space.encode(NASNET_A)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: CellSpace(0), "blocks is 0, expected at least 1"),
        (lambda: CellSpace(operations=("conv_2x2",)), r"operations is \['conv_2x2'\], expected"),
        (lambda: CellSpace(operations=()), r"operations is \[\], expected"),
        (lambda: CellSpace(combines=("add", "add")), r"combines is \['add', 'add'\], expected"),
        (lambda: CellSpace().decode((0,) * 49), "49 choices, expected 50"),
        (lambda: CellSpace().decode((2, *(0,) * 49)), "input_a is choice 2, expected 0 to 1"),
        (lambda: CellSpace(4).encode(NASNET_A), "normal cell has 5 blocks, expected 4"),
        (
            lambda: CellSpace(operations=("identity",)).encode(NASNET_A_STRICT),
            "normal cell's operation is 'sep_conv_5x5', expected one of: identity",
        ),
    ],
)
def test_bad_arguments_are_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()
