"""`nasnet transfer finetune`: a trained network and other images."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any, Self

import tyro

from nasnet.experiments.commands.transfer.base import TrainingCommand
from nasnet.experiments.console.lines import say
from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.experiments.transfer.settings import FinetuneSettings, check_data
from nasnet.transfer.training.distribution import Replicas

if TYPE_CHECKING:
    from nasnet.experiments.transfer.job import Job


@dataclasses.dataclass(frozen=True)
class TransferFinetuneCommand(TrainingCommand):
    """Train on from given weights: other images, a new classifier, the lower cells frozen.

    Where no cell is named, the cells are those that the weights come with.

    Args:
        settings: what to begin with, what to train, and how.
    """

    settings: Annotated[FinetuneSettings, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=FinetuneSettings
    )

    prog = "nasnet transfer finetune"

    @classmethod
    def with_settings(cls, settings: Any) -> Self:
        if not isinstance(settings, FinetuneSettings):
            raise ValueError("run is a training, expected a fine-tuning: nasnet transfer train")
        return super().with_settings(settings)

    def run(self) -> int:
        if self.cell is not None and self.resume is not None:
            raise ValueError(f"cell is {self.cell} beside --resume, expected one of the two")
        return super().run()

    def begin(self) -> "Job":
        plain = FinetuneSettings()
        settings = self.shortened(plain.recipe)
        if not settings.weights:
            raise ValueError("weights is '', expected --weights FILE or a run directory")
        check_data(settings.data)
        cell = None if self.cell is None else resolve_cell(self.cell, self.trial)
        replicas = Replicas(settings.distribution)  # before anything else imports TensorFlow
        from nasnet.experiments.transfer import job, starting

        whole, name, genotype = starting.complete(
            settings, cell, plan_given=settings.stack != plain.stack
        )
        begun = job.begin(whole, name, genotype, self.out, replicas)
        epsilon = whole.recipe.batch_norm_epsilon
        if epsilon != settings.recipe.batch_norm_epsilon:
            say(f"batch norm epsilon is {epsilon:g}, as that of the weights")
        return begun
