"""`nasnet transfer train`: a cell's network, trained at ImageNet scale."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import tyro

from nasnet.cells import Genotype
from nasnet.data.photos.images import ImageSet
from nasnet.experiments.console.reporting import millions, print_json, stdout
from nasnet.experiments.errors import FAILURE, INTERRUPTED, OK
from nasnet.experiments.networks.cell_argument import resolve_cell
from nasnet.experiments.runs.directory import RunDirectory, open_run
from nasnet.experiments.transfer.settings import (
    TRANSFER,
    TransferSettings,
    check_data,
    preset_settings,
    read_settings,
    with_batch,
)
from nasnet.stacking.recipe import Diverged
from nasnet.transfer.training.distribution import Replicas, WorkerLost


@dataclasses.dataclass(frozen=True)
class TransferTrainCommand:
    """Train the ImageNet network of a found or published cell.

    Args:
        cell: a zoo name, a genotype's JSON file, or a run directory (its best cell).
        settings: what to train, and how.
        preset: what the settings start from: mobile and large are the papers' networks and
            trainings; small suits a few thousand photos and a laptop. mobile where it is left out.
        plan: N@P as the papers write it, such as 4@1056; see nasnet transfer plan.
        batch_size: images of all devices and accumulation steps together; the preset's learning
            rate is scaled with it, unless it is given, too.
        epochs: passes over the training images.
        trial: which trial of the run directory.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a training to go on with, instead of a cell.
        tensorboard: write files for TensorBoard, too; needs the tensorboard package.
        json: print the result as one JSON document.
    """

    cell: tyro.conf.Positional[str | None] = None
    settings: Annotated[TransferSettings, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=lambda: preset_settings("mobile")
    )
    preset: str | None = None
    plan: str | None = None
    batch_size: int | None = None
    epochs: int | None = None
    trial: int | None = None
    out: Path | None = None
    resume: Path | None = None
    tensorboard: bool = False
    json: bool = False

    def run(self) -> int:
        if (self.cell is None) == (self.resume is None):
            raise ValueError(
                f"cell is {self.cell} and resume is {self.resume}, expected one of the two"
            )
        settings = with_shortcuts(self, preset_settings(self.preset or "mobile"))
        if self.resume is not None:
            return go_on("train", self.resume, settings, self)
        name, genotype = resolve_cell(self.cell or "", self.trial)
        if self.plan is not None:
            from nasnet.transfer.scaling import parse_plan

            unchanged = settings.stack == preset_settings(self.preset or "mobile").stack
            base = None if unchanged else settings.stack
            stack = parse_plan(self.plan, genotype, base)
            settings = dataclasses.replace(settings, stack=stack)
        check_data(settings)
        replicas = Replicas(settings.distribution)  # before anything else imports TensorFlow
        from nasnet.experiments.transfer import training

        run, images = training.begin(settings, name, genotype, self.out, replicas)
        return carry_out("train", run, settings, genotype, images, replicas, self)


def train_default(preset: str | None, resume: Path | None) -> TransferTrainCommand:
    """What stands in for the defaults: the settings of a preset, or of a run that goes on."""
    if resume is not None:
        return TransferTrainCommand(settings=read_settings(open_run(resume, TRANSFER)))
    return TransferTrainCommand(settings=preset_settings(preset or "mobile"), preset=preset)


def with_shortcuts(command: Any, preset: TransferSettings) -> Any:
    """The command's settings with its --epochs and --batch-size in them.

    Raises:
        ValueError: the preset is named beside --resume.
    """
    settings = command.settings
    if command.resume is not None:
        for name in ("preset", "plan"):
            if getattr(command, name, None) is not None:
                value = getattr(command, name)
                raise ValueError(f"{name} is {value!r} beside --resume, expected one of the two")
        preset = settings
    if command.epochs is not None:
        recipe = dataclasses.replace(settings.recipe, epochs=command.epochs)
        settings = dataclasses.replace(settings, recipe=recipe)
    if command.batch_size is not None:
        settings = with_batch(settings, command.batch_size, preset.recipe)
    return settings


def go_on(verb: str, path: Path, settings: TransferSettings, command: Any) -> int:
    """Resumes a training or a fine-tuning; the exit code."""
    replicas = Replicas(settings.distribution)
    from nasnet.experiments.transfer import training

    run, genotype, images = training.reopen(path, settings)
    return carry_out(verb, run, settings, genotype, images, replicas, command)


def carry_out(
    verb: str,
    run: RunDirectory,
    settings: TransferSettings,
    genotype: Genotype,
    images: ImageSet,
    replicas: Replicas,
    command: Any,
) -> int:
    """Trains or fine-tunes to the end and says how it went; the exit code."""
    from nasnet.experiments.transfer import starting, training

    def work() -> dict[str, Any]:
        return training.train(
            run,
            settings,
            genotype,
            images,
            replicas,
            tensorboard=command.tensorboard,
            initial=starting.initial_weights(settings),
        )

    return report(verb, run, work, as_json=command.json, chief=replicas.chief)


def report(
    verb: str,
    run: RunDirectory,
    work: Callable[[], dict[str, Any]],
    *,
    as_json: bool,
    chief: bool,
) -> int:
    """Does the work and says how it ended; the exit code."""
    from nasnet.experiments.transfer.training import last_checkpoint

    try:
        result = work()
    except KeyboardInterrupt:
        print(
            f"stopped; {last_checkpoint(run)}; "
            f"go on with: nasnet transfer {verb} --resume {run.path}",
            file=sys.stderr,
        )
        return INTERRUPTED
    except (Diverged, WorkerLost) as error:
        print(f"nasnet: error: {error}; {last_checkpoint(run)}", file=sys.stderr)
        return FAILURE
    if not chief:
        return OK
    if as_json:
        print_json({"run": str(run.path), **result})
        return OK
    stdout().print(
        f"validation top-1 {result['top1']:.4f}, top-5 {result['top5']:.4f} on "
        f"{result['images']:,} images; {result['parameters']:,} parameters, "
        f"{millions(result['mult_adds'])} multiply-adds\n"
        f"results are in {run.path}: model.keras, labels.txt, result.json, history.csv\n"
        f"next: nasnet export {run.path} --format onnx, nasnet predict {run.path} photo.jpg",
        soft_wrap=True,
    )
    return OK
