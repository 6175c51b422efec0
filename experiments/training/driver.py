"""A network trained from scratch: a found cell or a published one, in a run directory."""

import csv
import dataclasses
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nasnet.cells import Genotype, network_cost
from nasnet.data import sources
from nasnet.data.dataset import split_validation
from nasnet.experiments.console.progress import console, duration
from nasnet.experiments.runs.directory import TRAINING, RunDirectory, create, open_run
from nasnet.experiments.searching.settings import AUTO, TrainSettings, pinned
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking.keras.saving import save_network
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.recipe import Recipe

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


def load_with_test(settings: TrainSettings) -> sources.Dataset:
    """The data set; one without test images gives up a part of its training images for them."""
    dataset = sources.load(settings.data, seed=settings.seed, image_size=settings.image_size)
    if dataset.x_test is not None:
        return dataset
    kept, held_out = split_validation(dataset.y_train, settings.seed)
    return dataclasses.replace(
        dataset,
        source=f"{dataset.source}; {len(held_out):,} of its training images held out for the test",
        x_train=dataset.x_train[kept],
        y_train=dataset.y_train[kept],
        x_test=dataset.x_train[held_out],
        y_test=dataset.y_train[held_out],
    )


def begin(
    settings: TrainSettings, name: str, genotype: Genotype, path: Path | None
) -> RunDirectory:
    """Makes the run directory of a new training.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    dataset = load_with_test(settings)
    network = CellNetwork(genotype, settings.stack, dataset.image_shape, len(dataset.classes))
    network_cost(network, aux_head=settings.recipe.aux_weight > 0)
    run = create(path, f"train-{name}", TRAINING)
    write_atomically(run.path / "genotype.json", genotype.to_json(indent=2) + "\n")
    settings = pinned(settings, dataset.name)
    run.write_config(dataclasses.asdict(settings), source=dataset.source, classes=dataset.classes)
    return run


def reopen(path: Path, settings: TrainSettings) -> RunDirectory:
    """The run directory of an earlier training.

    Raises:
        NotFoundError: there is no training in `path`.
        ValueError: settings have changed.
    """
    run = open_run(path, TRAINING)
    run.resume(settings)
    return run


def train(run: RunDirectory) -> dict[str, Any]:
    """Trains behind the last whole epoch, evaluates the test images once, saves the network.

    Returns:
        What `result.json` holds.

    Raises:
        ValueError: another process trains here, or the data are no longer those of the run.
    """
    import_tensorflow()
    from nasnet.stacking.flat.trainer import Epoch, Trainer

    with run.lock():
        settings, began_with = run.settings(TrainSettings), run.read_config()["source"]
        dataset = load_with_test(settings)
        # Version 0.1 recorded what was found for "auto" in words alone, its name first.
        if settings.data == AUTO and dataset.name != began_with.split(",")[0]:
            raise ValueError(f"data is {dataset.source}, expected that of the run: {began_with}")
        console.print(f"data: {dataset.source}", highlight=False)
        genotype = Genotype.from_json((run.path / "genotype.json").read_text())
        network = CellNetwork(genotype, settings.stack, dataset.image_shape, len(dataset.classes))
        trainer = Trainer(network, settings.recipe, seed=settings.seed)
        history = _restore(run, trainer)
        started = time.monotonic()
        bar = _Bar(settings.recipe.epochs)

        def on_epoch(epoch: Epoch) -> None:
            nonlocal started
            loss, accuracy = trainer.evaluate(dataset.x_val, dataset.y_val)
            seconds = time.monotonic() - started
            started = time.monotonic()
            row = (epoch.number, epoch.loss, epoch.accuracy, loss, accuracy, seconds)
            history.append(dict(zip(COLUMNS, row, strict=True)))
            _save(run, trainer, history)
            bar.epoch(history)

        with bar:
            trainer.fit(dataset.x_train, dataset.y_train, on_epoch=on_epoch, on_step=bar.step)
        if dataset.x_test is None or dataset.y_test is None:
            raise ValueError(f"data set {dataset.name} has no test images, expected some")
        test_loss, test_accuracy = trainer.evaluate(dataset.x_test, dataset.y_test)
        result = {
            "test_accuracy": test_accuracy,
            "test_loss": test_loss,
            "test_images": len(dataset.x_test),
            "val_accuracy": history[-1]["val_accuracy"],
            "val_images": len(dataset.x_val),
            "train_images": len(dataset.x_train),
            "parameters": trainer.cost.trainable_parameters,
            "mult_adds": trainer.cost.mult_adds,
            "epochs": len(history),
            "seconds": sum(row["seconds"] for row in history),
        }
        _finish(run, network, settings.recipe, trainer.weights(), history)
        write_atomically(run.path / "result.json", json.dumps(result, indent=2) + "\n")
    return result


def _restore(run: RunDirectory, trainer: Any) -> list[dict[str, float]]:
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
    console.print(f"resuming behind epoch {len(history)}", highlight=False)
    return history


def _save(run: RunDirectory, trainer: Any, history: list[dict[str, float]]) -> None:
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


def _finish(
    run: RunDirectory,
    network: CellNetwork,
    recipe: Recipe,
    weights: dict[str, np.ndarray],
    history: list[dict[str, float]],
) -> None:
    from nasnet import viz

    curves = {name: [row[name] for row in history] for name in COLUMNS[1:5]}
    viz.save_figure(viz.training_figure(curves), run.path / "training.png")
    save_network(run.path / "model.keras", weights, network, recipe)


class _Bar:
    """Steps as a live bar in a terminal; elsewhere a line an epoch."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._started = epochs, time.monotonic()
        columns = (
            TextColumn("[bold]train[/] {task.fields[line]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total} steps · ETA"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("train", total=None, line="tracing")

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def step(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)

    def epoch(self, history: list[dict[str, float]]) -> None:
        last, best = history[-1], max(row["val_accuracy"] for row in history)
        number = int(last["epoch"])
        line = f"epoch {number}/{self._epochs} · val {last['val_accuracy']:.4f} · best {best:.4f}"
        self._bar.update(self._task, line=line)
        left = (self._epochs - number) * sum(row["seconds"] for row in history) / len(history)
        console.print(
            f"{line} · loss {last['loss']:.4f} · {duration(last['seconds'])}, ETA {duration(left)}",
            highlight=False,
        )
