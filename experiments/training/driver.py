"""A network trained from scratch: a found cell or a published one, in a run directory."""

import csv
import dataclasses
import io
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import Network, network_cost
from nasnet.data.dataset import Dataset
from nasnet.experiments.console.bar import Bar
from nasnet.experiments.console.lines import say, spent
from nasnet.experiments.runs.trained import MODEL, describe_trained, trained_network
from nasnet.experiments.searching.settings import SearchRun
from nasnet.experiments.training.data import of_search, open_data, reopen_data
from nasnet.experiments.training.settings import TRAINING, TrainRun, TrainSettings
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking.architectures import (
    ImageArchitecture,
    ImageFrame,
    check_plan,
    read_architecture,
)
from nasnet.stacking.keras.saving import save_network
from nasnet.stacking.plan import Stack

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")
History = list[dict[str, float]]


def begin(
    settings: TrainSettings,
    name: str,
    architecture: ImageArchitecture,
    path: Path | None,
    searched: Sequence[SearchRun] = (),
) -> TrainRun:
    """Makes the run directory of a new training.

    Args:
        settings: what is left out of them is that of the first search, where there is one.
        name: of the cell.
        architecture: what is trained.
        path: the run directory; a new one where it is None.
        searched: the searches that the cell may come from, whose images are no test images.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    settings = of_search(settings, searched)
    data = open_data(settings, searched)
    network = _network(settings, architecture, data.dataset)
    network_cost(network, aux_head=settings.recipe.aux_weight > 0)
    run = TRAINING.create(path, f"train-{name}")
    write_atomically(run.path / "genotype.json", architecture.to_json(indent=2) + "\n")
    data.write(run)
    run.record(settings, data.facts)
    return run


def reopen(path: Path, settings: TrainSettings) -> TrainRun:
    """A training to go on with; its data may lie elsewhere by now.

    Raises:
        NotFoundError: there is none.
        ValueError: settings have changed, or the data are others than those of the run.
    """
    run = TRAINING.open(path)
    if settings.data != run.data_name:
        reopen_data(run, settings.data)
    return TRAINING.reopen(path, settings)


def _network(settings: TrainSettings, architecture: ImageArchitecture, dataset: Dataset) -> Network:
    default, names = TrainSettings.stack, [field.name for field in dataclasses.fields(Stack)]
    check_plan(
        architecture, [n for n in names if getattr(settings.stack, n) != getattr(default, n)]
    )
    frame = ImageFrame(settings.stack, dataset.image_shape, len(dataset.classes))
    return frame.network(architecture)


def train(run: TrainRun) -> dict[str, Any]:
    """Trains behind the last whole epoch, evaluates the test images once, saves the network.

    Returns:
        What `result.json` holds.

    Raises:
        ValueError: another process trains here, or the data are no longer those of the run.
    """
    import_tensorflow()
    from nasnet.stacking.flat.trainer import Trainer

    with run.lock():
        settings = run.settings
        dataset = reopen_data(run).dataset
        found = read_architecture((run.path / "genotype.json").read_text())
        network = _network(settings, found, dataset)
        trainer = Trainer(network, settings.recipe, seed=settings.seed)
        history = _fit(run, trainer, dataset, settings.recipe.epochs)
        result = _test(trainer, dataset, history)
        _draw(run, history)
        model = save_network(
            run.path / MODEL,
            trainer.weights(),
            network,
            settings.recipe,
            pixels=not settings.without_preprocessing,
        )
        config = run.read_config()
        describe_trained(trained_network(run.path, config, result, found, on_arrays=True), model)
        write_atomically(run.path / "result.json", json.dumps(result, indent=2) + "\n")
    return result


def _fit(run: TrainRun, trainer: Any, dataset: Dataset, epochs: int) -> History:
    """Trains the epochs that are left; all of them, in numbers."""
    history = _restore(run, trainer)
    started = time.monotonic()

    def on_epoch(epoch: Any) -> None:
        nonlocal started
        loss, accuracy = trainer.evaluate(dataset.x_val, dataset.y_val)
        seconds = time.monotonic() - started
        started = time.monotonic()
        row = (epoch.number, epoch.loss, epoch.accuracy, loss, accuracy, seconds)
        history.append(dict(zip(COLUMNS, row, strict=True)))
        _save(run, trainer, history)
        say(_line(history, epochs))

    with Bar("train", unit="steps", every=None) as bar:
        trainer.fit(dataset.x_train, dataset.y_train, on_epoch=on_epoch, on_step=bar.update)
    return history


def _line(history: History, epochs: int) -> str:
    """The last epoch for a person."""
    last, best = history[-1], max(row["val_accuracy"] for row in history)
    left = (epochs - len(history)) * sum(row["seconds"] for row in history) / len(history)
    return (
        f"epoch {len(history)}/{epochs} · val {last['val_accuracy']:.4f} · best {best:.4f} · "
        f"loss {last['loss']:.4f} · {spent(last['seconds'], left)}"
    )


def _test(trainer: Any, dataset: Dataset, history: History) -> dict[str, Any]:
    """The result, by the test images where there are any."""
    accuracy = loss = None
    count = 0
    if dataset.x_test is not None and dataset.y_test is not None:
        loss, accuracy = trainer.evaluate(dataset.x_test, dataset.y_test)
        count = len(dataset.x_test)
    return {
        "test_accuracy": accuracy,
        "test_loss": loss,
        "test_images": count,
        "val_accuracy": history[-1]["val_accuracy"],
        "val_images": len(dataset.x_val),
        "train_images": len(dataset.x_train),
        "parameters": trainer.cost.trainable_parameters,
        "mult_adds": trainer.cost.mult_adds,
        "epochs": len(history),
        "seconds": sum(row["seconds"] for row in history),
    }


def _restore(run: TrainRun, trainer: Any) -> History:
    checkpoint = run.path / "checkpoint.npz"
    if not checkpoint.is_file():
        return []
    try:
        with np.load(checkpoint, allow_pickle=False) as state:
            arrays = dict(state)
        trainer.restore(arrays)
        rows = arrays["history"]
    except (ValueError, KeyError, OSError, EOFError) as error:
        raise ValueError(f"{checkpoint} cannot be read: {error}") from None
    history = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in rows]
    say(f"resuming behind epoch {len(history)}")
    return history


def _save(run: TrainRun, trainer: Any, history: History) -> None:
    """Weights and history in one file, so that a kill cannot part them."""
    buffer = io.BytesIO()
    rows = np.array([[row[name] for name in COLUMNS] for row in history])
    np.savez(buffer, allow_pickle=False, history=rows, **trainer.state())
    write_atomically(run.path / "checkpoint.npz", buffer.getvalue())
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | {"epoch": int(row["epoch"])} for row in history)
    write_atomically(run.path / "history.csv", text.getvalue())


def _draw(run: TrainRun, history: History) -> None:
    from nasnet import viz

    curves: Mapping[str, list[float]] = {n: [row[n] for row in history] for n in COLUMNS[1:5]}
    viz.save_figure(viz.training_figure(curves), run.path / "training.png")
