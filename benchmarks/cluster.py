"""Children per hour on a cluster's nodes, beside the pool of processes on the same machine.

    python -m benchmarks.cluster --rounds 3 --children 8

The same children, data and seeds; two processes of one thread in the pool, two nodes of one slot
and one core each, and four (which share two cores). Contestants take turns and start anew each
time; the start is not counted. Results must be the same, bit for bit.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from distributed import Client

from benchmarks.measuring import in_turn, processor, ratios, save_images, summaries
from benchmarks.peers import CLASSES, STACK, VALIDATION
from nasnet.cells import CellSpace, Genotype
from nasnet.runtime.processes import usable_cores
from nasnet.search import Executor, ProcessPool, Train, TrainChild
from nasnet.search.cluster.executor import ClusterExecutor
from nasnet.search.cluster.local import local_cluster
from nasnet.search.shared.children import run_all
from nasnet.stacking.network import CellFrame
from nasnet.stacking.recipe import Recipe

POOL = "pool of 2"


@contextlib.contextmanager
def pool(child: TrainChild) -> Iterator[Executor[Any, Any]]:
    """The processes of one machine."""
    executor = ProcessPool(child, 2)
    try:
        yield executor
    finally:
        executor.close()


@contextlib.contextmanager
def nodes(child: TrainChild, count: int) -> Iterator[Executor[Any, Any]]:
    """So many nodes of one slot, each on one core, as if it were a machine."""
    with local_cluster(1, count) as address:
        with Client(address) as client:
            cores = usable_cores()
            for i, worker in enumerate(client.scheduler_info(n_workers=-1)["workers"]):
                client.run(os.sched_setaffinity, 0, {cores[i % len(cores)]}, workers=[worker])
        executor: Executor[Any, Any] = ClusterExecutor(child, address)
        try:
            yield executor
        finally:
            executor.close()


def run(executor: Executor[Any, Any], genotypes: list[Genotype], slots: int) -> Any:
    """Seconds for all of them behind a first child in each process, and their accuracies."""
    run_all(executor, [Train(genotypes[0], 0)] * slots)
    started = time.perf_counter()
    found = run_all(executor, [Train(g, seed) for seed, g in enumerate(genotypes)])
    return time.perf_counter() - started, [result.reward for result in found]


def main(*, images: int = 1000, rounds: int = 3, children: int = 8) -> None:
    """Prints the report.

    Args:
        images: that a child is trained on.
        rounds: of all contestants.
        children: in each round.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = save_images(folder, "train", images, seed=1)
        save_images(folder, "val", VALIDATION, seed=2)
        recipe = Recipe(learning_rate=0.05, augmentation="flip")
        child = TrainChild(folder, CellFrame(STACK, shape, CLASSES), recipe)
        contestants: dict[str, tuple[Callable[[], Any], int]] = {
            POOL: (lambda: pool(child), 2),
            "2 nodes": (lambda: nodes(child, 2), 2),
            "4 nodes": (lambda: nodes(child, 4), 4),
        }
        rates: dict[str, list[float]] = {name: [] for name in contestants}
        rewards: dict[int, list[float]] = {}
        space, rng = CellSpace(), np.random.default_rng(0)
        for number in range(rounds):
            genotypes = [space.decode(space.sample(rng)) for _ in range(children)]
            for name in in_turn(list(contestants), number):
                make, slots = contestants[name]
                with make() as executor:
                    seconds, found = run(executor, genotypes, slots)
                rates[name].append(3600 * children / seconds)
                assert rewards.setdefault(number, found) == found, "results differ"
    report = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "images": images,
        "rounds": rounds,
        "children_an_hour": summaries(rates, 0),
        "over_pool": {n: ratios(rates[n], rates[POOL]) for n in contestants if n != POOL},
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
