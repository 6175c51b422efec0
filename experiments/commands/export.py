"""`nasnet export`: a trained network as a file for elsewhere, with labels and a model card."""

import dataclasses
import functools
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import command, print_json, prose, stdout
from nasnet.experiments.errors import FAILURE, OK
from nasnet.experiments.networks.trained import find_network
from nasnet.transfer.serving.export import Format


@dataclasses.dataclass(frozen=True)
class ExportCommand(Command):
    """Write a trained network for elsewhere: the file, its labels, a model card, a drawing.

    The new file is run on some images and compared with the Keras network; without what runs it
    (onnxruntime, ai-edge-litert, torch), it is written all the same, and the answer says so.

    Args:
        model: a run of `nasnet train` or `nasnet transfer`, or a .keras file.
        format: keras, saved_model (TensorFlow), onnx, litert (.tflite), or torch: a file of PyTorch
            modules that runs without this toolkit and weights as .safetensors; of a run alone.
        int8: calculate in 8-bit integers; LiteRT alone.
        without_preprocessing: the bare network, which takes values from -1 to 1; else it takes
            pixels from 0 to 255, and its first layer rescales them. PyTorch's is always bare.
        data: images to check with, and to calibrate int8 by, as of `nasnet train --data` or
            `nasnet transfer train --data`; for int8 those of the run where it is left out. The
            training images calibrate; the validation images are classified before and after.
        limit: at most so many validation images.
        labels: a file of class names, one a line, for a .keras file that has none beside it.
        out: the new folder; NAME-FORMAT where it is left out.
        json: print the result as one JSON document.
    """

    model: tyro.conf.Positional[Path]
    format: Format = "keras"
    int8: bool = False
    without_preprocessing: bool = False
    data: str | None = None
    limit: int = 1000
    labels: Path | None = None
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    json: bool = False

    def run(self) -> int:
        from nasnet.experiments.exporting.images import images_for
        from nasnet.experiments.exporting.source import with_source
        from nasnet.experiments.runs.environment import environment
        from nasnet.experiments.runs.pictures import draw_architecture
        from nasnet.transfer.serving.describing import Card
        from nasnet.transfer.serving.exporting import Target, export

        if self.limit < 1:
            raise ValueError(f"limit is {self.limit}, expected at least 1")
        target = Target(self.format, self.int8, not self.without_preprocessing)
        network = with_source(find_network(self.model, self.labels))
        out = self.out or Path(f"{network.name}-{self.format}{'-int8' if self.int8 else ''}")
        card = Card(draw_architecture, environment())
        photos = functools.partial(images_for, network, self.data)
        done = export(
            network,
            target,
            out,
            card,
            photos=photos if self.int8 or self.data is not None else None,
            limit=self.limit,
        )
        if self.json:
            print_json(
                {
                    "folder": str(done.folder),
                    "file": str(done.file),
                    "check": done.check,
                    "agreement": done.agreement and dataclasses.asdict(done.agreement),
                    "accuracy_before": done.accuracy and done.accuracy[0],
                    "accuracy_after": done.accuracy and done.accuracy[1],
                    "images": done.images,
                }
            )
        else:
            written = f"{done.file} is written; beside it: labels.txt, README.md, usage.py"
            prose(stdout(), f"{done.check}\n{written}")
            stdout().print(self._next(done.folder), soft_wrap=True)
        if not self.int8 and done.agreement is not None and not done.agreement.close:
            print(f"{done.file} differs from the Keras network: {done.check}", file=sys.stderr)
            return FAILURE
        return OK

    def _next(self, folder: Path) -> str:
        if self.format == "torch":
            return "next: its first lines say how PyTorch loads it, and model.safetensors"
        return f"next: {command('predict', folder, 'IMAGE')}"
