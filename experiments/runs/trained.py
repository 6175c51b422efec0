"""The network that a training has saved in its run directory, and what lies beside it."""

from pathlib import Path
from typing import Any

from nasnet.data.photos.images import CROP
from nasnet.experiments.runs.pictures import draw_architecture
from nasnet.stacking.architectures import ImageArchitecture
from nasnet.transfer.serving.describing import Card, Written, describe
from nasnet.transfer.serving.trained import TrainedNetwork

MODEL = "model.keras"


def trained_network(
    folder: Path,
    config: dict[str, Any],
    result: dict[str, Any],
    architecture: ImageArchitecture | None,
    *,
    on_arrays: bool,
) -> TrainedNetwork:
    """The network of a run directory.

    Args:
        folder: the run directory.
        config: what it was recorded with.
        result: what it measured.
        architecture: its cells or layers, None where they are not known.
        on_arrays: whether it was trained on arrays in memory; else on photos.
    """
    return TrainedNetwork(
        folder / MODEL,
        folder.resolve().name,
        tuple(map(str, config.get("classes", ()))),
        crop=1.0 if on_arrays else CROP,
        antialias=on_arrays,
        genotype=architecture,
        config=config,
        result=result,
    )


def describe_trained(network: TrainedNetwork, model: Any) -> None:
    """Writes labels, model card and example beside the network, which was just saved.

    Args:
        network: the one of the run directory.
        model: the Keras network that was saved.
    """
    written = Written(network.path.name, "keras", "It is the Keras network itself.")
    describe(network.path.parent, network, model, written, Card(draw_architecture))
