"""Weights from files and from the ImageNet networks of `keras.applications`."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nasnet.runtime.errors import one_line
from nasnet.stacking.keras.weight_files import (
    PEER_FIRST,
    Layers,
    network_arrays,
    read_layers,
    roles_of,
)

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
_CLASSIFIERS = ("logits_", "auxlogits_")


def load_weights(
    variables: Mapping[str, Any],
    path: str | Path,
    peer: str | None = None,
    repeats: int = 0,
    prefix: str = "",
) -> None:
    """Gives a network the weights in a file, by layer names; an error leaves it as it was.

    Args:
        variables: the network's, by their paths without the prefix.
        path: what Keras saved, `.keras`, `.weights.h5` or `.h5`, of such a network or of `peer`;
            alone or as a part of another model.
        peer: the function of `keras.applications` whose files fit, too.
        repeats: normal cells in a stage of `peer`.
        prefix: of the network's layers.

    Raises:
        ValueError: the file is no such file, or holds another network.
    """
    layers = read_layers(path)
    if peer is not None and PEER_FIRST in layers:
        arrays = peer_arrays(path, layers, peer, repeats)
    else:
        arrays = network_arrays(path, layers, prefix)
    assign_variables(variables, arrays)


def peer_arrays(path: str | Path, layers: Layers, peer: str, repeats: int) -> dict[str, np.ndarray]:
    """The weights of a NASNet of `keras.applications` in a file, by their paths in ours.

    Args:
        path: the file.
        layers: what is in it; those of other names are passed over.
        peer: the name of the function.
        repeats: normal cells in a stage.

    Raises:
        ValueError: it is another network.
    """
    names = dict(_layers(repeats, layers))
    if not layers.keys() >= {*names.values()}:  # Keras' own files have names of an earlier time
        return weights_from_keras(peer_network(peer, path, layers), repeats)
    return {
        f"{ours}/{role}": array
        for ours, theirs in names.items()
        for role, array in zip(roles_of(ours), layers[theirs], strict=True)
    }


def peer_network(
    peer: str, weights: str | Path, layers: Mapping[str, list[np.ndarray]] | None = None
) -> keras.Model:
    """A NASNet of `keras.applications` with weights that Keras itself loads.

    Keras reads the files that it distributes by the order of the layers, so that their names in
    there need not be today's.

    Args:
        peer: the name of its function.
        weights: "imagenet" or a file.
        layers: what is in the file.

    Raises:
        ValueError: it cannot be loaded; for "imagenet", downloaded.
    """
    top: dict[str, Any] = {}
    if layers is not None:
        classifier = layers.get("predictions")
        top = {"include_top": False} if classifier is None else {"classes": classifier[1].size}
    try:
        return getattr(keras.applications, peer)(weights=str(weights), **top)
    except Exception as error:  # Keras raises bare ones where a download fails
        reason = one_line(error)
        raise ValueError(f"weights {weights} of {peer} cannot be loaded: {reason}") from error


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

    Args:
        model: a network of this toolkit.
        arrays: its weights; those of classifiers that it has not are left out.

    Raises:
        ValueError: a path is missing or unknown, or an array has another shape.
    """
    assign_variables({variable.path: variable for variable in model.weights}, arrays)


def assign_variables(variables: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """The same for variables by path, which a network may have as a part of a model."""
    for path in sorted(variables.keys() ^ arrays.keys()):
        if path not in variables and path.startswith(_CLASSIFIERS):
            continue
        state = "missing" if path in variables else "unknown"
        raise ValueError(f"weight {path} is {state}, expected those of the network alone")
    for path, variable in variables.items():
        if tuple(variable.shape) != arrays[path].shape:
            raise ValueError(
                f"weight {path} has shape {arrays[path].shape}, expected {tuple(variable.shape)}"
            )
    for path, variable in variables.items():
        variable.assign(arrays[path])


def _layers(repeats: int, present: Collection[str]) -> Iterator[tuple[str, str]]:
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
    cell: str, kind: str, name: str, present: Collection[str]
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
