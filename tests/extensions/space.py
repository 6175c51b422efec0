"""A search space of one's own in one file: cells of one or two blocks of separable convolutions.

nasnet search --space space.py:SPACE
"""

from nasnet.cells import Block, Cell, Decision, Genotype, SearchSpace

KERNELS = ("sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7")


class SmallCells(SearchSpace[Genotype]):
    """The second block's kernel is decided where there is a second block."""

    decisions = (
        Decision("blocks", ("one", "two")),
        Decision("first", KERNELS, role="kernel"),
        Decision("second", KERNELS, role="kernel"),
    )

    def next_decision(self, prefix):
        if len(prefix) == 2 and prefix[0] == 0:
            return None
        return super().next_decision(prefix)

    def architecture(self, choices):
        two, first, second = choices
        blocks = [Block(0, 1, KERNELS[first], "identity")]
        if two:
            blocks.append(Block(1, 2, KERNELS[second], "identity"))
        cell = Cell(tuple(blocks))
        return Genotype(cell, cell)

    def encode(self, genotype):
        kernels = [KERNELS.index(block.op_a) for block in genotype.normal.blocks]
        return (len(kernels) - 1, *kernels, *(0,) * (2 - len(kernels)))


SPACE = SmallCells()
