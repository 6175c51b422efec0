"""`nasnet transfer finetune`: a trained network and other images."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.commands.transfer.train import carry_out, go_on, with_shortcuts
from nasnet.experiments.networks.cell_argument import resolve_cell
from nasnet.experiments.runs.directory import open_run
from nasnet.experiments.transfer.settings import (
    TRANSFER,
    FinetuneSettings,
    check_data,
    read_settings,
)
from nasnet.transfer.training.distribution import Replicas


@dataclasses.dataclass(frozen=True)
class TransferFinetuneCommand:
    """Train on from given weights: other images, a new classifier, the lower cells frozen.

    Args:
        cell: a zoo name, a genotype's JSON file, or a run directory; where it is left out, the
            cells are those that the weights come with.
        settings: what to begin with, what to train, and how.
        batch_size: images of all devices and accumulation steps together; the default learning rate
            is scaled with it, unless it is given, too.
        epochs: passes over the training images.
        trial: which trial of the run directory.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a fine-tuning to go on with.
        tensorboard: write files for TensorBoard, too; needs the tensorboard package.
        json: print the result as one JSON document.
    """

    cell: tyro.conf.Positional[str | None] = None
    settings: Annotated[FinetuneSettings, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=FinetuneSettings
    )
    batch_size: int | None = None
    epochs: int | None = None
    trial: int | None = None
    out: Path | None = None
    resume: Path | None = None
    tensorboard: bool = False
    json: bool = False

    def run(self) -> int:
        settings = with_shortcuts(self, FinetuneSettings())
        if self.resume is not None:
            if self.cell is not None:
                raise ValueError(f"cell is {self.cell} beside --resume, expected one of the two")
            return go_on("finetune", self.resume, settings, self)
        if not settings.weights:
            raise ValueError("weights is '', expected --weights FILE or a run directory")
        check_data(settings)
        cell = None if self.cell is None else resolve_cell(self.cell, self.trial)
        replicas = Replicas(settings.distribution)  # before anything else imports TensorFlow
        from nasnet.experiments.transfer import starting, training

        settings, name, genotype = starting.complete(
            settings, cell, plan_given=settings.stack != FinetuneSettings().stack
        )
        run, images = training.begin(settings, name, genotype, self.out, replicas)
        return carry_out("finetune", run, settings, genotype, images, replicas, self)


def finetune_default(resume: Path | None) -> TransferFinetuneCommand:
    """What stands in for the defaults: the settings of a run that goes on."""
    if resume is None:
        return TransferFinetuneCommand()
    settings = read_settings(open_run(resume, TRANSFER))
    if not isinstance(settings, FinetuneSettings):
        raise ValueError(f"{resume} is a training, expected a fine-tuning: nasnet transfer train")
    return TransferFinetuneCommand(settings=settings)
