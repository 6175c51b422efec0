"""Weights from elsewhere: the ImageNet networks of `keras.applications`."""

from collections.abc import Iterator, Mapping

import keras
import numpy as np

# Where a separable convolution stands in the cell: (block and side here, name there).
_NORMAL = (
    ("0_a", "left1"),
    ("0_b", "right1"),
    ("1_a", "left2"),
    ("1_b", "right2"),
    ("4_a", "left5"),
)
_REDUCTION = (
    ("0_a", "left1"),
    ("0_b", "right1"),
    ("1_b", "right2"),
    ("2_b", "right3"),
    ("4_a", "left4"),
)


def weights_from_keras(source: keras.Model, repeats: int) -> dict[str, np.ndarray]:
    """The weights of a NASNet of `keras.applications` by their paths in ours.

    They fit a network of NASNET_A on an "imagenet" stem with the "keras" conventions, whose batch
    normalization has an epsilon of 1e-3.

    Args:
        source: `keras.applications.NASNetMobile` or `NASNetLarge`, with its classifier or without.
        repeats: normal cells in a stage: 4 for NASNetMobile, 6 for NASNetLarge.

    Raises:
        ValueError: `source` is another network, or has other repeats.
    """
    layers = {layer.name: layer for layer in source.layers if layer.weights}
    arrays = {}
    for ours, theirs in _layers(repeats, layers):
        if theirs not in layers:
            raise ValueError(f"layer {theirs} is missing, expected a NASNet of {repeats} repeats")
        for variable in layers.pop(theirs).weights:
            arrays[f"{ours}/{variable.name}"] = keras.ops.convert_to_numpy(variable)
    if layers:
        raise ValueError(f"layer {next(iter(layers))} is unknown, expected a NASNet of Keras")
    return arrays


def assign_weights(model: keras.Model, arrays: Mapping[str, np.ndarray]) -> None:
    """Gives `model` all of its weights, by path; an error leaves it as it was.

    Raises:
        ValueError: a path is missing or unknown, or an array has another shape.
    """
    variables = {variable.path: variable for variable in model.variables}
    for path in variables.keys() ^ arrays.keys():
        state = "missing" if path in variables else "unknown"
        raise ValueError(f"weight {path} is {state}, expected those of the network alone")
    for path, variable in variables.items():
        if tuple(variable.shape) != arrays[path].shape:
            raise ValueError(
                f"weight {path} has shape {arrays[path].shape}, expected {tuple(variable.shape)}"
            )
    for path, variable in variables.items():
        variable.assign(arrays[path])


def _layers(repeats: int, present: Mapping[str, keras.Layer]) -> Iterator[tuple[str, str]]:
    """(name here, name there) of every layer that has weights."""
    yield from (("stem_conv", "stem_conv1"), ("stem_bn", "stem_bn1"))
    for i in range(2):
        yield from _cell_layers(f"cell_stem_{i}", "reduction", f"stem_{i + 1}", present)
        name = f"reduce_{repeats * (i + 1)}"
        yield from _cell_layers(f"reduction_cell_{i}", "reduction", name, present)
    for i in range(3 * repeats):
        # Their numbers leave one out for the first reduction, and none for the second.
        yield from _cell_layers(f"cell_{i}", "normal", f"{i + (i >= repeats)}", present)
    if "predictions" in present:
        yield "logits_dense", "predictions"


def _cell_layers(
    cell: str, kind: str, name: str, present: Mapping[str, keras.Layer]
) -> Iterator[tuple[str, str]]:
    if f"adjust_conv_1_{name}" in present:
        yield f"{cell}_input_0_conv", f"adjust_conv_1_{name}"
        yield f"{cell}_input_0_conv_2", f"adjust_conv_2_{name}"
    elif f"adjust_conv_projection_{name}" in present:
        yield f"{cell}_input_0_conv", f"adjust_conv_projection_{name}"
    if f"adjust_bn_{name}" in present:
        yield f"{cell}_input_0_bn", f"adjust_bn_{name}"
    yield f"{cell}_input_1_conv", f"{kind}_conv_1_{name}"
    yield f"{cell}_input_1_bn", f"{kind}_bn_1_{name}"
    for block, side in _NORMAL if kind == "normal" else _REDUCTION:
        for number, suffix in ((1, ""), (2, "_2")):
            there = f"separable_conv_{number}{{}}_{kind}_{side}_{name}"
            yield f"{cell}_block_{block}_sep_conv{suffix}", there.format("")
            yield f"{cell}_block_{block}_bn{suffix}", there.format("_bn")
