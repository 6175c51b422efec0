"""What a person must know of a network that is handed on, as Markdown."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from nasnet.transfer.serving.trained import TrainedNetwork

_UNKNOWN = "not recorded"
_RANGES = {
    True: "pixels from 0 to 255 as they are: the first layer rescales them",
    False: "values from -1 to 1: nothing inside rescales pixels",
}
_TOP = {"top1": "validation accuracy, top 1", "top5": "validation accuracy, top 5"}


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the card says; what is None or empty is not recorded, and the card says so.

    Attributes:
        network: as it was trained: its name, how it is shown images, its data, settings and result,
            which is NAME_accuracy with NAME_images, the number of images; or top1 and top5 with
            images.
        file: of the exported network, beside the card.
        form: in which it was exported.
        input_shape: height, width and channels of its images.
        pixels: whether it takes pixels from 0 to 255; else values from -1 to 1.
        outputs: "logits" or "probabilities".
        classes: how many.
        parameters: of the Keras network.
        mult_adds: of one image.
        diagram: the file of the cells' drawing, beside the card.
        check: in one line, how the exported network compares to the Keras network.
        program: of usage.py, beside the card.
        versions: of what it was trained with and exported with, by name.
    """

    network: TrainedNetwork
    file: str
    form: str
    input_shape: tuple[int, int, int]
    pixels: bool
    outputs: str
    classes: int
    parameters: int
    mult_adds: int
    diagram: str | None
    check: str
    program: str
    versions: Mapping[str, Mapping[str, str]]


def model_card(facts: Facts) -> str:
    """The card; it names files beside it: the network, labels.txt, and the drawing."""
    network, (height, width, channels) = facts.network, facts.input_shape
    colours = {1: "grayscale", 3: "RGB"}.get(channels, f"{channels} channels")
    resizing = "bilinear, antialiased as by Pillow" if network.antialias else "bilinear"
    rows = {
        "file": f"`{facts.file}` ({facts.form})",
        "parameters": f"{facts.parameters:,}",
        "multiply-adds": f"{facts.mult_adds / 1e6:,.1f} million an image",
        "input": f"[N, {height}, {width}, {channels}] float32, {colours}, {_RANGES[facts.pixels]}",
        "preprocessing": (
            f"{_window(network.crop, height == width)}, resized ({resizing}) to "
            f"{height} x {width}{'' if facts.pixels else '; pixels / 127.5 - 1'}"
        ),
        "output": f"{facts.outputs} of {facts.classes} classes, in the order of `labels.txt`",
    }
    parts = [f"# {network.name}", f"An image classifier of {facts.classes} classes."]
    if facts.diagram is not None:
        parts.append(f"![The cells of the network]({facts.diagram})")
    parts.append(_table(("", ""), rows.items()))
    parts += ["## Usage", "`usage.py`, beside this file:", _code("python", facts.program)]
    parts += ["## Accuracy", _accuracies(network.result)]
    parts += ["## Data", network.config.get("source") or f"{_UNKNOWN.capitalize()}."]
    parts += ["## Recipe", _recipe(network.config.get("settings", {}))]
    parts += ["## Check of this file", facts.check]
    parts += ["## Versions", _versions(facts.versions)]
    return "\n\n".join(parts) + "\n"


def _window(crop: float, square: bool) -> str:
    if square:
        return f"the square in the middle whose side is {crop:.1%} of the shorter side"
    return f"{crop:.1%} of the largest window of this shape in the middle"


def _accuracies(result: Mapping[str, Any]) -> str:
    rows = []
    for key, value in result.items():
        counted = "images" if key in _TOP else f"{key.removesuffix('_accuracy')}_images"
        if value is not None and (key in _TOP or key.endswith("_accuracy")):
            count = result.get(counted)
            images = f"{count:,}" if isinstance(count, int) else _UNKNOWN
            rows.append((_TOP.get(key, key.replace("_", " ")), f"{value:.4f}", images))
    if not rows:
        return f"{_UNKNOWN.capitalize()}."
    return _table(("what", "share", "images (n)"), rows)


def _recipe(settings: Mapping[str, Any]) -> str:
    if not settings:
        return f"{_UNKNOWN.capitalize()}."
    return _code("json", json.dumps(settings, indent=2))


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```"


def _versions(versions: Mapping[str, Mapping[str, str]]) -> str:
    names = list(dict.fromkeys(name for column in versions.values() for name in column))
    rows = [(name, *(column.get(name, "") for column in versions.values())) for name in names]
    return _table(("", *versions), rows)


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: Any) -> str:
    """Text that cannot end a table's cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")
