"""Children per hour, ours against the peers: build, train, validate.

    python -m benchmarks.children [--images 512] [--rounds 3] [--children 2]

Contestants take turns, in an order that changes from round to round, while the others' processes
idle: our pool with one process on all cores and with one process a core, the same network in
`keras.Model.fit`, KerasTuner's RandomSearch over the same space, and PyTorch eager. In a round all
get the same genotypes (KerasTuner draws its own), data (shapes10) and recipe. Importing libraries
is not counted. The JSON has each contestant's children per hour, the ratios to ours round by round,
and mean and spread of the validation accuracies, which must be alike.
"""

import argparse
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

from benchmarks.peers import CLASSES, STACK, VALIDATION, KerasFit, KerasTunerSearch, TorchEager
from nasnet.cells import CellSpace, Genotype
from nasnet.data.shapes import shapes10
from nasnet.search import ProcessPool, TrainChild
from nasnet.stacking.network import CellFrame
from nasnet.stacking.recipe import Recipe

PEERS = {"keras": KerasFit, "keras_tuner": KerasTunerSearch, "torch": TorchEager}


def contestants(
    folder: Path, images: int, recipe: Recipe, peers: list[str]
) -> dict[str, Callable[[], ProcessPool]]:
    """What makes each contestant's pool."""
    for name, count, seed in (("train", images, 1), ("val", VALIDATION, 2)):
        x, y = shapes10(count, seed)
        np.save(folder / f"x_{name}.npy", x)
        np.save(folder / f"y_{name}.npy", y)
    cores = os.cpu_count() or 1
    ours = TrainChild(folder, CellFrame(STACK, x.shape[1:], CLASSES), recipe)
    made: dict[str, Callable[[], ProcessPool]] = {
        "ours, 1 process": functools.partial(ProcessPool, ours, 1),
        f"ours, {cores} processes": functools.partial(ProcessPool, ours, cores),
    }
    for name in peers:
        made[name] = functools.partial(ProcessPool, PEERS[name](images, recipe), 1)
    return made


def run(pool: ProcessPool, genotypes: list[Genotype], seed: int) -> tuple[float, list[float]]:
    """Seconds for all of them, and their accuracies.

    Raises:
        RuntimeError: a child failed.
    """
    waiting, accuracies = list(enumerate(genotypes)), []
    start = time.perf_counter()
    while len(accuracies) < len(genotypes):
        while waiting and pool.free:
            number, genotype = waiting.pop(0)
            pool.submit(number, genotype, seed + number)
        for outcome in pool.wait(60):
            if outcome.evaluation is None:
                raise RuntimeError(f"a child failed: {outcome.error}")
            accuracies.append(outcome.evaluation.reward)
    return time.perf_counter() - start, accuracies


def summary(values: list[float], digits: int = 2) -> dict[str, float]:
    """Median and extremes."""
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--children", type=int, default=2, help="in each round")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    modules = {"keras_tuner": "keras_tuner", "torch": "torch"}
    for name in list(arguments.peers):
        if name in modules and importlib.util.find_spec(modules[name]) is None:
            print(f"{name} is not installed: see benchmarks/requirements.txt", file=sys.stderr)
            arguments.peers.remove(name)
    recipe = Recipe(batch_size=arguments.batch, learning_rate=0.05, augmentation="flip")
    space, rng = CellSpace(), np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        made = contestants(Path(folder), arguments.images, recipe, arguments.peers)
        pools = {name: make() for name, make in made.items()}
        try:
            report = _compete(pools, space, rng, arguments)
        finally:
            for pool in pools.values():
                pool.close()
    print(json.dumps(report, indent=2))


def _compete(
    pools: dict[str, ProcessPool],
    space: CellSpace,
    rng: np.random.Generator,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    rates: dict[str, list[float]] = {name: [] for name in pools}
    accuracies: dict[str, list[float]] = {name: [] for name in pools}
    first = [space.decode(space.sample(rng)) for _ in range(2)]
    for name, pool in pools.items():  # libraries are imported and started
        run(pool, first if name.startswith("ours") else first[:1], arguments.seed)
    for number in range(arguments.rounds):
        genotypes = [space.decode(space.sample(rng)) for _ in range(arguments.children)]
        turns = list(pools.items())
        for name, pool in turns[number % len(turns) :] + turns[: number % len(turns)]:
            seconds, found = run(pool, genotypes, 100 * (number + 1))
            rates[name].append(3600 * len(genotypes) / seconds)
            accuracies[name] += found
            print(f"round {number + 1}: {name}: {rates[name][-1]:.0f} an hour", file=sys.stderr)
    ours = [name for name in pools if name.startswith("ours")]
    return {
        "images": arguments.images,
        "batch": arguments.batch,
        "rounds": arguments.rounds,
        "children_a_round": arguments.children,
        "children_an_hour": {name: summary(values, 0) for name, values in rates.items()},
        "ratios": {
            f"{mine} / {name}": summary([a / b for a, b in zip(rates[mine], values, strict=True)])
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


if __name__ == "__main__":
    main()
