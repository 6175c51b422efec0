"""Children per hour, ours against the peers: build, train, validate.

    python -m benchmarks.children [--images 512] [--rounds 3] [--children 2]

Contestants take turns, in an order that changes from round to round, while the others' processes
idle: our pool with one process on all cores and with one process a core, the same network in
`keras.Model.fit`, KerasTuner's RandomSearch over the same space, and PyTorch eager. In a round all
get the same genotypes (KerasTuner draws its own), data (shapes10) and recipe. Importing libraries
is not counted. The JSON has each contestant's children per hour, the ratios to ours round by round,
and mean and spread of the validation accuracies, which must be alike.
"""

import contextlib
import functools
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from benchmarks.measuring import in_turn, ratios, save_images, summaries
from benchmarks.peers import CLASSES, STACK, VALIDATION, KerasFit, KerasTunerSearch, TorchEager
from nasnet.cells import CellSpace, Genotype
from nasnet.search import Evaluation, ProcessPool, Train, TrainChild
from nasnet.search.shared.children import run_all
from nasnet.stacking.network import CellFrame
from nasnet.stacking.recipe import Recipe

PEERS = {"keras": KerasFit, "keras_tuner": KerasTunerSearch, "torch": TorchEager}


def contestants(
    folder: Path, images: int, recipe: Recipe, peers: list[str]
) -> dict[str, Callable[[], ProcessPool[Any, Evaluation]]]:
    """What makes each contestant's pool."""
    shape = save_images(folder, "train", images, seed=1)
    save_images(folder, "val", VALIDATION, seed=2)
    cores = os.cpu_count() or 1
    ours = TrainChild(folder, CellFrame(STACK, shape, CLASSES), recipe)
    made: dict[str, Callable[[], ProcessPool[Any, Evaluation]]] = {
        "ours, 1 process": functools.partial(ProcessPool, ours, 1),
        f"ours, {cores} processes": functools.partial(ProcessPool, ours, cores),
    }
    for name in peers:
        made[name] = functools.partial(ProcessPool, PEERS[name](images, recipe), 1)
    return made


def run(
    pool: ProcessPool[Any, Evaluation], genotypes: list[Genotype], seed: int
) -> tuple[float, list[float]]:
    """Seconds for all of them, and their accuracies.

    Raises:
        ValueError: a child failed.
    """
    start = time.perf_counter()
    found = run_all(pool, [Train(genotype, seed + i) for i, genotype in enumerate(genotypes)])
    return time.perf_counter() - start, [evaluation.reward for evaluation in found]


def main(
    *,
    images: int = 512,
    rounds: int = 3,
    children: int = 2,
    batch: int = 32,
    peers: tuple[tyro.extras.literal_type_from_choices(PEERS), ...] = tuple(PEERS),
    seed: int = 0,
) -> None:
    """Prints the report.

    Args:
        images: that a child is trained on.
        rounds: of all contestants.
        children: in each round.
        batch: images in a step.
        peers: beside ours; those whose libraries are missing are left out.
        seed: of the genotypes.
    """
    there = [name for name in peers if importlib.util.find_spec(name) is not None]
    for name in sorted({*peers} - {*there}):
        print(f"{name} is not installed: see benchmarks/requirements.txt", file=sys.stderr)
    recipe = Recipe(batch_size=batch, learning_rate=0.05, augmentation="flip")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        pools = {}
        for name, make in contestants(Path(folder), images, recipe, there).items():
            pools[name] = stack.enter_context(contextlib.closing(make()))
        rates, accuracies = _compete(pools, rounds, children, seed)
    ours = [name for name in pools if name.startswith("ours")]
    report = {
        "images": images,
        "batch": batch,
        "rounds": rounds,
        "children_a_round": children,
        "children_an_hour": summaries(rates, 0),
        "ratios": {
            f"{mine} / {name}": ratios(rates[mine], values)
            for mine in ours
            for name, values in rates.items()
            if name != mine and (name not in ours or mine != ours[0])
        },
        "accuracy": {
            name: {
                "mean": round(statistics.mean(values), 4),
                "sd": round(statistics.pstdev(values), 4),
                "n": len(values),
            }
            for name, values in accuracies.items()
        },
    }
    print(json.dumps(report, indent=2))


def _compete(
    pools: dict[str, ProcessPool[Any, Evaluation]], rounds: int, children: int, seed: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Children an hour of each round, and all accuracies, by contestant."""
    space, rng = CellSpace(), np.random.default_rng(seed)
    rates: dict[str, list[float]] = {name: [] for name in pools}
    accuracies: dict[str, list[float]] = {name: [] for name in pools}
    first = [space.decode(space.sample(rng)) for _ in range(2)]
    for name, pool in pools.items():  # libraries are imported and started
        run(pool, first if name.startswith("ours") else first[:1], seed)
    for number in range(rounds):
        genotypes = [space.decode(space.sample(rng)) for _ in range(children)]
        for name in in_turn(list(pools), number):
            seconds, found = run(pools[name], genotypes, 100 * (number + 1))
            rates[name].append(3600 * len(genotypes) / seconds)
            accuracies[name] += found
            print(f"round {number + 1}: {name}: {rates[name][-1]:.0f} an hour", file=sys.stderr)
    return rates, accuracies


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
