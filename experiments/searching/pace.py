"""How many children of the default search this machine trains in an hour, and what that means."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.cells import NASNET_A, network_cost
from nasnet.data.shapes import CLASS_NAMES, shapes10
from nasnet.data.sources import Dataset, write_arrays
from nasnet.experiments.searching.running import start_pool
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search.evaluators import TrainChild
from nasnet.search.shared.children import run_all
from nasnet.search.tasks import Train
from nasnet.stacking.architectures import ImageFrame
from nasnet.stacking.plan import Stack

MINUTES = 5  # of `make search`


def children_an_hour(each: int = 2) -> float:
    """Trains a few random children of the default search, one a core at a time.

    A first one in every process, which imports TensorFlow, does not count.

    Args:
        each: how many count in every process.
    """
    settings, workers = SearchSettings(), os.cpu_count() or 1
    space, rng = settings.search_space(), np.random.default_rng(0)
    children: list[Any] = [
        Train(space.decode(space.sample(rng)), seed) for seed in range(workers * (1 + each))
    ]
    with tempfile.TemporaryDirectory() as folder:
        data = _images(*settings.images)
        write_arrays(data, Path(folder))
        frame = ImageFrame(settings.stack, data.image_shape, len(data.classes))
        pool = start_pool(
            TrainChild(Path(folder), frame, settings.recipe), workers, settings.timeout
        )
        try:
            run_all(pool, children[:workers])
            began = time.monotonic()
            run_all(pool, children[workers:])
            return 3600 * workers * each / (time.monotonic() - began)
        finally:
            pool.close()


def examples() -> dict[str, float]:
    """README's commands that train children or networks, by the children that take as long.

    A network counts by its images, epochs and multiply-adds.
    """
    settings = SearchSettings()
    small, large = (
        network_cost(ImageFrame(stack, (32, 32, 3), 10).network(NASNET_A))[0].mult_adds
        for stack in (settings.stack, Stack(repeats=2, filters=8))
    )
    images, _ = settings.images
    return {
        "python -m nasnet.experiments.published.mini_cifar": 120 * 2000 / images,
        "nasnet reward-quality --cells 24 --seeds 3 --recipe.epochs 2": 24 * 3 * 2,
        "nasnet compare --evaluator child --controllers random,ppo --budget 40 --runs 3": 240,
        "nasnet train RUN, of 10,000 images": 20 * 10_000 / images * large / small,
    }


def _images(train: int, val: int) -> Dataset:
    x, y = shapes10(train + val, 0)
    return Dataset("shapes10", "drawn", CLASS_NAMES, x[:train], y[:train], x[train:], y[train:])
