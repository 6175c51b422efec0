"""Runs whose folder holds the images that their children train on."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from nasnet.cells import NASNET_A, Architecture, network_cost
from nasnet.data import sources
from nasnet.data.dataset import DataError
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.search.trial import Trial
from nasnet.stacking.architectures import ImageFrame

S = TypeVar("S")


def begin_on_images(
    kind: RunKind[S],
    settings: Any,
    dataset: sources.Dataset,
    path: Path | None,
    *,
    counts: tuple[int, int],
    stores: Mapping[str, Sequence[Trial]],
    tests: bool = False,
    architecture: Architecture = NASNET_A,
) -> Run[S]:
    """A new run, its images and its stores.

    Args:
        kind: of the run.
        settings: with its plan, recipe and seed.
        dataset: to choose images from.
        path: the folder; a new one below `runs/` where it is None.
        counts: training and validation images to keep, as far as there are so many; 0 for all.
        stores: names of files, or addresses of searches in a database, and the trials that are in
            them at first.
        tests: whether it has business with test images; else they do not enter its folder.
        architecture: one of those that will be trained, which tries plan, recipe and image size.

    Raises:
        ValueError: the settings, the data or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    from nasnet.search.stores import TrialStore
    from nasnet.search.stores.address import is_url

    for name in filter(is_url, stores):
        _check_is_new(name)
    part = chosen_images(dataset, counts, seed=settings.seed, tests=tests)
    frame = ImageFrame(settings.stack, part.image_shape, len(part.classes))
    network_cost(frame.network(architecture), aux_head=settings.recipe.aux_weight > 0)
    run = kind.create(path)
    sources.write_arrays(part, run.data)
    for name, trials in stores.items():
        with TrialStore(name if is_url(name) else run.path / name) as store:
            store.save(trials)
    used = f"children train on {len(part.x_train):,} images and are judged by {len(part.x_val):,}"
    run.record(settings, DataFacts.of(dataset, used))
    return run


def _check_is_new(address: str) -> None:
    """Raises ValueError where a database has such a search already."""
    from nasnet.search.stores import TrialStore

    with TrialStore(address, exclusive=True) as store:
        if store.config() is not None or store.trials():
            raise ValueError(f"store {address} holds a search already, expected a new name")


def chosen_images(
    dataset: sources.Dataset, counts: tuple[int, int], *, seed: int, tests: bool = False
) -> sources.Dataset:
    """The images of a data set that a run has.

    Args:
        dataset: to choose from.
        counts: training and validation images to keep, as far as there are so many; 0 for all.
        seed: of the choice.
        tests: whether test images are among them.

    Raises:
        DataError: there are more classes than images to keep.
    """
    try:
        return sources.subset(
            dataset if tests else dataclasses.replace(dataset, x_test=None, y_test=None),
            train=min(counts[0], len(dataset.x_train)) or None,
            val=min(counts[1], len(dataset.x_val)) or None,
            seed=seed,
        )
    except DataError as error:
        raise DataError(f"{error}; --train-images and --val-images say how many") from None
