"""What an architecture is: cells as plain data, their operations, their cost. NumPy only."""

from nasnet.cells.backend import Backend, Scopes
from nasnet.cells.build import build_cell
from nasnet.cells.chains import Chain
from nasnet.cells.conventions import CONVENTIONS, Conventions, Family
from nasnet.cells.cost import Cost, Parameter, Shape
from nasnet.cells.genotype import NUM_INPUTS, Block, Cell, Genotype
from nasnet.cells.limits import Limits
from nasnet.cells.network import Architecture, Frame, Network, Part, network_cost
from nasnet.cells.operations import COMBINES, NASNET_OPERATIONS, OPERATIONS, Operation
from nasnet.cells.spaces.base import TERMINATE, Decision, SearchSpace
from nasnet.cells.spaces.cell import CellSpace
from nasnet.cells.spaces.chain import ChainSpace
from nasnet.cells.spaces.growing import GrowingCellSpace
from nasnet.cells.spaces.table import TableSpace
from nasnet.cells.zoo import NASNET_A, NASNET_A_STRICT, PNASNET_5, ZOO, ZooEntry

__all__ = (
    "COMBINES",
    "CONVENTIONS",
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
    "Chain",
    "ChainSpace",
    "Conventions",
    "Cost",
    "Decision",
    "Family",
    "Frame",
    "Genotype",
    "GrowingCellSpace",
    "Limits",
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
