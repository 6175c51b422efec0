"""`nasnet predict`: what a trained network sees in images."""

import dataclasses
import sys
from pathlib import Path

import tyro

from nasnet.data.folders.survey import Survey
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json, say, stdout
from nasnet.experiments.errors import OK, USAGE
from nasnet.experiments.networks.trained import find_network


@dataclasses.dataclass(frozen=True)
class PredictCommand(Command):
    """Classify images; each one's most probable classes.

    An image that cannot be read is one line on standard error (in --json an `error` in its place);
    the others are classified all the same, and the exit code is 2.

    Args:
        model: a run of `nasnet train` or `nasnet transfer`, a folder of `nasnet export`, a .keras,
            .onnx or .tflite file, or the folder of a SavedModel.
        images: files of images (JPEG, PNG, GIF, BMP, WebP, TIFF or PPM), or folders, of which all
            images are taken, those in folders below as well.
        top: classes of each image.
        crop: sides of what is shown in the middle, as a share of the largest window of the
            network's shape; what it was trained for where it is left out.
        labels: a file of class names, one a line, for a model that has none beside it.
        json: print one JSON document.
    """

    model: tyro.conf.Positional[Path]
    images: tyro.conf.Positional[list[Path]]
    top: int = 5
    crop: float | None = None
    labels: Path | None = None
    json: bool = False

    def run(self) -> int:
        from rich.table import Table

        from nasnet.transfer.serving.predicting import predict

        if not self.images:
            raise ValueError("number of images is 0, expected at least 1")
        network = find_network(self.model, self.labels)
        predictions = predict(network, _files(self.images), top=self.top, crop=self.crop)
        bad = [p for p in predictions if p.error is not None]
        if self.json:
            print_json(
                [
                    {"image": str(p.image), "error": p.error}
                    if p.error is not None
                    else {
                        "image": str(p.image),
                        "predictions": [dataclasses.asdict(guess) for guess in p.guesses],
                    }
                    for p in predictions
                ]
            )
        else:
            table = Table("image", "class", "probability")
            for p in predictions:
                for i, guess in enumerate(p.guesses):
                    image = str(p.image) if i == 0 else ""
                    table.add_row(image, guess.name, f"{guess.probability:.4f}")
                table.add_section()
            if len(bad) < len(predictions):
                stdout().print(table)
            for p in bad:
                print(f"nasnet: {p.image}: {p.error}", file=sys.stderr)
        return USAGE if bad else OK


def _files(given: list[Path]) -> list[Path]:
    """The files themselves, and the images in folders; says what was passed over there."""
    files = []
    for path in given:
        found = [path]
        if path.is_dir():
            survey = Survey(path)
            found = survey.files(path)
            for note in survey.notes:
                say(f"{path}: {note}")
            if not found:
                raise ValueError(f"number of images in {path} is 0, expected at least 1")
        files += found
    return files
