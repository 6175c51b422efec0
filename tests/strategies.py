"""Random architectures for property tests."""

import numpy as np
from hypothesis import strategies as st

from nasnet.cells import (
    COMBINES,
    NASNET_OPERATIONS,
    TERMINATE,
    Block,
    Cell,
    CellSpace,
    Decision,
    Genotype,
    TableSpace,
)

_TWO = Cell((Block(0, 1, "sep_conv_3x3", "avg_pool_3x3"), Block(1, 0, "conv_3x3", "identity")))
# Cells of two blocks, for tests of what every network goes through: a third of NASNet-A's layers.
TWO_BLOCKS = Genotype(_TWO, _TWO)
_MAX = Cell((Block(0, 1, "sep_conv_3x3", "max_pool_3x3"), Block(1, 0, "conv_3x3", "identity")))
# The same, but for average pools of stride 2: Keras 3.15 on PyTorch has other values at the border.
WITHOUT_STRIDED_AVERAGES = Genotype(_TWO, _MAX)


@st.composite
def cells(draw, max_blocks: int = 5, operations=NASNET_OPERATIONS) -> Cell:
    """Any cell, with an output of loose ends or one of its own."""
    blocks = []
    for i in range(draw(st.integers(1, max_blocks))):
        state = st.integers(0, 1 + i)
        operation = st.sampled_from(operations)
        combine = draw(st.sampled_from(COMBINES))
        blocks.append(Block(draw(state), draw(state), draw(operation), draw(operation), combine))
    states = st.integers(0, 1 + len(blocks))
    concat = draw(st.one_of(st.just(()), _concats(states)))
    return Cell(tuple(blocks), concat)


def _concats(states):
    lists = st.lists(states, unique=True, min_size=1)
    return lists.filter(lambda concat: max(concat) >= 2).map(tuple)


def genotypes(max_blocks: int = 5):
    """Any genotype."""
    return st.builds(Genotype, cells(max_blocks), cells(max_blocks))


def random_genotypes(count: int, *, blocks: int = 5, seed: int = 0) -> list[Genotype]:
    """Genotypes drawn uniformly from the paper's space."""
    space, rng = CellSpace(blocks), np.random.default_rng(seed)
    return [space.decode(space.sample(rng)) for _ in range(count)]


def ending_space(length: int, options: int = 12) -> TableSpace:
    """Sequences of 1 to `length` words; each decision but the first may end them, by choice 0."""
    words = tuple(f"word_{i}" for i in range(options))
    later = (Decision(f"place_{i}", (TERMINATE, *words)) for i in range(1, length))
    return TableSpace((Decision("place_0", words), *later))
