"""From cells to networks: plans, Keras networks, fast children, recipes.

Plans, costs and recipes need no TensorFlow; the names that do are imported when they are asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from stacking.assemble import assemble
from stacking.network import CellFrame, CellNetwork
from stacking.plan import STEMS, Slot, Stack, Stem
from stacking.presets import PRESETS, Preset
from stacking.recipe import Diverged, Recipe
from stacking.recipes import RECIPES

if TYPE_CHECKING:
    from stacking.applications import (
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
    from stacking.drop_path import DropPath, DropPathSchedule, strip_drop_path
    from stacking.ends import end_points
    from stacking.flat_backend import FlatLayout, FlatTensors
    from stacking.keras_backend import KerasLayers, build_network
    from stacking.keras_training import compile_network
    from stacking.trainer import Epoch, Trainer

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
    "assemble",
    "build_network",
    "compile_network",
    "decode_predictions",
    "end_points",
    "preprocess_input",
    "strip_drop_path",
)
_HOMES = {
    "AmoebaNetA": "stacking.applications",
    "AmoebaNetAMobile": "stacking.applications",
    "DARTSNet": "stacking.applications",
    "DropPath": "stacking.drop_path",
    "DropPathSchedule": "stacking.drop_path",
    "Epoch": "stacking.trainer",
    "FlatLayout": "stacking.flat_backend",
    "FlatTensors": "stacking.flat_backend",
    "KerasLayers": "stacking.keras_backend",
    "NASNetCIFAR": "stacking.applications",
    "NASNetLarge": "stacking.applications",
    "NASNetMobile": "stacking.applications",
    "PNASNet5": "stacking.applications",
    "PNASNet5Mobile": "stacking.applications",
    "Trainer": "stacking.trainer",
    "build_network": "stacking.keras_backend",
    "compile_network": "stacking.keras_training",
    "decode_predictions": "stacking.applications",
    "end_points": "stacking.ends",
    "preprocess_input": "stacking.applications",
    "strip_drop_path": "stacking.drop_path",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stacking' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
