"""What a training trains on, chooses by and reports on: its data, and which of them were seen.

Images that a search has trained on or chosen by never come back as test images: where the data
have no test images of their own, some of the others are held out.
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from nasnet.data import sources
from nasnet.data.dataset import DataError, Dataset, digests, split_validation
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.values import AUTO
from nasnet.experiments.searching.settings import SearchRun
from nasnet.experiments.training.settings import TrainRun, TrainSettings
from nasnet.runtime.files import write_atomically

_SPLIT = "split.json"


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Data of a training, and how its test images were held out.

    Attributes:
        dataset: what is trained on; without test images where none were left.
        facts: of the data as they were found.
        seed: with which they were read.
        held_out: places of the test images among the training images, None where none were held
            out.
    """

    dataset: Dataset
    facts: DataFacts
    seed: int
    held_out: tuple[int, ...] | None = None

    def write(self, run: TrainRun) -> None:
        """Records how the data are divided, so that a training that goes on divides them alike."""
        content = {"seed": self.seed, "held_out": self.held_out}
        write_atomically(run.path / _SPLIT, json.dumps(content) + "\n")


def of_search(settings: TrainSettings, searched: Sequence[SearchRun]) -> TrainSettings:
    """The settings with the data and the image size of a search, where they leave these open."""
    if not searched or settings.data not in (None, searched[0].data_name):
        return settings
    known = searched[0].settings
    size = settings.image_size or known.image_size
    return dataclasses.replace(settings, data=known.data, image_size=size)


def open_data(settings: TrainSettings, searched: Sequence[SearchRun] = ()) -> TrainingData:
    """The data of a new training.

    Args:
        settings: as of `of_search`.
        searched: what has seen images; those that the first one had are divided as there.

    Raises:
        DataError: there are no such data, or they are no longer those of the search.
    """
    data, seed, size = settings.data or AUTO, settings.seed, settings.image_size
    if not searched or data != searched[0].data_name:
        dataset = sources.load(data, seed=seed, image_size=size)
        return _with_tests(dataset, seed, _seen(dataset, searched))
    search, known = searched[0], searched[0].settings
    try:
        dataset = sources.load(data, seed=known.seed, image_size=known.image_size)
    except DataError as error:
        raise DataError(f"{error}; they are those of {search.path}, --data names others") from None
    search.facts.check_same(DataFacts.of(dataset), f"{search.path} (--data takes others)")
    seen = _seen(dataset, searched)
    if size != known.image_size:
        dataset = sources.load(data, seed=known.seed, image_size=size)
    return _with_tests(dataset, known.seed, seen)


def reopen_data(run: TrainRun, data: str | None = None) -> TrainingData:
    """The data of a training that goes on.

    Args:
        run: the training.
        data: where they are now; where its settings say, if it is None.

    Raises:
        ValueError: they are no longer those that it began with.
    """
    settings, facts = run.settings, run.facts
    division = _division(run)
    seed, held_out = division or (settings.seed, None)
    data = data or settings.data or AUTO
    try:
        dataset = sources.load(data, seed=seed, image_size=settings.image_size)
    except DataError as error:
        raise DataError(f"{error}; --data says where the images of {run.path} are now") from None
    facts.check_same(DataFacts.of(dataset), str(run.path))
    # Version 0.1 recorded what was found for "auto" in words alone, its name first.
    if data == AUTO and dataset.name != facts.source.split(",")[0]:
        raise ValueError(f"data is {dataset.source}, expected that of the run: {facts.source}")
    if division is not None:
        return _divided(dataset, seed, held_out)
    return _with_tests(dataset, seed, np.zeros(len(dataset.x_train), bool))


def division_seed(run: TrainRun) -> int:
    """The seed with which a training's data were divided."""
    division = _division(run)
    return run.settings.seed if division is None else division[0]


def _division(run: TrainRun) -> tuple[int, Sequence[int] | None] | None:
    """What `TrainingData.write` recorded; None where nothing is, as of version 0.1."""
    path = run.path / _SPLIT
    try:
        split = json.loads(path.read_text()) if path.is_file() else None
        return None if split is None else (int(split["seed"]), split["held_out"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} cannot be read: {error!r}") from None


def _seen(dataset: Dataset, searched: Sequence[SearchRun]) -> np.ndarray:
    """Which training images are, pixel by pixel, among those of the searches, [N] of bool."""
    known = {
        digest
        for search in searched
        for found in [sources.read_arrays(search.data)]
        for images in (found.x_train, found.x_val)
        for digest in digests(images)
    }
    return np.fromiter((d in known for d in digests(dataset.x_train)), bool, len(dataset.x_train))


def _with_tests(dataset: Dataset, seed: int, seen: np.ndarray) -> TrainingData:
    """Holds test images out of the training images that were not seen, where there are none."""
    if dataset.x_test is not None:
        return _divided(dataset, seed, None)
    labels, candidates = dataset.y_train, np.flatnonzero(~seen)
    if seen.any():  # a class keeps an image to train on
        candidates = candidates[np.isin(labels[candidates], labels[seen])]
    _, held_out = split_validation(labels, seed, candidates)
    return _divided(dataset, seed, tuple(held_out.tolist()))


def _divided(dataset: Dataset, seed: int, held_out: Sequence[int] | None) -> TrainingData:
    if held_out is None:
        return TrainingData(dataset, DataFacts.of(dataset), seed)
    places = np.array(held_out, int)
    changes: dict[str, Any] = {}
    note = "no test images, and none that the search has not seen: the result has no test accuracy"
    if len(places):
        note = f"no test images: {len(places):,} of the training images are held out for the test"
        kept = np.setdiff1d(np.arange(len(dataset.x_train)), places)
        x, y = dataset.x_train, dataset.y_train
        changes = {"x_train": x[kept], "y_train": y[kept], "x_test": x[places], "y_test": y[places]}
    divided = dataclasses.replace(dataset, notes=(*dataset.notes, note), **changes)
    return TrainingData(divided, DataFacts.of(dataset, note), seed, tuple(held_out))
