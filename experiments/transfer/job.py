"""A training at ImageNet scale as objects: what the settings say, once and at the top."""

import dataclasses
import json
import zlib
from pathlib import Path

from nasnet.cells import Genotype, network_cost
from nasnet.data.photos.images import ImageSet
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.transfer.data import ImageBatches, check_classes, open_data
from nasnet.experiments.transfer.settings import (
    TRANSFER,
    FinetuneSettings,
    TransferRun,
    TransferSettings,
)
from nasnet.runtime.files import write_atomically
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.precision import Precision
from nasnet.stacking.recipe import Recipe
from nasnet.transfer.training.distribution import Replicas
from nasnet.transfer.training.freezing import Freezing
from nasnet.transfer.training.intervals import Intervals


@dataclasses.dataclass(frozen=True)
class Job:
    """All that a training is made of.

    Attributes:
        path: the run directory, which the chief alone writes.
        network: what is trained.
        recipe: how.
        batches: of this process.
        replicas: the copies of the network.
        seed: of the weights and of what is dropped.
        precision: of the arithmetic.
        accumulate: micro-batches before each update.
        intervals: how often what is done.
        freezing: what stays as it is.
        weights: what the network begins with; None for its own.
        fingerprint: a number that other settings have not.
        pixels: whether the network that is saved takes pixels from 0 to 255.
        tensorboard: whether its files are written, too.
    """

    path: Path
    network: CellNetwork
    recipe: Recipe
    batches: ImageBatches
    replicas: Replicas
    seed: int
    precision: Precision
    accumulate: int
    intervals: Intervals
    freezing: Freezing
    weights: str | None
    fingerprint: int
    pixels: bool = True
    tensorboard: bool = False


def begin(
    settings: TransferSettings,
    name: str,
    genotype: Genotype,
    path: Path | None,
    replicas: Replicas,
) -> Job:
    """A new training and its run directory; of several processes, only the chief makes it.

    Raises:
        ValueError: the settings, the images or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    images = open_data(settings.data, settings.image_limit)
    facts = DataFacts.of(images)
    recipe, count = settings.recipe, images.train.count
    network_cost(settings.network(genotype, len(images.classes)), aux_head=recipe.aux_weight > 0)
    replicas.micro_batch(recipe.batch_size, settings.accumulate)
    if count < recipe.batch_size:
        raise ValueError(
            f"batch size is {recipe.batch_size}, expected at most the {count} training images"
        )
    if replicas.workers > 1 and path is None:
        raise ValueError("out is left out, expected --out DIR, the same for all workers")
    if not replicas.chief:
        facts.say()
        return _job(path or Path(), settings, genotype, images, replicas)
    run = TRANSFER.create(path, f"transfer-{name}")
    write_atomically(run.path / "genotype.json", genotype.to_json(indent=2) + "\n")
    write_atomically(run.path / "labels.txt", "\n".join(images.classes) + "\n")
    run.record(settings, facts)
    return _job(run.path, settings, genotype, images, replicas)


def reopen(path: Path, settings: TransferSettings, replicas: Replicas) -> Job:
    """An earlier training; where it runs now is not recorded, as each process may run elsewhere.

    Raises:
        NotFoundError: there is none in `path`.
        ValueError: settings or classes have changed.
    """
    run = TRANSFER.open(path)
    run.changes(settings)
    images = open_data(settings.data, settings.image_limit)
    check_classes(run, images)
    facts = DataFacts.of(images)
    run.facts.check_same(facts, str(path))
    facts.say()
    return _job(path, settings, read_genotype(run), images, replicas)


def read_genotype(run: TransferRun) -> Genotype:
    """The cells of a training."""
    return Genotype.from_json((run.path / "genotype.json").read_text())


def _job(
    path: Path,
    settings: TransferSettings,
    genotype: Genotype,
    images: ImageSet,
    replicas: Replicas,
) -> Job:
    recipe = settings.recipe
    freezing, weights = Freezing(), None
    if isinstance(settings, FinetuneSettings):
        freezing, weights = settings.freezing, settings.weights
    # Where the images are is every machine's own; checkpoints do not depend on what is saved last.
    values = dataclasses.asdict(settings) | {"data": ""}
    del values["without_preprocessing"]
    return Job(
        path,
        settings.network(genotype, len(images.classes)),
        recipe,
        ImageBatches(
            images,
            settings.size,
            recipe.batch_size,
            recipe.augmentation,
            settings.seed,
            (replicas.worker, replicas.workers),
        ),
        replicas,
        seed=settings.seed,
        precision=settings.precision,
        accumulate=settings.accumulate,
        intervals=settings.intervals,
        freezing=freezing,
        weights=weights,
        fingerprint=zlib.crc32(json.dumps(values, sort_keys=True).encode()),
        pixels=not settings.without_preprocessing,
    )
