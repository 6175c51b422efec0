"""`nasnet transfer train`: a cell's network, trained at ImageNet scale."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Self

import tyro

from nasnet.experiments.commands.base import following
from nasnet.experiments.commands.transfer.base import TrainingCommand
from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.experiments.transfer.settings import TransferSettings, check_data, preset_settings
from nasnet.transfer.training.distribution import Replicas

if TYPE_CHECKING:
    from nasnet.experiments.transfer.job import Job


@dataclasses.dataclass(frozen=True)
class TransferTrainCommand(TrainingCommand):
    """Train the ImageNet network of a found or published cell.

    Args:
        settings: what to train, and how.
        preset: what the settings start from: mobile and large are the papers' networks and
            trainings; small suits a few thousand photos and a laptop. mobile where it is left out.
        plan: N@P as the papers write it, such as 4@1056; see nasnet transfer plan.
    """

    settings: Annotated[TransferSettings, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=lambda: preset_settings("mobile")
    )
    preset: str | None = None
    plan: str | None = None

    prog = "nasnet transfer train"

    @classmethod
    def default(cls, arguments: Sequence[str]) -> Self | None:
        preset = following("--preset", arguments)
        if following("--resume", arguments) is not None:
            return super().default(arguments)
        return cls(settings=preset_settings(preset or "mobile"), preset=preset)

    def run(self) -> int:
        if (self.cell is None) == (self.resume is None):
            raise ValueError(
                f"cell is {self.cell} and resume is {self.resume}, expected one of the two"
            )
        for name in ("preset", "plan"):
            value = getattr(self, name)
            if value is not None and self.resume is not None:
                raise ValueError(f"{name} is {value!r} beside --resume, expected one of the two")
        return super().run()

    def begin(self) -> "Job":
        name, genotype = resolve_cell(self.cell or "", self.trial)
        preset = preset_settings(self.preset or "mobile")
        settings = self.shortened(preset.recipe)
        if self.plan is not None:
            from nasnet.transfer.scaling import parse_plan

            base = None if settings.stack == preset.stack else settings.stack
            stack = parse_plan(self.plan, genotype, base)
            settings = dataclasses.replace(settings, stack=stack)
        check_data(settings.data)
        replicas = Replicas(settings.distribution)  # before anything else imports TensorFlow
        from nasnet.experiments.transfer import job

        return job.begin(settings, name, genotype, self.out, replicas)
