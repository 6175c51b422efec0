"""What an architecture is: cells and layers as plain data, their meaning and cost. NumPy only."""

from nasnet.cells.backend import Backend, Scopes
from nasnet.cells.build import build_cell
from nasnet.cells.conventions import CONVENTIONS, Conventions, Family
from nasnet.cells.cost import Cost, Parameter, Shape
from nasnet.cells.genotype import NUM_INPUTS, Block, Cell, Genotype
from nasnet.cells.layers.architecture import Layers
from nasnet.cells.layers.macro import Macro
from nasnet.cells.layers.zoo import LAYER_ZOO, LayerEntry
from nasnet.cells.limits import Limits
from nasnet.cells.network import Architecture, Frame, Network, Part, network_cost
from nasnet.cells.operations import COMBINES, NASNET_OPERATIONS, OPERATIONS, Operation
from nasnet.cells.spaces.base import SearchSpace
from nasnet.cells.spaces.cell import CellSpace
from nasnet.cells.spaces.chain import ChainSpace
from nasnet.cells.spaces.conv_pool import ConvPoolSpace
from nasnet.cells.spaces.decision import TERMINATE, Decision
from nasnet.cells.spaces.growing import GrowingCellSpace
from nasnet.cells.spaces.layers import LayerSpace
from nasnet.cells.spaces.macro import MacroSpace
from nasnet.cells.spaces.table import TableSpace
from nasnet.cells.zoo import NASNET_A, NASNET_A_STRICT, PNASNET_5, ZOO, ZooEntry

__all__ = (
    "COMBINES",
    "CONVENTIONS",
    "LAYER_ZOO",
    "NASNET_A",
    "NASNET_A_STRICT",
    "NASNET_OPERATIONS",
    "NUM_INPUTS",
    "OPERATIONS",
    "PNASNET_5",
    "TERMINATE",
    "ZOO",
    "Architecture",
    "Backend",
    "Block",
    "Cell",
    "CellSpace",
    "ChainSpace",
    "ConvPoolSpace",
    "Conventions",
    "Cost",
    "Decision",
    "Family",
    "Frame",
    "Genotype",
    "GrowingCellSpace",
    "LayerEntry",
    "LayerSpace",
    "Layers",
    "Limits",
    "Macro",
    "MacroSpace",
    "Network",
    "Operation",
    "Parameter",
    "Part",
    "Scopes",
    "SearchSpace",
    "Shape",
    "TableSpace",
    "ZooEntry",
    "build_cell",
    "network_cost",
)
