"""From cells to networks: plans, Keras networks, fast children, recipes.

Plans, costs and recipes need no TensorFlow; the names that do are imported when they are asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from stacking.assemble import assemble, network_cost
from stacking.plan import STEMS, Slot, Stack, Stem
from stacking.presets import PRESETS, Preset
from stacking.recipe import Diverged, Recipe

if TYPE_CHECKING:
    from stacking.flat_backend import FlatLayout, FlatTensors
    from stacking.keras_backend import KerasLayers, build_network
    from stacking.trainer import Epoch, Trainer

__all__ = (
    "PRESETS",
    "STEMS",
    "Diverged",
    "Epoch",
    "FlatLayout",
    "FlatTensors",
    "KerasLayers",
    "Preset",
    "Recipe",
    "Slot",
    "Stack",
    "Stem",
    "Trainer",
    "assemble",
    "build_network",
    "network_cost",
)
_HOMES = {
    "Epoch": "stacking.trainer",
    "FlatLayout": "stacking.flat_backend",
    "FlatTensors": "stacking.flat_backend",
    "KerasLayers": "stacking.keras_backend",
    "Trainer": "stacking.trainer",
    "build_network": "stacking.keras_backend",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stacking' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
