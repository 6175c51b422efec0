"""Trained networks that a person names: a run, an export, or a file."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from nasnet.data.photos.images import CROP
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.trained import MODEL, trained_network
from nasnet.experiments.training.settings import TRAINING
from nasnet.stacking.architectures import read_architecture
from nasnet.transfer.serving.trained import ABOUT, LABELS, TrainedNetwork


def find_network(path: Path, labels: Path | None = None) -> TrainedNetwork:
    """The network that `path` means.

    Args:
        path: a run directory, a folder that `nasnet export` made, a .keras, .onnx or .tflite file,
            or the folder of a SavedModel.
        labels: a file of class names, one a line, that overrules all others.

    Raises:
        NotFoundError: there is none.
        ValueError: a file beside it cannot be read.
    """
    folder = path.parent if path.name == MODEL else path
    network = _of_run(folder) if (folder / "config.json").is_file() else _of_files(path)
    if labels is not None:
        if not labels.is_file():
            raise NotFoundError(f"labels are {str(labels)!r}, expected a file of class names")
        network = dataclasses.replace(network, classes=read_labels(labels))
    return network


def read_labels(path: Path) -> tuple[str, ...]:
    """Class names, one a line."""
    try:
        return tuple(path.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8: {error}") from None


def _of_run(folder: Path) -> TrainedNetwork:
    model = folder / MODEL
    if not model.is_file():
        raise NotFoundError(f"{folder} holds no model.keras, expected a training that has ended")
    config, result = _read_json(folder / "config.json"), {}
    if (folder / "result.json").is_file():
        result = _read_json(folder / "result.json")
    genotype = None
    if (folder / "genotype.json").is_file():
        try:
            genotype = read_architecture((folder / "genotype.json").read_text())
        except ValueError as error:
            raise ValueError(f"{folder / 'genotype.json'}: {error}") from None
    on_arrays = config.get("format") == TRAINING.format
    return trained_network(folder, config, result, genotype, on_arrays=on_arrays)


def _of_files(path: Path) -> TrainedNetwork:
    beside = path if (path / ABOUT).is_file() else path.parent
    about = _read_json(beside / ABOUT) if (beside / ABOUT).is_file() else {}
    file = path
    if beside == path:
        file = path / str(about.get("file"))
    if not file.exists() or (file.is_dir() and not (file / "saved_model.pb").is_file()):
        raise NotFoundError(
            f"model is {str(path)!r}, expected a run that has ended, a folder of `nasnet export`, "
            "a .keras, .onnx or .tflite file, or a SavedModel"
        )
    labels = beside / LABELS
    return TrainedNetwork(
        file,
        str(about.get("name", file.stem)),
        read_labels(labels) if labels.is_file() else (),
        crop=float(about.get("crop", CROP)),
        # Version 0.1 did not know.
        antialias=about.get("antialias", False) is True,
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} is a {type(content).__name__}, expected a JSON object")
    return content
