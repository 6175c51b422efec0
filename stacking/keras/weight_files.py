"""The arrays in files that Keras saved: those of a network, wherever in the model it stands.

A network may be all of a model, a layer of it (`Sequential([NASNetMobile(include_top=False), ...`)
or a part among other layers, with a prefix of its own in front of their names. It is found by the
names of its layers; what else the model has is passed over.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import h5py
import numpy as np

_LAYER = re.compile(
    r"(?:stem|cell_stem_\d+|reduction_cell_\d+|cell_\d+|auxlogits|logits)_(?:.*?_)?"
    r"(?P<kind>sep_conv|conv|bn|dense)(?:_\d+)?"
)
_ROLES = MappingProxyType(
    {
        "conv": ("kernel",),
        "sep_conv": ("depthwise_kernel", "pointwise_kernel"),
        "bn": ("gamma", "beta", "moving_mean", "moving_variance"),
        "dense": ("kernel", "bias"),
    }
)
_NOISE = re.compile(r"(.*_)?(drop_path|dropout|seed_generator)(_\d+)?")
_FIRST, PEER_FIRST = "stem_conv", "stem_conv1"  # of a network here, and of one of Keras' own
Layers = Mapping[str, list[np.ndarray]]


def read_layers(path: str | Path) -> dict[str, list[np.ndarray]]:
    """The arrays of every layer in a file that Keras saved, by the layer's name.

    Layers within a layer count as the others. What drop path and dropout keep for training is left
    out.

    Args:
        path: a `.keras`, a `.weights.h5` or an `.h5` file.

    Raises:
        ValueError: it is none, it names no layers, or it holds two networks with equal names.
    """
    layers: dict[str, list[np.ndarray]] = {}

    def add(name: str, arrays: list[np.ndarray]) -> None:
        if name in (_FIRST, PEER_FIRST) and name in layers:
            raise ValueError(
                f"weights file {path} has two layers {name}, expected one network, or a prefix of "
                "its own for each"
            )
        layers[name] = arrays

    def visit(_: str, item: Any) -> None:
        if not isinstance(item, h5py.Group):
            return
        names = _weight_names(item)
        if names:  # the format of Keras 2
            for layer, arrays in _by_layer(item, names).items():
                add(layer, arrays)
        elif "name" in item.attrs and len(item):
            add(str(item.attrs["name"]), [item[str(i)][()] for i in range(len(item))])

    try:
        if zipfile.is_zipfile(path):
            with (
                zipfile.ZipFile(path) as archive,
                archive.open("model.weights.h5") as part,
                h5py.File(part, "r") as file,
            ):
                file.visititems(visit)
        else:
            with h5py.File(path, "r") as file:
                file.visititems(visit)
    except (OSError, KeyError) as error:
        raise ValueError(f"weights file is {path}, expected one that Keras saved") from error
    layers = {k: arrays for k, arrays in layers.items() if not _NOISE.fullmatch(k)}
    if not layers:
        raise ValueError(f"weights file {path} has no named layers, expected those of a network")
    return layers


def network_arrays(path: str | Path, layers: Layers, prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays of the network in a file, by their paths in a network of ours without a prefix.

    Args:
        path: of the file, for errors.
        layers: as of `read_layers`.
        prefix: of the network that is looked for, as of `KerasLayers`; where there is only one in
            the file it may have another.

    Raises:
        ValueError: there are several, none of which has the prefix; or a layer has other arrays
            than it should.
    """
    start = _start(path, layers, f"{prefix}_" if prefix else "")
    arrays = {}
    for layer, values in layers.items():
        match = _LAYER.fullmatch(layer.removeprefix(start))
        if match is None or not layer.startswith(start):
            continue
        roles = _ROLES[match["kind"]][: len(values)]
        if len(roles) < len(values):
            raise ValueError(
                f"layer {layer} in {path} has {len(values)} arrays, expected {len(roles)}"
            )
        name = layer.removeprefix(start)
        arrays.update({f"{name}/{role}": a for role, a in zip(roles, values, strict=True)})
    return arrays


def roles_of(layer: str) -> tuple[str, ...]:
    """What the arrays of a layer of ours are called, in their order."""
    match = _LAYER.fullmatch(layer)
    return () if match is None else _ROLES[match["kind"]]


def _start(path: str | Path, layers: Layers, wanted: str) -> str:
    """What the names of the network's layers begin with."""
    found = sorted(
        name.removesuffix(_FIRST)
        for name in layers
        if name == _FIRST or name.endswith(f"_{_FIRST}")
    )
    if wanted in found or not found:
        return wanted if found else ""
    if len(found) > 1:
        names = ", ".join(repr(start.removesuffix("_")) for start in found)
        raise ValueError(
            f"weights file {path} has networks with the prefixes {names}, expected one of them, "
            f"not {wanted.removesuffix('_')!r}"
        )
    return found[0]


def _weight_names(group: Any) -> list[str]:
    """`weight_names`, which Keras cuts into several attributes where they are long."""
    parts = [group.attrs["weight_names"]] if "weight_names" in group.attrs else [*_parts(group)]
    return [n.decode() if isinstance(n, bytes) else str(n) for part in parts for n in part]


def _parts(group: Any) -> Iterator[Any]:
    number = 0
    while f"weight_names{number}" in group.attrs:
        yield group.attrs[f"weight_names{number}"]
        number += 1


def _by_layer(group: Any, names: list[str]) -> dict[str, list[np.ndarray]]:
    """The arrays of one layer under its name; those of several within it under theirs."""
    layers: dict[str, list[np.ndarray]] = {}
    for name in names:
        layers.setdefault(f"/{name}".rsplit("/", 2)[-2], []).append(group[name][()])
    if len(layers) == 1:
        return {group.name.rsplit("/", 1)[-1]: next(iter(layers.values()))}
    return layers
