"""The outputs of a network's parts by name, for models new or loaded."""

import re
from typing import Any

import keras

_CELL = re.compile(r"((?:cell_stem|reduction_cell|cell)_\d+)_")
_HEADS = {
    "global_pool": "global_pool",
    "auxlogits_dense": "AuxLogits",
    "logits_dense": "Logits",
    "aux": "AuxPredictions",
    "predictions": "Predictions",
}


def end_points(model: keras.Model, prefix: str = "") -> dict[str, Any]:
    """Every end point of `model` by the released code's name, from the image on.

    They are found by the layers' names, so a model that was saved and loaded has them, too.
    `keras.Model(model.input, end_points(model)["Cell_7"])` is a backbone.

    Args:
        model: a network of this toolkit, or a model that has several.
        prefix: with which the network was made.

    Returns:
        Symbolic tensors: `Stem`, `Cell_0`, ..., `Reduction_Cell_0`, ... [N, H, W, C]; `global_pool`
        [N, C]; `AuxLogits`, `Logits`, `AuxPredictions`, `Predictions` [N, classes]: those that it
        has. An ImageNet stem's cells come first, as `Cell_Stem_0` and `Cell_Stem_1`; the latter is
        `Stem`, too. A cell that hands on an input as it is has none.

    Raises:
        ValueError: `model` has none, so it is another one.
    """
    ends: dict[str, Any] = {}
    start = f"{prefix}_" if prefix else ""
    for layer in model.layers:
        own = layer.name.removeprefix(start) if layer.name.startswith(start) else ""
        match = _CELL.match(own)
        if match:
            name = match[1].title()
        elif own.startswith("stem_"):
            name = "Stem"
        elif own in _HEADS:
            name = _HEADS[own]
        else:
            continue
        # Layers are sorted from the image on, and all of a cell's lead to its last one.
        ends.pop(name, None)
        ends[name] = layer.output
        if name.startswith("Cell_Stem"):
            ends.pop("Stem", None)
            ends["Stem"] = layer.output
    if not any(name.startswith("Cell_") for name in ends):
        raise ValueError(f"model {model.name} has no cells, expected a network of this toolkit")
    return ends
