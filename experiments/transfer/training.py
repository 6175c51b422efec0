"""A cell's network, trained at ImageNet scale in a run directory that can be taken up again.

The directory holds `config.json`, `genotype.json`, `checkpoints/`, `history.csv`, and at the end
`model.keras`, `labels.txt` and `result.json`; `bad-images.txt` where there are any.
"""

import dataclasses
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Genotype, network_cost
from nasnet.data.photos.images import ImageSet
from nasnet.experiments.console.progress import say
from nasnet.experiments.runs.directory import RunDirectory, create, open_run
from nasnet.experiments.transfer.data import ImageBatches, check_classes, open_data
from nasnet.experiments.transfer.progress import TransferProgress, check_tensorboard
from nasnet.experiments.transfer.settings import (
    RESUMABLE,
    TRANSFER,
    FinetuneSettings,
    TransferSettings,
    read_settings,
)
from nasnet.runtime.files import write_atomically
from nasnet.stacking.keras.saving import save_network
from nasnet.transfer.training.checkpoints import Checkpoints
from nasnet.transfer.training.distribution import Replicas


def begin(
    settings: TransferSettings,
    name: str,
    genotype: Genotype,
    path: Path | None,
    replicas: Replicas,
) -> tuple[RunDirectory, ImageSet]:
    """Makes the run directory of a new training; of several processes, only the chief does.

    Raises:
        ValueError: the settings, the images or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    images = open_data(settings)
    recipe = settings.recipe
    network = settings.network(genotype, len(images.classes))
    network_cost(network, aux_head=recipe.aux_weight > 0)
    replicas.micro_batch(recipe.batch_size, settings.accumulate)
    if images.train.count < recipe.batch_size:
        count = images.train.count
        raise ValueError(
            f"batch size is {recipe.batch_size}, expected at most the {count} training images"
        )
    if replicas.workers > 1 and path is None:
        raise ValueError("out is left out, expected --out DIR, the same for all workers")
    if not replicas.chief:
        return RunDirectory(path or Path(), TRANSFER), images
    run = create(path, f"transfer-{name}", TRANSFER)
    write_atomically(run.path / "genotype.json", genotype.to_json(indent=2) + "\n")
    write_atomically(run.path / "labels.txt", "\n".join(images.classes) + "\n")
    run.write_config(dataclasses.asdict(settings), source=images.source, classes=images.classes)
    return run, images


def reopen(path: Path, settings: TransferSettings) -> tuple[RunDirectory, Genotype, ImageSet]:
    """The run directory of an earlier training.

    Raises:
        NotFoundError: there is none in `path`.
        ValueError: settings or classes have changed.
    """
    run = open_run(path, TRANSFER)
    run.changes(read_settings(run), settings, RESUMABLE)
    images = open_data(settings)
    check_classes(run, images)
    return run, Genotype.from_json((path / "genotype.json").read_text()), images


def train(
    run: RunDirectory,
    settings: TransferSettings,
    genotype: Genotype,
    images: ImageSet,
    replicas: Replicas,
    *,
    tensorboard: bool = False,
    initial: Callable[[Any], dict[str, np.ndarray]] | None = None,
) -> dict[str, Any]:
    """Trains to the end, or from the newest checkpoint to the end.

    Args:
        run: where everything is written, by the chief alone.
        settings: what is trained, and how.
        genotype: the cells.
        images: the data.
        replicas: the copies of the network.
        tensorboard: whether its files are written, too.
        initial: gives the first weights by path for a network; its own where it is None.

    Returns:
        What `result.json` holds.

    Raises:
        Diverged: the loss is not finite; the last good checkpoint is kept.
        WorkerLost: another process is gone.
        ValueError: the settings do not fit the images or the checkpoint.
    """
    from nasnet.stacking.flat.network import FlatNetwork
    from nasnet.stacking.flat.training_state import TrainingState
    from nasnet.transfer.training.engine import Engine
    from nasnet.transfer.training.trainer import Observer, TransferTrainer

    if tensorboard:
        check_tensorboard()
    lock = run.lock() if replicas.chief else None
    try:
        say(f"data: {images.source}")
        with replicas.watched(), replicas.variables():
            network = FlatNetwork(
                settings.network(genotype, len(images.classes)),
                settings.recipe,
                precision=settings.precision,
            )
            state = TrainingState(network, settings.seed)
        engine = Engine(state, replicas, seed=settings.seed, accumulate=settings.accumulate)
        if initial is not None and not Checkpoints(run.path / "checkpoints").paths():
            state.begin_with(initial(state))
        recipe = settings.recipe
        data = ImageBatches(
            images,
            settings.size,
            recipe.batch_size,
            recipe.augmentation,
            settings.seed,
            (replicas.worker, replicas.workers),
        )
        events = run.path / "tensorboard" if tensorboard and replicas.chief else None
        with TransferProgress(recipe.batch_size, events) as progress:
            trainer = TransferTrainer(
                engine,
                data,
                run.path,
                intervals=settings.intervals,
                observer=progress.observer if replicas.chief else Observer(say=say),
                frozen=_frozen(settings, state),
                fingerprint=_fingerprint(settings),
            )
            row = trainer.fit()
        result = _result(trainer, network, row)
        if replicas.chief:
            _finish(run, network, state.by_path(), result)
        trainer.wait()
        return result
    finally:
        if lock is not None:
            lock.release()


def last_checkpoint(run: RunDirectory) -> str:
    """What a run that stopped has left, for a person."""
    paths = Checkpoints(run.path / "checkpoints").paths()
    return f"last checkpoint: {paths[-1]}" if paths else "there is no checkpoint yet"


def _frozen(settings: TransferSettings, state: Any) -> Callable[[int], frozenset[str]]:
    """The frozen paths of each epoch."""
    if not isinstance(settings, FinetuneSettings) or settings.freeze is None:
        return lambda epoch: frozenset()
    from nasnet.transfer.weights import frozen_paths

    freezing, stack = settings.freezing, settings.stack
    freezing.end(stack, 0)
    paths = list(state.initial())

    def frozen(epoch: int) -> frozenset[str]:
        end = freezing.end(stack, epoch)
        return frozenset() if end is None else frozenset(frozen_paths(paths, stack, end))

    return frozen


def _fingerprint(settings: TransferSettings) -> int:
    """A number that other settings have not; where the images are is every machine's own."""
    values = dataclasses.asdict(settings) | {"data": ""}
    return zlib.crc32(json.dumps(values, sort_keys=True).encode())


def _result(trainer: Any, network: Any, row: dict[str, str]) -> dict[str, Any]:
    steps, images = trainer.done, trainer.done * network.recipe.batch_size
    return {
        "top1": float(row["top1"]),
        "top5": float(row["top5"]),
        "loss": float(row["loss"]),
        "images": int(row["images"]),
        "parameters": network.cost.trainable_parameters,
        "mult_adds": network.cost.mult_adds,
        "size": network.network.input_shape[0],
        "classes": network.network.classes,
        "steps": steps,
        "epochs": network.recipe.epochs,
        "seconds": round(trainer.seconds, 1),
        "images_per_second": round(images / trainer.seconds, 1),
        "bad_images": trainer.bad_images,
    }


def _finish(
    run: RunDirectory, network: Any, weights: dict[str, np.ndarray], result: dict[str, Any]
) -> None:
    save_network(
        run.path / "model.keras",
        weights,
        network.network,
        network.recipe,
        classifier_activation=None,
    )
    write_atomically(run.path / "result.json", json.dumps(result, indent=2) + "\n")
