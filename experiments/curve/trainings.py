"""Trainings that are compared: each a `nasnet transfer train` in a folder and process of its own.

Given again, a training goes on where it was, and one that has ended is left as it is.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.experiments.errors import OK
from nasnet.experiments.runs.run import clear_unmade
from nasnet.experiments.runs.steps import run_nasnet
from nasnet.search.statistics import interval

_RESULT = "result.json"


def has_ended(folder: Path) -> bool:
    """Whether the training of a folder has."""
    return (folder / _RESULT).is_file()


def train(cell: str, plan: str, data: str, folder: Path, flags: Sequence[str]) -> int:
    """Trains one network as far as it is not.

    Args:
        cell: as `nasnet transfer train` takes it.
        plan: N@P.
        data: photos.
        folder: of the training.
        flags: more of them.

    Returns:
        The command's exit code.
    """
    if has_ended(folder):
        return OK
    clear_unmade(folder)
    command = ["transfer", "train", "--data", data]
    if folder.is_dir():
        return run_nasnet([*command, "--resume", str(folder)])
    return run_nasnet([*command, cell, "--plan", plan, "--out", str(folder), *flags])


def accuracies(folders: Sequence[Path]) -> dict[str, Any]:
    """What trainings with several seeds have reached, as JSON values.

    Args:
        folders: of trainings that have ended, one or more.
    """
    results = [json.loads((folder / _RESULT).read_text()) for folder in folders]
    row: dict[str, Any] = {}
    for measure in ("top1", "top5"):
        values = [result[measure] for result in results]
        mean, low, high = interval(np.array(values))
        row |= {measure: values, f"{measure}_mean": mean}
        row[f"{measure}_interval"] = [low, high] if len(values) > 1 else None
    return row | {
        "images": results[0]["images"],
        "seconds": [round(result["seconds"]) for result in results],
    }


def top1_text(row: dict[str, Any]) -> str:
    """Mean and interval of the top-1 accuracy for a table."""
    text = f"{row['top1_mean']:.4f}"
    if row["top1_interval"] is not None:
        text += " ({:.4f} to {:.4f})".format(*row["top1_interval"])
    return text
