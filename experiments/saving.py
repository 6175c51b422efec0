"""Trained weights as a Keras file that appears as a whole."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cells import Genotype
from stacking.plan import Stack
from stacking.recipe import Recipe


def save_network(
    path: Path,
    weights: Mapping[str, np.ndarray],
    genotype: Genotype,
    stack: Stack,
    input_shape: tuple[int, int, int],
    classes: int,
    recipe: Recipe,
    *,
    classifier_activation: str | None = "softmax",
) -> None:
    """Builds the network of stock layers, gives it its weights and writes it.

    Args:
        path: the `.keras` file.
        weights: all of them by path, as the trainers give them.
        genotype: the cells.
        stack: the plan.
        input_shape: height, width and channels of the images.
        classes: number of classes.
        recipe: how it was trained.
        classifier_activation: None for logits.
    """
    from stacking.keras_backend import build_network
    from stacking.keras_weights import assign_weights

    model = build_network(
        genotype,
        stack,
        input_shape,
        classes,
        classifier_activation=classifier_activation,
        batch_norm_momentum=recipe.batch_norm_momentum,
        batch_norm_epsilon=recipe.batch_norm_epsilon,
    )
    assign_weights(model, weights)
    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        model.save(Path(aside) / path.name)
        os.replace(Path(aside) / path.name, path)
