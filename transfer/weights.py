"""Weights from elsewhere: read from files, carried over into other networks, frozen.

`warm_start` is explained in `nasnet.transfer.warm_start`.
"""

import dataclasses
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import h5py
import numpy as np

from nasnet.cells import NASNET_A, Family, Genotype
from nasnet.runtime.checks import check_known
from nasnet.stacking.keras.weight_files import PEER_FIRST, Layers, network_arrays, read_layers
from nasnet.stacking.keras.weights import assign_weights, peer_arrays, weights_from_keras
from nasnet.stacking.plan import Stack
from nasnet.transfer.warm_start import WarmStart, warm_start

__all__ = (
    "ReadWeights",
    "WarmStart",
    "assign_weights",
    "frozen_paths",
    "read_weights",
    "warm_start",
    "weights_from_keras",
)
# The networks of `keras.applications` by the channels of their stem: name and repeats.
_PEERS: Mapping[int, tuple[str, int]] = MappingProxyType(
    {32: ("NASNetMobile", 4), 96: ("NASNetLarge", 6)}
)
_PEER_EPSILON = 1e-3


@dataclasses.dataclass(frozen=True, slots=True)
class ReadWeights:
    """What a file knows of a network.

    Attributes:
        arrays: the weights by their paths in a network of ours.
        genotype: its cells, None where neither the file nor its folder says.
        conventions: of its network, where only these give the same outputs.
        epsilon: of its batch normalization, None where the file does not say.
    """

    arrays: dict[str, np.ndarray]
    genotype: Genotype | None = None
    conventions: Family | None = None
    epsilon: float | None = None


def read_weights(path: str | Path) -> ReadWeights:
    """The weights in a file, or in the run directory of a training.

    Args:
        path: a `.keras`, `.weights.h5` or `.h5` file of a network of ours, alone or as a part of
            another model; such a file of NASNetMobile or NASNetLarge of `keras.applications`; or
            the run directory of a training that is finished. A `genotype.json` beside a file tells
            its cells.

    Raises:
        ValueError: there is no such file, or it is another one.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "model.keras"
    if not path.is_file():
        raise ValueError(
            f"weights are in {path}, which does not exist, expected a file of Keras or the run "
            "directory of a finished training"
        )
    layers = read_layers(path)
    if PEER_FIRST in layers:
        return _read_peer(path, layers)
    arrays = network_arrays(path, layers)
    if not arrays:
        raise ValueError(f"weights in {path} are those of another model, expected a NASNet's")
    beside = path.parent / "genotype.json"
    genotype = None
    if beside.is_file():
        try:
            genotype = Genotype.from_json(beside.read_text())
        except (ValueError, UnicodeDecodeError) as error:
            raise ValueError(f"{beside}: {error}") from None
    return ReadWeights(arrays, genotype, epsilon=_epsilon(path))


def _read_peer(path: Path, layers: Layers) -> ReadWeights:
    width = layers[PEER_FIRST][0].shape[-1]
    if width not in _PEERS:
        known = " or ".join(f"{name} ({channels})" for channels, (name, _) in _PEERS.items())
        raise ValueError(f"stem in {path} has {width} channels, expected that of {known}")
    name, repeats = _PEERS[width]
    arrays = peer_arrays(path, layers, name, repeats)
    return ReadWeights(arrays, NASNET_A, "keras", _PEER_EPSILON)


def _epsilon(path: Path) -> float | None:
    """What the file's network adds to the variance, where the file describes the network."""
    text: Any = None
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            text = archive.read("config.json")
    else:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
    try:
        return None if text is None else next(_epsilons(json.loads(text)), None)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError(f"model in {path} is not described, expected JSON by Keras") from None


def _epsilons(config: Any) -> Iterator[float]:
    """`epsilon` of every batch normalization in what Keras describes a model by."""
    if isinstance(config, dict):
        if config.get("class_name") == "BatchNormalization":
            yield float(config["config"]["epsilon"])
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _epsilons(item)


def frozen_paths(paths: Iterable[str], stack: Stack, until: str) -> set[str]:
    """The weights that are frozen with everything up to and including an end point.

    Args:
        paths: of the network's weights.
        stack: its plan.
        until: "Stem", with the cells of an ImageNet stem, or a cell of the plan such as "Cell_3".

    Raises:
        ValueError: there is no such end point.
    """
    heights = {slot.name.lower(): i for i, slot in enumerate(stack)}
    ends = {"Stem": stack.stem_cells - 1} | {slot.name: i for i, slot in enumerate(stack)}
    check_known("until", until, ends)
    frozen = set()
    for path in paths:
        cell = re.match(r"(?:cell_stem|reduction_cell|cell)_\d+(?=_)", path)
        height = -1 if path.startswith("stem_") else math.inf
        if cell is not None:
            height = heights.get(cell[0], math.inf)
        if height <= ends[until]:
            frozen.add(path)
    return frozen
