"""`nasnet train`: a cell's network, trained from scratch."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import tyro

from nasnet.experiments.commands.base import RunCommand, following
from nasnet.experiments.console.lines import command, millions, print_json, prose, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.searching.cell_argument import resolve_architecture, search_of
from nasnet.experiments.training.settings import TRAINING, TrainRun, TrainSettings, with_recipe


@dataclasses.dataclass(frozen=True)
class TrainCommand(RunCommand):
    """Train the network of a found or published cell from scratch.

    Validation images are watched while it trains; the test images are evaluated once, at the end.
    The cell of a search is trained on the data of the search, and no image that the search has seen
    is a test image.

    Args:
        cell: a zoo name, a genotype or layers as JSON or in a notation of `nasnet convert` (a file,
            or the text itself), or a run directory (its best one).
        settings: what to train, and how.
        recipe_preset: a published training, from which --recipe flags may differ: paper-cifar,
            paper-imagenet-mobile, paper-imagenet-large, pnas, amoebanet-cifar, amoebanet-imagenet
            or darts. They take hundreds of epochs.
        trial: which trial of the run directory.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a training to go on with, instead of a cell. Only --data may
            change, to where the same images are now.
        json: print the result as one JSON document.
    """

    cell: tyro.conf.Positional[str | None] = None
    settings: Annotated[TrainSettings, tyro.conf.arg(name="")] = TrainSettings()
    recipe_preset: str | None = None
    trial: int | None = None
    out: Path | None = None
    resume: Path | None = None
    json: bool = False

    kind = TRAINING
    prog = "nasnet train"

    @classmethod
    def default(cls, arguments: Sequence[str]) -> Self | None:
        preset = following("--recipe-preset", arguments)
        if preset is None or following("--resume", arguments) is not None:
            return super().default(arguments)
        return cls(settings=with_recipe(preset), recipe_preset=preset)

    def run(self) -> int:
        if (self.cell is None) == (self.resume is None):
            raise ValueError(
                f"cell is {self.cell} and resume is {self.resume}, expected one of the two"
            )
        if self.recipe_preset is not None and self.resume is not None:
            raise ValueError(
                f"recipe preset is {self.recipe_preset!r} beside --resume, expected one of the two"
            )
        return super().run()

    def begin(self) -> TrainRun:
        from nasnet.experiments.training import driver

        name, found = resolve_architecture(self.cell or "", self.trial)
        search = search_of(self.cell or "")
        return driver.begin(
            self.settings, name, found, self.out, searched=[] if search is None else [search]
        )

    def go_on(self, path: Path) -> TrainRun:
        from nasnet.experiments.training import driver

        return driver.reopen(path, self.settings)

    def work(self, run: TrainRun) -> dict[str, Any]:
        from nasnet.experiments.training import driver

        return driver.train(run)

    def report(self, run: TrainRun, result: dict[str, Any] | None) -> int:
        if result is None:
            return OK
        if self.json:
            print_json({"run": str(run.path), **result})
            return OK
        tested = "no test images"
        if result["test_accuracy"] is not None:
            tested = f"{result['test_accuracy']:.4f} on {result['test_images']:,} images"
        taken = "-1..1" if run.settings.without_preprocessing else "pixels 0..255"
        out = stdout()
        prose(
            out,
            f"test accuracy: {tested}; "
            f"validation {result['val_accuracy']:.4f} on {result['val_images']:,}; "
            f"{result['parameters']:,} parameters, {millions(result['mult_adds'])} multiply-adds\n"
            f"results are in {run.path}: model.keras (takes {taken}), README.md, usage.py, "
            "result.json, history.csv, training.png",
        )
        out.print(
            f"next: {command('export', run.path)}\nor: {command('predict', run.path, 'IMAGE')}",
            soft_wrap=True,
        )
        return OK
