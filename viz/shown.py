"""What notebooks show of cells, networks and recurrent cells: `_repr_svg_` of each."""

from typing import Any

from nasnet.cells import Cell, Genotype
from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.tree import Tree
from nasnet.viz.cell.drawing import cell_to_svg, genotype_to_svg, recurrent_to_svg
from nasnet.viz.network.drawing import network_to_svg


def svg(value: Any) -> str:
    """The drawing of a value, as an SVG document.

    Args:
        value: a genotype, a cell, a recurrent cell, or a network with `parts`.
    """
    match value:
        case Genotype():
            return genotype_to_svg(value)
        case Cell():
            return cell_to_svg(value)
        case Recurrent() | Tree():
            return recurrent_to_svg(value)
    return network_to_svg(value.parts())
