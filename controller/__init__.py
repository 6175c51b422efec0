"""What to try next: controllers see decisions and rewards, never a network.

Importing this package loads no TensorFlow; a controller that needs it imports it when it is made.
"""

from nasnet.controller.base import BaseController, NoSettings
from nasnet.controller.protocol import Controller, MultiObjective, Proposal
from nasnet.controller.registry import (
    CONTROLLERS,
    Chosen,
    controller_class,
    make_controller,
    parse_controller,
    split_names,
)

__all__ = (
    "CONTROLLERS",
    "BaseController",
    "Chosen",
    "Controller",
    "MultiObjective",
    "NoSettings",
    "Proposal",
    "controller_class",
    "make_controller",
    "parse_controller",
    "split_names",
)
