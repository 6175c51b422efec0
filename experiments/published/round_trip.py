"""Round trips: a trained network in every format, against itself in Keras.

Command:  python -m nasnet.experiments.published.round_trip
Cost:     about 15 minutes on 2 slow CPU cores; needs what `make test SLOW=1` installs
Expect:   the table of docs/export.md: float formats within rounding of float32; int8 within some
          hundredths of a probability

A network of small cells is trained on shapes10, saved by Keras and exported into each format. Both
are shown the same 8-bit images. Shapes and precisions are varied one at a time: all precisions are
exported in float32.
"""

import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Block, Cell, Genotype
from nasnet.data.arrays.resizing import resize
from nasnet.data.dataset import Dataset
from nasnet.data.shapes import CLASS_NAMES, shapes10
from nasnet.experiments import cli
from nasnet.experiments.commands.base import Command
from nasnet.experiments.errors import OK
from nasnet.experiments.networks.trained import find_network
from nasnet.experiments.runs.environment import environment
from nasnet.experiments.runs.pictures import draw_architecture
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking import CellNetwork, Recipe, Stack
from nasnet.transfer.serving.describing import Card
from nasnet.transfer.serving.export import Agreement, Format, compare
from nasnet.transfer.serving.exporting import Target, export
from nasnet.transfer.serving.photos import to_channels
from nasnet.transfer.serving.runners import load_keras, load_runner

CASES = (
    ((32, 32, 3), "float32"),
    ((32, 32, 3), "mixed_float16"),
    ((32, 32, 1), "float32"),
    ((33, 47, 3), "float32"),
)
_FORMS: tuple[Format, ...] = ("keras", "saved_model", "onnx", "litert")
TARGETS = {str(form): Target(form) for form in _FORMS}
TARGETS["litert int8"] = Target("litert", int8=True)
_CELL = Cell((Block(0, 1, "sep_conv_3x3", "avg_pool_3x3"), Block(1, 0, "conv_3x3", "identity")))
_GENOTYPE = Genotype(_CELL, _CELL)
HEAD = ("network", "precision", *TARGETS)


@dataclasses.dataclass(frozen=True)
class RoundTripCommand(Command):
    """Measure how far exports are from their networks; prints a table in Markdown.

    Args:
        rows: of the table, each a shape and a precision.
        formats: how many of the formats.
        images: that are compared; five times as many train.
        seed: of images and weights.
    """

    rows: int = len(CASES)
    formats: int = len(TARGETS)
    images: int = 200
    seed: int = 0

    def run(self) -> int:
        print("| " + " | ".join(HEAD[: 2 + self.formats]) + " |")
        print("|---" * (2 + self.formats) + "|")
        made: dict[tuple[int, int, int], tuple[Dataset, CellNetwork, Any]] = {}
        for shape, precision in CASES[: self.rows]:
            if shape not in made:
                data = _data(shape, self.images, self.seed)
                made[shape] = data, *_trained(data, self.seed)
            data, network, weights = made[shape]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "network.keras"
                _save(network, weights, precision, path)
                cells = [
                    _text(_agreement(path, target, data))
                    for target in [*TARGETS.values()][: self.formats]
                ]
            print("| " + " | ".join((row_name(shape), precision, *cells)) + " |", flush=True)
        return OK


def row_name(shape: tuple[int, int, int]) -> str:
    """A shape in the table."""
    return f"{shape[0]} x {shape[1]}, {'grey' if shape[2] == 1 else 'RGB'}"


def _data(shape: tuple[int, int, int], count: int, seed: int) -> Dataset:
    drawn, labels = shapes10(6 * count, seed)
    images = to_channels(resize(drawn, shape[:2]), shape[2]).astype(np.uint8)
    train, rest = slice(5 * count), slice(5 * count, None)
    arrays = (images[train], labels[train], images[rest], labels[rest])
    return Dataset("shapes10", "drawn", CLASS_NAMES, *arrays)


def _trained(data: Dataset, seed: int) -> tuple[CellNetwork, dict[str, np.ndarray]]:
    import_tensorflow()
    from nasnet.stacking import Trainer

    network = CellNetwork(_GENOTYPE, Stack(1, 8), data.image_shape, len(data.classes))
    trainer = Trainer(network, Recipe(epochs=5, batch_size=20, learning_rate=0.05), seed=seed)
    trainer.fit(data.x_train, data.y_train)
    return network, trainer.weights()


def _save(network: CellNetwork, weights: dict[str, np.ndarray], precision: str, path: Path) -> None:
    import keras

    from nasnet.stacking.keras.saving import save_network

    keras.config.set_dtype_policy(precision)
    try:
        save_network(path, weights, network, Recipe())
    finally:
        keras.config.set_dtype_policy("float32")


def _agreement(path: Path, target: Target, data: Dataset) -> Agreement:
    """Of an export, with the Keras network in float32."""
    with tempfile.TemporaryDirectory() as folder:
        card = Card(draw_architecture, environment())
        photos = (lambda size: data) if target.int8 else None
        done = export(find_network(path), target, Path(folder) / "out", card, photos=photos)
        return compare(load_runner(done.file), load_keras(path)[1], data.x_val)


def _text(found: Agreement) -> str:
    return f"{found.difference:.0e}, {found.same_class:.1%}"


if __name__ == "__main__":
    cli.script(RoundTripCommand, "python -m nasnet.experiments.published.round_trip")
