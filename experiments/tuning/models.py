"""The models of a tuning's trials: rebuilt with their weights, trained again on more, written."""

import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells.spaces.hyper import Configuration
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.searching.cell_argument import find_trial
from nasnet.experiments.tuning.settings import WEIGHTS, TuneRun
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.base import read_split
from nasnet.search.evaluators.keras_fit import weights_name
from nasnet.search.evaluators.keras_training import (
    FitSettings,
    Splits,
    Training,
    listed,
    read_splits,
    scaled,
)
from nasnet.search.trial import Trial

MODEL = "best.keras"
RETRAINED = "retrained.keras"
_RESULT = "retrained.json"


def trial_weights(run: TuneRun, trial: Trial) -> Path:
    """The file of a trial's weights."""
    return run.path / WEIGHTS / weights_name(trial.key, trial.seed)


def load_model(run: TuneRun, trial: Trial) -> Any:
    """The very model that has a trial's score: built anew, with the weights that were kept.

    Raises:
        NotFoundError: its weights were not kept.
    """
    path = trial_weights(run, trial)
    if not path.is_file():
        raise NotFoundError(
            f"weights of trial {trial.number} were not kept in {run.path}, expected one of the "
            f"best {run.settings.keep}"
        )
    import_tensorflow()
    training = _training(run, trial, run.settings.fit)
    if not training.model.built:
        x, _ = read_splits(run.path.resolve() / "data", run.settings.fit.pixels).val
        training.model(training.fitted((x[:1], np.zeros(1)))[0])
    with np.load(path, allow_pickle=False) as arrays:
        training.model.set_weights(listed("w", dict(arrays)))
    return training.model


def export_best(run: TuneRun, best: Trial) -> None:
    """Writes the model of the best trial."""
    save_model(load_model(run, best), run.path / MODEL)


def save_model(model: Any, path: Path) -> None:
    """Writes a compiled model as a Keras file that appears as a whole."""
    if not model.optimizer.built:  # or its file has another number of variables than it
        model.optimizer.build(model.trainable_variables)
    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        model.save(Path(aside) / path.name)
        os.replace(Path(aside) / path.name, path)


def retrain(
    run: TuneRun, number: int | None = None, epochs: int | None = None
) -> tuple[Any, dict[str, Any]]:
    """Trains a trial's model anew on training and validation data together, and writes it.

    Args:
        run: the tuning.
        number: of the trial; the best one where it is None.
        epochs: of the training; where it is None as many as the trial took to its best.

    Returns:
        The model, and what `retrained.json` holds.

    Raises:
        NotFoundError: there is no such trial that was trained to its end.
        ValueError: the number of epochs is below 1.
    """
    trial = find_trial(run, number)
    if trial.state != "complete":
        raise NotFoundError(f"trial {trial.number} is {trial.state}, expected one that is complete")
    epochs = trial.metrics["best_epoch"] if epochs is None else epochs
    fit = dataclasses.replace(run.settings.fit, epochs=epochs, patience=0)
    import_tensorflow()
    training = _training(run, trial, fit)
    data = read_splits(run.path.resolve() / "data", fit.pixels)
    whole = [np.concatenate(pair) for pair in zip(data.train, data.val, strict=True)]
    # Nothing is held out: what it is validated by is only watched.
    training.run(Splits((whole[0], whole[1]), data.val), epochs)
    result: dict[str, Any] = {
        "trial": trial.number,
        "hyperparameters": dict(training.configuration.values),
        "epochs": epochs,
        "examples": len(whole[0]),
        **{f"train_{name}": v for name, v in training.history[-1].items() if name[:4] != "val_"},
        **_tested(run, training, fit),
    }
    save_model(training.model, run.path / RETRAINED)
    write_atomically(run.path / _RESULT, json.dumps(result, indent=2) + "\n")
    return training.model, result


def _tested(run: TuneRun, training: Training, fit: FitSettings) -> dict[str, float]:
    """What it reaches on test data, where there are any."""
    if not (run.data / "x_test.npy").is_file():
        return {}
    x, y = read_split(run.data, "test")
    examples = training.fitted((scaled(x, fit.pixels), y[:]))
    found = training.model.evaluate(*examples, verbose=0, return_dict=True)
    return {f"test_{name}": float(value) for name, value in found.items()}


def _training(run: TuneRun, trial: Trial, fit: FitSettings) -> Training:
    configuration = Configuration.from_json(trial.genotype)
    return Training(run.settings.model, fit, configuration, trial.seed)
