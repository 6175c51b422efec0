"""A cell's network, trained at ImageNet scale in a run directory that can be taken up again.

The directory holds `config.json`, `genotype.json`, `checkpoints/`, `history.csv`, and at the end
`model.keras` with what describes it, and `result.json`; `bad-images.txt` where there are any.
"""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.experiments.console.lines import say
from nasnet.experiments.runs.run import Run
from nasnet.experiments.runs.trained import MODEL, describe_trained, trained_network
from nasnet.experiments.transfer.job import Job
from nasnet.experiments.transfer.progress import TransferProgress, check_tensorboard
from nasnet.experiments.transfer.settings import TRANSFER
from nasnet.experiments.transfer.starting import initial_weights
from nasnet.runtime.files import write_atomically
from nasnet.stacking.keras.saving import save_network
from nasnet.transfer.training.checkpoints import Checkpoints


def train(job: Job) -> dict[str, Any]:
    """Trains to the end, or from the newest checkpoint to the end.

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

    chief = job.replicas.chief
    if job.tensorboard:
        check_tensorboard()
    with Run(job.path, TRANSFER).lock() if chief else contextlib.nullcontext():
        with job.replicas.watched(), job.replicas.variables():
            network = FlatNetwork(job.network, job.recipe, precision=job.precision)
            state = TrainingState(network, job.seed)
        engine = Engine(state, job.replicas, seed=job.seed, accumulate=job.accumulate)
        if job.weights is not None and not Checkpoints(job.path / "checkpoints").paths():
            state.begin_with(initial_weights(job.weights, state.initial()))
        events = job.path / "tensorboard" if job.tensorboard and chief else None
        with TransferProgress(job.recipe.batch_size, events) as progress:
            trainer = TransferTrainer(
                engine,
                job.batches,
                job.path,
                intervals=job.intervals,
                observer=progress.observer if chief else Observer(say=say),
                frozen=_frozen(job, list(state.initial())),
                fingerprint=job.fingerprint,
            )
            row = trainer.fit()
        result = _result(job, trainer, network.cost, row)
        if chief:
            _finish(job, state.by_path(), result)
        trainer.wait()
        return result


def last_checkpoint(path: Path) -> str:
    """What a run that stopped has left, for a person."""
    paths = Checkpoints(path / "checkpoints").paths()
    return f"last checkpoint: {paths[-1]}" if paths else "there is no checkpoint yet"


def _frozen(job: Job, paths: list[str]) -> Callable[[int], frozenset[str]]:
    """The frozen ones of the paths, of each epoch."""
    from nasnet.transfer.weights import frozen_paths

    stack = job.network.stack
    job.freezing.end(stack, 0)

    def frozen(epoch: int) -> frozenset[str]:
        end = job.freezing.end(stack, epoch)
        return frozenset() if end is None else frozenset(frozen_paths(paths, stack, end))

    return frozen


def _result(job: Job, trainer: Any, cost: Any, row: dict[str, str]) -> dict[str, Any]:
    steps, images = trainer.done, trainer.done * job.recipe.batch_size
    return {
        "top1": float(row["top1"]),
        "top5": float(row["top5"]),
        "loss": float(row["loss"]),
        "images": int(row["images"]),
        "parameters": cost.trainable_parameters,
        "mult_adds": cost.mult_adds,
        "size": job.network.input_shape[0],
        "classes": job.network.classes,
        "steps": steps,
        "epochs": job.recipe.epochs,
        "seconds": round(trainer.seconds, 1),
        "images_per_second": round(images / trainer.seconds, 1),
        "bad_images": trainer.bad_images,
    }


def _finish(job: Job, weights: dict[str, np.ndarray], result: dict[str, Any]) -> None:
    model = save_network(
        job.path / MODEL,
        weights,
        job.network,
        job.recipe,
        classifier_activation=None,
        pixels=job.pixels,
    )
    config = Run(job.path, TRANSFER).read_config()
    network = trained_network(job.path, config, result, job.network.genotype, on_arrays=False)
    describe_trained(network, model)
    write_atomically(job.path / "result.json", json.dumps(result, indent=2) + "\n")
