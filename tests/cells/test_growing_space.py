"""Cells that grow block by block as a sequence of decisions."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasnet.cells import (
    COMBINES,
    NASNET_A,
    NASNET_A_STRICT,
    Cell,
    CellSpace,
    Genotype,
    GrowingCellSpace,
)
from nasnet.cells.spaces.decision import TERMINATE

SPACE = GrowingCellSpace()
GROWTH = (10, 21, 32, 43)


@st.composite
def genotypes(draw):
    """Cells of 1 to 5 blocks each, equally many, that emit their loose ends."""
    space = CellSpace(draw(st.integers(1, 5)))
    return space.decode(space.sample(np.random.default_rng(draw(st.integers(0, 2**32 - 1)))))


def sequences(space, prefix=()):
    """Every sequence of choices that `next_decision` walks through."""
    decision = space.next_decision(prefix)
    if decision is None:
        yield prefix
        return
    for choice in range(len(decision.options)):
        yield from sequences(space, (*prefix, choice))


def test_decisions_come_block_by_block_of_both_cells():
    names = [decision.name for decision in SPACE.decisions]
    assert len(names) == 5 * 10 + 4
    assert names[4:12] == [
        "normal/block_0/combine",
        *(f"reduction/block_0/{kind}" for kind in ("input_a", "input_b", "op_a", "op_b")),
        "reduction/block_0/combine",
        "block_0/grow",
        "normal/block_1/input_a",
    ]
    ends = [i for i, decision in enumerate(SPACE.decisions) if TERMINATE in decision.options]
    assert tuple(ends) == GROWTH
    fixed = {decision for i, decision in enumerate(SPACE.decisions) if i not in GROWTH}
    assert fixed == set(CellSpace().decisions)


@given(genotypes())
def test_every_genotype_of_up_to_five_blocks_is_in_the_space(genotype):
    choices = SPACE.encode(genotype)
    assert SPACE.decode(choices) == genotype
    assert len(choices) == len(SPACE.decisions)


@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_encode_undoes_decode_up_to_the_end(blocks, seed):
    space = GrowingCellSpace(blocks)
    choices = space.sample(np.random.default_rng(seed))
    ends = [i + 1 for i in range(10, len(choices), 11) if choices[i] == 0]
    used = min(ends, default=len(choices))
    assert space.encode(space.decode(choices)) == (*choices[:used], *(0,) * (len(choices) - used))
    assert space.decode(choices[:used]) == space.decode(choices)
    assert space.next_decision(choices[:used]) is None
    assert space.next_decision(choices[: used - 1]) == space.decisions[used - 1]


@pytest.mark.parametrize(
    ("blocks", "operations", "combines"),
    [(1, 2, COMBINES), (2, 1, ("add",)), (1, 3, ("concat",))],
)
def test_the_size_is_the_number_of_sequences_and_of_genotypes(blocks, operations, combines):
    names = ("identity", "conv_1x1", "conv_3x3")[:operations]
    space = GrowingCellSpace(blocks, names, combines)
    found = list(sequences(space))
    assert space.size() == len(found) == len({space.decode(choices) for choices in found})


def test_the_size_is_that_of_all_spaces_of_fixed_cells():
    sizes = [CellSpace(blocks).size() for blocks in range(1, 6)]
    assert SPACE.size() == sum(sizes)


def test_the_entropy_is_that_of_samples():
    space = GrowingCellSpace(2, ("identity",), ("add",))
    probabilities = []
    for choices in sequences(space):
        decisions = space.decisions[: len(choices)]
        pairs = zip(decisions, choices, strict=True)
        probabilities.append(math.prod(decision.shares[choice] for decision, choice in pairs))
    assert sum(probabilities) == pytest.approx(1)
    entropy = -sum(p * math.log(p) for p in probabilities)
    assert space.entropy() == pytest.approx(entropy)


def test_samples_are_uniform_over_the_number_of_blocks():
    rng = np.random.default_rng(0)
    sizes = [len(SPACE.decode(SPACE.sample(rng)).normal.blocks) for _ in range(1000)]
    counts = np.bincount(sizes, minlength=6)[1:]
    assert (abs(counts - 200) < 5 * np.sqrt(160)).all()


def uneven():
    return Genotype(NASNET_A_STRICT.normal, Cell(NASNET_A_STRICT.reduction.blocks[:4]))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: GrowingCellSpace(0), "blocks is 0, expected at least 1"),
        (lambda: GrowingCellSpace(combines=()), r"combines is \[\], expected different ones of"),
        (lambda: SPACE.decode((0,) * 10), "10 choices, expected 54"),
        (lambda: SPACE.decode((0,) * 55), "55 choices, expected 54"),
        (lambda: SPACE.decode((2, *(0,) * 10)), "normal/block_0/input_a is choice 2, expected 0"),
        (lambda: SPACE.decode((*(0,) * 10, 2, *(0,) * 43)), "block_0/grow is choice 2, expected 0"),
        (lambda: GrowingCellSpace(4).encode(NASNET_A_STRICT), "has 5 blocks, expected 1 to 4"),
        (lambda: SPACE.encode(NASNET_A), r"normal cell emits states \[0, 2, 3, 4, 5, 6\], expect"),
        (lambda: SPACE.encode(uneven()), "reduction cell has 4 blocks, expected 5"),
    ],
)
def test_bad_arguments_are_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_it_is_a_value():
    assert dataclasses.replace(SPACE, blocks=3) == GrowingCellSpace(3) != CellSpace(3)
