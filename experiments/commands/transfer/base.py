"""What a training and a fine-tuning at ImageNet scale have in common."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.console.lines import command, millions, print_json, stdout
from nasnet.experiments.errors import OK, FailedError
from nasnet.experiments.transfer.settings import TRANSFER, TransferSettings, with_batch
from nasnet.stacking.recipe import Diverged, Recipe
from nasnet.transfer.training.distribution import Replicas, WorkerLost

if TYPE_CHECKING:
    from nasnet.experiments.transfer.job import Job


@dataclasses.dataclass(frozen=True)
class TrainingCommand(RunCommand):
    """The flags of both.

    Args:
        cell: a zoo name, a genotype's JSON file, or a run directory (its best cell).
        batch_size: images of all devices and accumulation steps together; the learning rate that
            the settings start from is scaled with it, unless it is given, too.
        epochs: passes over the training images.
        trial: which trial of the run directory.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory to go on with, instead of a cell.
        tensorboard: write files for TensorBoard, too; needs the tensorboard package.
        json: print the result as one JSON document.
    """

    kind = TRANSFER

    cell: tyro.conf.Positional[str | None] = None
    batch_size: int | None = None
    epochs: int | None = None
    trial: int | None = None
    out: Path | None = None
    resume: Path | None = None
    tensorboard: bool = False
    json: bool = False

    def shortened(self, start: Recipe) -> Any:
        """The settings with --epochs and --batch-size in them, which stand for others.

        Args:
            start: the recipe that the settings came from.
        """
        settings: TransferSettings = self.settings
        if self.epochs is not None:
            recipe = dataclasses.replace(settings.recipe, epochs=self.epochs)
            settings = dataclasses.replace(settings, recipe=recipe)
        if self.batch_size is not None:
            settings = with_batch(settings, self.batch_size, start)
        return settings

    def go_on(self, path: Path) -> "Job":
        settings = self.shortened(self.settings.recipe)
        replicas = Replicas(settings.distribution)
        from nasnet.experiments.transfer import job

        return job.reopen(path, settings, replicas)

    def work(self, run: "Job") -> dict[str, Any]:
        from nasnet.experiments.transfer import training

        job = dataclasses.replace(run, tensorboard=self.tensorboard)
        try:
            return training.train(job)
        except (Diverged, WorkerLost) as error:
            raise FailedError(f"{error}; {training.last_checkpoint(job.path)}") from error

    def saved(self, run: "Job") -> str:
        from nasnet.experiments.transfer import training

        return training.last_checkpoint(run.path)

    def report(self, run: "Job", result: dict[str, Any] | None) -> int:
        if result is None or not run.replicas.chief:
            return OK
        if self.json:
            print_json({"run": str(run.path), **result})
            return OK
        taken = "pixels 0..255" if run.pixels else "-1..1"
        stdout().print(
            f"validation top-1 {result['top1']:.4f}, top-5 {result['top5']:.4f} on "
            f"{result['images']:,} images; {result['parameters']:,} parameters, "
            f"{millions(result['mult_adds'])} multiply-adds\n"
            f"results are in {run.path}: model.keras (takes {taken}), README.md, usage.py, "
            "labels.txt, result.json, history.csv\n"
            f"next: {command('export', run.path, '--format', 'onnx')}\n"
            f"or: {command('predict', run.path, 'IMAGE')}",
            soft_wrap=True,
        )
        return OK
