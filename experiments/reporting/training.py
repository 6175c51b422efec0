"""The pages of trainings: from scratch on small images, and at ImageNet scale."""

import csv
import functools
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nasnet.experiments.console.lines import command, duration, millions
from nasnet.experiments.networks.trained import MODEL
from nasnet.experiments.reporting.base import Pairs, Report
from nasnet.experiments.reporting.drawings import draw
from nasnet.experiments.runs.values import from_json
from nasnet.stacking.architectures import ImageArchitecture, ImageFrame, read_architecture
from nasnet.stacking.plan import Stack
from nasnet.transfer.training.history import read_history
from nasnet.viz.page import Picture, Section, Text
from nasnet.viz.page.charts import curves_chart

_RESULTS = {
    "test_accuracy": "test accuracy",
    "val_accuracy": "validation accuracy",
    "top1": "validation top-1 accuracy",
    "top5": "validation top-5 accuracy",
    "parameters": "parameters",
    "mult_adds": "multiply-adds",
    "epochs": "epochs",
    "seconds": "time",
    "bad_images": "bad images",
}
Curves = Mapping[str, tuple[Sequence[float], Sequence[float | None]]]


class TrainingReport(Report):
    """The report of a training from scratch."""

    @property
    def prog(self) -> tuple[str, ...]:
        """The words of the command that goes on with it."""
        return ("train",)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return (self.run.path / "result.json").is_file()

    def facts(self) -> Pairs:
        if not self.over:
            return (("state", self.run.working or "has not ended"), *self.so_far())
        result = json.loads((self.run.path / "result.json").read_text())
        known = ((name, words) for name, words in _RESULTS.items() if result.get(name) is not None)
        return tuple((words, _text(name, result[name])) for name, words in known)

    def so_far(self) -> Pairs:
        """What is known of one that has not ended."""
        rows = self._rows()
        if not rows:
            return ()
        recipe = self.settings.get("recipe", {})
        done = ("epochs done", f"{len(rows)} of {recipe.get('epochs', '?')}")
        return (done, ("validation accuracy", f"{float(rows[-1]['val_accuracy']):.4f}"))

    def sections(self) -> Iterator[Section]:
        charts = [
            curves_chart(curves, step=step, value=value)
            for value, step, curves in self.curves()
            if any(len(x) for x, _ in curves.values())
        ]
        yield Section("Course", (*charts,) if charts else (Text("No epoch has ended yet."),))
        yield Section("Its network", self.drawings)
        yield Section("What was asked, on which data", (*self.data_text(), self.asked()))

    def commands(self) -> Pairs:
        path = self.run.path
        if not self.over:
            return self.not_over(command(*self.prog, "--resume", path))
        return (
            ("take it elsewhere", command("export", path)),
            ("classify an image", command("predict", path, "IMAGE")),
        )

    @functools.cached_property
    def architecture(self) -> ImageArchitecture:
        """What is trained."""
        return read_architecture((self.run.path / "genotype.json").read_text())

    @functools.cached_property
    def drawings(self) -> tuple[Picture, ...]:
        """Its cells and its network."""
        return draw(self.architecture, self.frame(), self.run.path.resolve().name)

    def frame(self) -> ImageFrame | None:
        """What makes the architecture a network; None while the size of its images is not known."""
        model = self.run.path / MODEL
        if not model.is_file():
            return None
        with zipfile.ZipFile(model) as archive:
            layers = json.loads(archive.read("config.json"))["config"]["layers"]
        _, height, width, channels = layers[0]["config"]["batch_shape"]
        stack, classes = from_json(Stack, self.settings["stack"]), self.run.read_config()["classes"]
        return ImageFrame(stack, (height, width, channels), len(classes))

    def curves(self) -> Iterator[tuple[str, str, Curves]]:
        """What is drawn: the values, what their places are, the curves."""
        rows = self._rows()
        epochs = [float(row["epoch"]) for row in rows]
        for value in ("accuracy", "loss"):
            names = {"training": value, "validation": f"val_{value}"}
            curves = {k: (epochs, [float(row[name]) for row in rows]) for k, name in names.items()}
            yield value, "epoch", curves

    def _rows(self) -> list[dict[str, str]]:
        path = self.run.path / "history.csv"
        if not path.is_file():
            return []
        with path.open(newline="") as file:
            return list(csv.DictReader(file))


class TransferReport(TrainingReport):
    """The report of a training, or a fine-tuning, at ImageNet scale."""

    @property
    def prog(self) -> tuple[str, ...]:
        return ("transfer", "finetune" if "weights" in self.settings else "train")

    def so_far(self) -> Pairs:
        rows = self._rows()
        if not rows:
            return ()
        return (("steps done", rows[-1]["step"]), ("epoch", rows[-1]["epoch"]))

    def frame(self) -> ImageFrame:
        settings, classes = self.settings, self.run.read_config()["classes"]
        side = settings["size"]
        stack = from_json(Stack, settings["stack"])
        return ImageFrame(stack, (side, side, 3), len(classes))

    def curves(self) -> Iterator[tuple[str, str, Curves]]:
        rows = {
            kind: [row for row in self._rows() if row["kind"] == kind]
            for kind in ("train", "validation")
        }
        named = {"training": "train", "validation": "validation"}
        for value in ("top1", "top5", "loss"):
            yield (
                _VALUES[value],
                "step",
                {k: _column(rows[kind], value) for k, kind in named.items()},
            )
        yield "learning rate", "step", {"learning rate": _column(rows["train"], "learning_rate")}

    def _rows(self) -> list[dict[str, str]]:
        path = self.run.path / "history.csv"
        return read_history(path) if path.is_file() else []


_VALUES = {"top1": "top-1 accuracy", "top5": "top-5 accuracy", "loss": "loss"}


def _column(rows: Sequence[Mapping[str, str]], name: str) -> tuple[list[float], list[float | None]]:
    """Steps and values of a history's column."""
    values = [float(row[name]) if row[name] else None for row in rows]
    return [float(row["step"]) for row in rows], values


def _text(name: str, value: Any) -> str:
    if name == "mult_adds":
        return millions(value)
    if name == "seconds":
        return duration(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
