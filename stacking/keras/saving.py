"""Trained weights as a Keras file that appears as a whole."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Network
from nasnet.stacking.recipe import Recipe


def save_network(
    path: Path,
    weights: Mapping[str, np.ndarray],
    network: Network,
    recipe: Recipe,
    *,
    classifier_activation: str | None = "softmax",
    pixels: bool = True,
) -> Any:
    """Builds the network of stock layers, gives it its weights and writes it.

    Args:
        path: the `.keras` file.
        weights: all of them by path, as the trainers give them.
        network: whose they are.
        recipe: how it was trained.
        classifier_activation: None for logits.
        pixels: as of `build_network`.

    Returns:
        The Keras model.
    """
    from nasnet.stacking.keras.backend import build_network
    from nasnet.stacking.keras.weights import assign_weights

    model = build_network(
        network, recipe, classifier_activation=classifier_activation, pixels=pixels
    )
    assign_weights(model, weights)
    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        model.save(Path(aside) / path.name)
        os.replace(Path(aside) / path.name, path)
    return model
