"""From cells to networks: plans, Keras networks, fast children, recipes.

Plans, costs and recipes need no TensorFlow; the names that do are imported when they are asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from nasnet.stacking.network import CellFrame, CellNetwork
from nasnet.stacking.plan import STEMS, Slot, Stack, Stem
from nasnet.stacking.presets import PRESETS, Preset
from nasnet.stacking.recipe import Diverged, Recipe
from nasnet.stacking.recipes import RECIPES

if TYPE_CHECKING:
    from nasnet.stacking.flat.backend import FlatLayout, FlatTensors
    from nasnet.stacking.flat.trainer import Epoch, Trainer
    from nasnet.stacking.keras.applications import (
        AmoebaNetA,
        AmoebaNetAMobile,
        DARTSNet,
        NASNetCIFAR,
        NASNetLarge,
        NASNetMobile,
        PNASNet5,
        PNASNet5Mobile,
        decode_predictions,
        preprocess_input,
    )
    from nasnet.stacking.keras.backend import KerasLayers, build_network
    from nasnet.stacking.keras.drop_path import DropPath, DropPathSchedule, strip_drop_path
    from nasnet.stacking.keras.ends import end_points
    from nasnet.stacking.keras.training import compile_network

__all__ = (
    "PRESETS",
    "RECIPES",
    "STEMS",
    "AmoebaNetA",
    "AmoebaNetAMobile",
    "CellFrame",
    "CellNetwork",
    "DARTSNet",
    "Diverged",
    "DropPath",
    "DropPathSchedule",
    "Epoch",
    "FlatLayout",
    "FlatTensors",
    "KerasLayers",
    "NASNetCIFAR",
    "NASNetLarge",
    "NASNetMobile",
    "PNASNet5",
    "PNASNet5Mobile",
    "Preset",
    "Recipe",
    "Slot",
    "Stack",
    "Stem",
    "Trainer",
    "build_network",
    "compile_network",
    "decode_predictions",
    "end_points",
    "preprocess_input",
    "strip_drop_path",
)
_HOMES = {  # of what needs TensorFlow, below this package; the others are in `keras.applications`
    "DropPath": "keras.drop_path",
    "DropPathSchedule": "keras.drop_path",
    "Epoch": "flat.trainer",
    "FlatLayout": "flat.backend",
    "FlatTensors": "flat.backend",
    "KerasLayers": "keras.backend",
    "Trainer": "flat.trainer",
    "build_network": "keras.backend",
    "compile_network": "keras.training",
    "end_points": "keras.ends",
    "strip_drop_path": "keras.drop_path",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'nasnet.stacking' has no attribute {name!r}")
    home = _HOMES.get(name, "keras.applications")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
