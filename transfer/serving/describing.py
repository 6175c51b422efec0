"""What lies beside a network's file: its labels, how images are shown to it, card, example."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.runtime.files import write_atomically
from nasnet.stacking.architectures import ImageFrame
from nasnet.stacking.plan import Stack
from nasnet.transfer.serving.export import Format, gives_probabilities, mult_adds
from nasnet.transfer.serving.model_card import Facts, model_card
from nasnet.transfer.serving.trained import ABOUT, LABELS, TrainedNetwork
from nasnet.transfer.serving.usage import usage

USAGE = "usage.py"


@dataclasses.dataclass(frozen=True)
class Card:
    """What the card of a network takes from elsewhere.

    Attributes:
        draw: draws an architecture, which a frame makes the network, into a file, with a `title`;
            gives the file.
        environment: versions that it is exported with; empty where it is not.
    """

    draw: Callable[..., Path]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Written:
    """A network's file, which was just written.

    Attributes:
        name: of the file or folder.
        form: its format.
        check: in one line, how it compares to the Keras network.
    """

    name: str
    form: Format
    check: str


def describe(
    folder: Path, network: TrainedNetwork, model: Any, written: Written, card: Card
) -> None:
    """Writes labels.txt, preprocessing.json, usage.py, README.md, and cell.svg where it is known.

    Args:
        folder: of the file.
        network: as it was trained.
        model: the Keras network that was written.
        written: the file.
        card: what the card takes from elsewhere.
    """
    import keras

    from nasnet.stacking.keras.pixels import takes_pixels

    shape, classes = tuple(model.input_shape[1:]), int(model.output_shape[-1])
    outputs = keras.tree.flatten(model(np.zeros((1, *shape), np.float32), training=False))[0]
    probabilities = gives_probabilities(keras.ops.convert_to_numpy(outputs))
    pixels = takes_pixels(model)
    names = network.classes or tuple(map(str, range(classes)))
    write_atomically(folder / LABELS, "".join(f"{' '.join(n.split())}\n" for n in names))
    about = {
        "name": network.name,
        "file": written.name,
        "size": shape[0],
        "width": shape[1],
        "channels": shape[2],
        "crop": network.crop,
        "antialias": network.antialias,
        "range": [0, 255] if pixels else [-1, 1],
        "outputs": "probabilities" if probabilities else "logits",
    }
    write_atomically(folder / ABOUT, json.dumps(about, indent=2) + "\n")
    program = usage(network, written.form, written.name, shape, pixels)
    write_atomically(folder / USAGE, program)
    diagram = None
    if network.genotype is not None:
        frame = ImageFrame(Stack(), shape, classes)
        path = folder / "cell.svg"
        diagram = card.draw(network.genotype, frame, path, title=network.name).name
    versions = {"exported with": card.environment} if card.environment else {}
    if trained := network.config.get("environment"):
        versions = {"trained with": trained, **versions}
    facts = Facts(
        network,
        written.name,
        written.form,
        shape,
        pixels,
        about["outputs"],
        classes,
        model.count_params(),
        mult_adds(model),
        diagram,
        written.check,
        program,
        versions,
    )
    write_atomically(folder / "README.md", model_card(facts))
