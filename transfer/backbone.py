"""A network without its head, for detection and segmentation: features at several strides.

The paper puts NASNet into Faster R-CNN (https://arxiv.org/abs/1707.07012, section 4.3). Here every
stride has the output of the last cell that works at it, as feature pyramids take it (Lin et al.,
https://arxiv.org/abs/1612.03144, section 3):

    frame = CellFrame(PRESETS["imagenet-mobile"].stack, (512, 512, 3), None)
    model = backbone(frame.network(NASNET_A))
    features = model(images)  # "stride_4": [N, 128, 128, 44], "stride_8", "stride_16", "stride_32"
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from nasnet.cells import network_cost
from nasnet.stacking.keras.backend import KerasLayers
from nasnet.stacking.network import CellNetwork, needed_outputs
from nasnet.stacking.plan import STEMS
from nasnet.transfer.weights import assign_weights, read_weights

LEVELS = 4


def feature_levels(network: CellNetwork) -> dict[int, str]:
    """Where the features of each stride are taken, from the finest of the last four strides on.

    A network on an "imagenet" or "darts-imagenet" stem has strides of 4, 8, 16 and 32, one on a
    "cifar" stem 1, 2 and 4. At 4, an ImageNet stem has one Reduction cell and DARTS' a convolution.

    Args:
        network: its cells that reach no output do not count.

    Returns:
        End points, or for a convolution of the stem its last layer, by the pixels of the image that
        their pixels are apart.
    """
    stack = network.stack
    outputs: list[tuple[int, str]] = []
    stride = 1
    for i, conv in enumerate(STEMS[stack.stem].convs):
        stride *= conv.stride
        if conv.emits:
            outputs.append((stride, f"stem_bn_{i + 1}" if i else "stem_bn"))
    for slot in stack:
        outputs.append((outputs[slot.current][0] * slot.stride, slot.name))
    needed = needed_outputs(network.genotype, stack)
    levels = {stride: name for i, (stride, name) in enumerate(outputs) if i in needed}
    return dict(sorted(levels.items())[-LEVELS:])


def backbone(
    network: CellNetwork,
    *,
    weights: str | Path | Mapping[str, np.ndarray] | None = None,
    strides: Sequence[int] | None = None,
    batch_norm_momentum: float = 0.9,
    batch_norm_epsilon: float | None = None,
    seed: int | None = None,
    name: str = "nasnet_backbone",
) -> keras.Model:
    """A functional Keras model of stock layers from images to features.

    Features are what the cells emit; no ReLU stands behind them.

    Args:
        network: whose body is built; its classifier is left out. Images of any size that it can
            halve often enough will do, but it must be known, for whether a cell's older input is
            halved depends on it.
        weights: None for random ones; what `read_weights` takes; or arrays by path. Classifiers in
            them are left out.
        strides: which to put out; None for all of `feature_levels`. Cells that only others need are
            not in the model.
        batch_norm_momentum: of the running statistics; the published 0.9997 is for trainings of
            some 100,000 steps.
        batch_norm_epsilon: None for that of the network that `weights` come from; where it is not
            known for the released code's, 1e-3, and 1e-5 on a "cifar" stem.
        seed: of random weights; Keras' global seed where it is None.
        name: of the model.

    Returns:
        A model from [N, H, W, C] to {"stride_4": [N, ceil(H / 4) or so, ..., channels], ...}, the
        finest first.

    Raises:
        ValueError: the network cannot be built, there is no such stride, or weights do not fit.
    """
    body, stack = dataclasses.replace(network, classes=None), network.stack
    cost, _ = network_cost(body)
    levels = feature_levels(body)
    wanted = sorted(levels if strides is None else strides)
    if not wanted or not set(wanted) <= set(levels):
        known = ", ".join(map(str, levels))
        raise ValueError(f"strides is {strides}, expected one or more of: {known}")
    arrays, epsilon = _weights(body, weights)
    usual = 1e-5 if stack.stem == "cifar" else 1e-3
    layers = KerasLayers(
        momentum=batch_norm_momentum,
        epsilon=batch_norm_epsilon or epsilon or usual,
        seed=seed,
    )
    image = keras.Input(body.input_shape, name="image")
    ends = body.build(layers, image)
    whole = keras.Model(image, ends[levels[max(levels)]])
    features = {
        f"stride_{stride}": ends[levels[stride]]
        if levels[stride] in ends
        else whole.get_layer(levels[stride]).output
        for stride in wanted
    }
    model = keras.Model(image, features, name=name)
    if arrays is not None:
        # Cells above the highest stride are left out, but nothing else is.
        above = {p.path for p in cost.parameters} - {variable.path for variable in model.weights}
        assign_weights(model, {path: a for path, a in arrays.items() if path not in above})
    return model


def _weights(
    network: CellNetwork, weights: str | Path | Mapping[str, np.ndarray] | None
) -> tuple[Mapping[str, np.ndarray] | None, float | None]:
    """The arrays, and the epsilon of the network that they come from, where it is known."""
    if weights is None or isinstance(weights, Mapping):
        return weights, None
    read = read_weights(weights)
    if read.genotype is not None and read.genotype.key != network.genotype.key:
        raise ValueError(f"weights in {weights} are those of other cells, expected the genotype's")
    found = network.stack.conventions
    if read.conventions not in (None, found):
        raise ValueError(
            f"conventions is {found!r}, expected {read.conventions!r} for weights of "
            "keras.applications"
        )
    return read.arrays, read.epsilon
