"""Published cells, one literal each.

Transcribed from the authors' released code; the states are renumbered to this toolkit's order
(0 the cell before last, 1 the last cell, 2 + i block i). Where a code emits other states than those
that no block reads, `concat` says so: the published parameter counts need it.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from nasnet.cells.conventions import Family
from nasnet.cells.genotype import Block, Cell, Genotype


@dataclasses.dataclass(frozen=True, slots=True)
class ZooEntry:
    """A published genotype and where it comes from.

    Attributes:
        conventions: the habits of the networks that it was published in.
    """

    genotype: Genotype
    year: int
    paper: str
    note: str
    conventions: Family = "nasnet"


def _cell(*blocks: Block, concat: tuple[int, ...] = ()) -> Cell:
    return Cell(blocks, concat)


_NASNET_A_NORMAL = (
    Block(1, 0, "sep_conv_5x5", "sep_conv_3x3"),
    Block(0, 0, "sep_conv_5x5", "sep_conv_3x3"),
    Block(1, 0, "avg_pool_3x3", "identity"),
    Block(0, 0, "avg_pool_3x3", "avg_pool_3x3"),
    Block(1, 1, "sep_conv_3x3", "identity"),
)
_NASNET_A_REDUCTION = (
    Block(1, 0, "sep_conv_5x5", "sep_conv_7x7"),
    Block(1, 0, "max_pool_3x3", "sep_conv_7x7"),
    Block(1, 0, "avg_pool_3x3", "sep_conv_5x5"),
    Block(3, 2, "identity", "avg_pool_3x3"),
    Block(2, 1, "sep_conv_3x3", "max_pool_3x3"),
)

# The released code also emits input 0 of the normal cell and state 3 of the reduction cell, both of
# which are read; the counts of Table 1 need it.
NASNET_A = Genotype(
    Cell(_NASNET_A_NORMAL, concat=(0, 2, 3, 4, 5, 6)),
    Cell(_NASNET_A_REDUCTION, concat=(3, 4, 5, 6)),
)
NASNET_A_STRICT = Genotype(Cell(_NASNET_A_NORMAL), Cell(_NASNET_A_REDUCTION))

_PNASNET_5_CELL = _cell(
    Block(0, 0, "sep_conv_5x5", "max_pool_3x3"),
    Block(1, 1, "sep_conv_7x7", "max_pool_3x3"),
    Block(1, 1, "sep_conv_5x5", "sep_conv_3x3"),
    Block(4, 1, "sep_conv_3x3", "max_pool_3x3"),
    Block(0, 1, "sep_conv_3x3", "identity"),
    concat=(2, 3, 4, 5, 6),
)
PNASNET_5 = Genotype(_PNASNET_5_CELL, _PNASNET_5_CELL)

AMOEBANET_A = Genotype(
    _cell(
        Block(1, 1, "avg_pool_3x3", "max_pool_3x3"),
        Block(0, 0, "sep_conv_3x3", "identity"),
        Block(1, 0, "identity", "avg_pool_3x3"),
        Block(1, 2, "sep_conv_3x3", "sep_conv_5x5"),
        Block(5, 1, "avg_pool_3x3", "sep_conv_3x3"),
        concat=(0, 3, 4, 6),
    ),
    _cell(
        Block(0, 1, "sep_conv_3x3", "avg_pool_3x3"),
        Block(1, 2, "max_pool_3x3", "sep_conv_7x7"),
        Block(0, 1, "max_pool_3x3", "max_pool_3x3"),
        Block(4, 1, "sep_conv_3x3", "bottleneck_conv_1x7_7x1"),
        Block(0, 1, "avg_pool_3x3", "sep_conv_7x7"),
        concat=(2, 3, 4, 5, 6),
    ),
)

# The released code names a dilated separable convolution for state 4 of the reduction cell, and
# then builds it without the dilation.
AMOEBANET_B = Genotype(
    _cell(
        Block(0, 0, "conv_1x1", "max_pool_3x3"),
        Block(0, 1, "identity", "sep_conv_3x3"),
        Block(0, 1, "conv_1x1", "sep_conv_3x3"),
        Block(2, 2, "conv_1x1", "identity"),
        Block(0, 5, "avg_pool_3x3", "conv_1x1"),
        concat=(1, 3, 4, 6),
    ),
    _cell(
        Block(1, 1, "max_pool_2x2", "max_pool_3x3"),
        Block(2, 0, "identity", "bottleneck_conv_3x3"),
        Block(2, 2, "sep_conv_5x5", "max_pool_3x3"),
        Block(3, 0, "identity", "sep_conv_3x3"),
        Block(4, 3, "avg_pool_3x3", "conv_1x1"),
        concat=(5, 6),
    ),
)

AMOEBANET_C = Genotype(
    _cell(
        Block(1, 1, "avg_pool_3x3", "sep_conv_3x3"),
        Block(1, 1, "identity", "sep_conv_3x3"),
        Block(2, 0, "avg_pool_3x3", "sep_conv_3x3"),
        Block(1, 0, "identity", "sep_conv_3x3"),
        Block(3, 1, "avg_pool_3x3", "sep_conv_3x3"),
        concat=(0, 2, 4, 5, 6),
    ),
    _cell(
        Block(1, 1, "max_pool_3x3", "max_pool_3x3"),
        Block(2, 1, "sep_conv_7x7", "sep_conv_3x3"),
        Block(1, 0, "sep_conv_7x7", "max_pool_3x3"),
        Block(4, 4, "sep_conv_5x5", "sep_conv_5x5"),
        Block(0, 0, "max_pool_3x3", "sep_conv_3x3"),
        concat=(1, 2, 3, 4, 5, 6),
    ),
)

AMOEBANET_D = Genotype(
    _cell(
        Block(0, 0, "conv_1x1", "max_pool_3x3"),
        Block(0, 1, "identity", "bottleneck_conv_1x7_7x1"),
        Block(1, 1, "conv_1x1", "bottleneck_conv_1x7_7x1"),
        Block(2, 2, "max_pool_3x3", "identity"),
        Block(0, 5, "avg_pool_3x3", "conv_1x1"),
        concat=(1, 3, 4, 6),
    ),
    _cell(
        Block(1, 1, "max_pool_2x2", "max_pool_3x3"),
        Block(2, 0, "identity", "bottleneck_conv_3x3"),
        Block(2, 2, "bottleneck_conv_1x7_7x1", "max_pool_3x3"),
        Block(3, 0, "identity", "max_pool_2x2"),
        Block(2, 3, "avg_pool_3x3", "conv_1x1"),
        concat=(4, 5, 6),
    ),
)

ENAS_MICRO = Genotype(
    _cell(
        Block(0, 0, "avg_pool_3x3", "sep_conv_3x3"),
        Block(0, 0, "identity", "sep_conv_5x5"),
        Block(0, 1, "identity", "sep_conv_5x5"),
        Block(1, 0, "sep_conv_3x3", "sep_conv_5x5"),
        Block(0, 1, "avg_pool_3x3", "sep_conv_5x5"),
    ),
    _cell(
        Block(1, 1, "sep_conv_3x3", "sep_conv_3x3"),
        Block(0, 0, "max_pool_3x3", "avg_pool_3x3"),
        Block(1, 3, "sep_conv_5x5", "sep_conv_5x5"),
        Block(1, 0, "sep_conv_3x3", "identity"),
        Block(0, 1, "max_pool_3x3", "sep_conv_5x5"),
    ),
)

DARTS_V1 = Genotype(
    _cell(
        Block(1, 0, "sep_conv_3x3", "sep_conv_3x3"),
        Block(0, 1, "identity", "sep_conv_3x3"),
        Block(0, 1, "identity", "sep_conv_3x3"),
        Block(0, 2, "sep_conv_3x3", "identity"),
        concat=(2, 3, 4, 5),
    ),
    _cell(
        Block(0, 1, "max_pool_3x3", "max_pool_3x3"),
        Block(2, 0, "identity", "max_pool_3x3"),
        Block(0, 2, "max_pool_3x3", "identity"),
        Block(2, 0, "identity", "avg_pool_3x3"),
        concat=(2, 3, 4, 5),
    ),
)

DARTS_V2 = Genotype(
    _cell(
        Block(0, 1, "sep_conv_3x3", "sep_conv_3x3"),
        Block(0, 1, "sep_conv_3x3", "sep_conv_3x3"),
        Block(1, 0, "sep_conv_3x3", "identity"),
        Block(0, 2, "identity", "dil_sep_conv_3x3"),
        concat=(2, 3, 4, 5),
    ),
    _cell(
        Block(0, 1, "max_pool_3x3", "max_pool_3x3"),
        Block(2, 1, "identity", "max_pool_3x3"),
        Block(0, 2, "max_pool_3x3", "identity"),
        Block(2, 1, "identity", "max_pool_3x3"),
        concat=(2, 3, 4, 5),
    ),
)

# DARTS' reading of the figure in AmoebaNet's paper; it is not the cell of AmoebaNet's own code.
DARTS_AMOEBANET = Genotype(
    _cell(
        Block(0, 1, "avg_pool_3x3", "max_pool_3x3"),
        Block(0, 2, "sep_conv_3x3", "sep_conv_5x5"),
        Block(0, 3, "sep_conv_3x3", "avg_pool_3x3"),
        Block(1, 1, "sep_conv_3x3", "identity"),
        Block(0, 1, "identity", "avg_pool_3x3"),
    ),
    _cell(
        Block(0, 1, "avg_pool_3x3", "sep_conv_3x3"),
        Block(0, 2, "max_pool_3x3", "sep_conv_7x7"),
        Block(0, 1, "sep_conv_7x7", "avg_pool_3x3"),
        Block(0, 1, "max_pool_3x3", "max_pool_3x3"),
        Block(0, 5, "conv_1x7_7x1", "sep_conv_3x3"),
    ),
)

_NASNET_PAPER = "Zoph et al., https://arxiv.org/abs/1707.07012"
_AMOEBANET_PAPER = "Real et al., https://arxiv.org/abs/1802.01548"
_DARTS_PAPER = "Liu et al., https://arxiv.org/abs/1806.09055"
_AMOEBANET_CODE = "tensorflow/tpu, models/official/amoeba_net/model_specs.py"
_DARTS_CODE = "quark0/darts, cnn/genotypes.py"

ZOO: Mapping[str, ZooEntry] = MappingProxyType(
    {
        "nasnet-a": ZooEntry(NASNET_A, 2017, _NASNET_PAPER, "as in the released code"),
        "nasnet-a-strict": ZooEntry(
            NASNET_A_STRICT, 2017, _NASNET_PAPER, "as in Figure 4: unread states alone are emitted"
        ),
        "pnasnet-5": ZooEntry(
            PNASNET_5,
            2017,
            "Liu et al., https://arxiv.org/abs/1712.00559",
            "tensorflow/models, research/slim/nets/nasnet/pnasnet.py; one cell serves as both",
        ),
        "amoebanet-a": ZooEntry(AMOEBANET_A, 2018, _AMOEBANET_PAPER, _AMOEBANET_CODE),
        "amoebanet-b": ZooEntry(AMOEBANET_B, 2018, _AMOEBANET_PAPER, _AMOEBANET_CODE),
        "amoebanet-c": ZooEntry(AMOEBANET_C, 2018, _AMOEBANET_PAPER, _AMOEBANET_CODE),
        "amoebanet-d": ZooEntry(AMOEBANET_D, 2018, _AMOEBANET_PAPER, _AMOEBANET_CODE),
        "enas": ZooEntry(
            ENAS_MICRO,
            2018,
            "Pham et al., https://arxiv.org/abs/1802.03268",
            "melodyguan/enas, scripts/cifar10_micro_final.sh",
            "enas",
        ),
        "darts-v1": ZooEntry(DARTS_V1, 2018, _DARTS_PAPER, f"{_DARTS_CODE}; first order", "darts"),
        "darts-v2": ZooEntry(DARTS_V2, 2018, _DARTS_PAPER, f"{_DARTS_CODE}; second order", "darts"),
        "darts-amoebanet": ZooEntry(
            DARTS_AMOEBANET, 2018, _DARTS_PAPER, f"{_DARTS_CODE}; AmoebaNet in its form", "darts"
        ),
    }
)
