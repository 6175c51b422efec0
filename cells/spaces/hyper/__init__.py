"""Hyper-parameters of a function that builds a model, as KerasTuner's users write it.

The function asks for what it needs (`hp.Int("units", 32, 512)`), and what it asks for next may
depend on what it was given. Running it finds the decisions (`explore`), which are a `HyperSpace`.
"""

from nasnet.cells.spaces.hyper.configuration import Configuration
from nasnet.cells.spaces.hyper.exploring import explore
from nasnet.cells.spaces.hyper.hyperparameters import HyperParameters
from nasnet.cells.spaces.hyper.parameters import Options, Parameter, Range, Value
from nasnet.cells.spaces.hyper.space import HyperSpace, Item

__all__ = (
    "Configuration",
    "HyperParameters",
    "HyperSpace",
    "Item",
    "Options",
    "Parameter",
    "Range",
    "Value",
    "explore",
)
