"""What an architecture is: cells as plain data, their operations, their cost. NumPy only."""

from cells.architecture import Architecture
from cells.backend import Backend, Scopes
from cells.build import build_cell
from cells.chains import Chain, ChainSpace
from cells.conventions import CONVENTIONS, Conventions, Family
from cells.cost import Cost, Parameter, Shape
from cells.files import write_atomically
from cells.genotype import NUM_INPUTS, Block, Cell, Genotype
from cells.growing_space import GrowingCellSpace
from cells.network import Frame, Network, Part, network_cost
from cells.operations import COMBINES, NASNET_OPERATIONS, OPERATIONS, Operation
from cells.space import CellSpace, Decision, SearchSpace
from cells.zoo import NASNET_A, NASNET_A_STRICT, PNASNET_5, ZOO, ZooEntry

__all__ = (
    "COMBINES",
    "CONVENTIONS",
    "NASNET_A",
    "NASNET_A_STRICT",
    "NASNET_OPERATIONS",
    "NUM_INPUTS",
    "OPERATIONS",
    "PNASNET_5",
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
    "Network",
    "Operation",
    "Parameter",
    "Part",
    "Scopes",
    "SearchSpace",
    "Shape",
    "ZooEntry",
    "build_cell",
    "network_cost",
    "write_atomically",
)
