"""Shared weights against stand-alone children: architectures scored and steps trained.

    python -m benchmarks.supernet [--short] [--workers 2] [--images 500] [--batch 64]

Both sides have as many worker processes as each other, one thread each, and take turns within one
run. Scoring: ours reads a new architecture's accuracy on `--images` images off the shared weights;
the peer builds, traces and evaluates a stand-alone network of the same cells (its training would
come on top). Training: ours takes the gradient of a child never seen before on `--batch` images;
the peer does so with a stand-alone network, traced for it. The JSON has medians and ranges over
rounds of rates and of the workers' CPU seconds (steadier on a busy machine), ratios round by round,
and how often TensorFlow traced a graph for shared weights: the pools' gradients, and nothing for an
architecture.
"""

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from nasnet.cells import CellSpace, Genotype
from nasnet.data.shapes import shapes10
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators import read_split
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.executors import ProcessPool
from nasnet.search.shared.children import run_all
from nasnet.search.shared.exchange import MOVING, WEIGHTS, SharedScore, SharedStep, SharedTask
from nasnet.stacking.network import CellFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

STACK, CLASSES, RECIPE = Stack(1, 8), 10, Recipe(augmentation="flip")


@dataclasses.dataclass(frozen=True)
class Measured:
    """Seconds of the processor that a task took, and traces of its process so far."""

    cpu: float
    traces: int


@dataclasses.dataclass(frozen=True)
class Traced(SharedWeights):
    """Shared weights, with the number of traces of the process."""

    def prepare(self, threads: int) -> None:
        super().prepare(threads)
        import tensorflow as tf

        original = tf.function

        def counted(function, **options):
            def body(*arguments):
                _TRACES.append(function.__name__)
                return function(*arguments)

            return original(body, **options)

        tf.function = counted

    def __call__(self, task: SharedTask) -> Measured:
        start = time.process_time()
        task.run(self)
        return Measured(time.process_time() - start, len(_TRACES))


_TRACES: list[str] = []


@dataclasses.dataclass(frozen=True)
class StandAlone:
    """The peer: a network of its own for every child, traced and run once."""

    shared: SharedWeights

    def prepare(self, threads: int) -> None:
        import_tensorflow(threads)
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

    def __call__(self, task: SharedTask) -> Measured:
        start = time.process_time()
        task.run(self)
        return Measured(time.process_time() - start, 0)

    def gradient(self, step: SharedStep) -> None:
        x, y = read_split(self.shared.data, "train")
        recipe = dataclasses.replace(RECIPE, batch_size=len(step.images))
        self._trainer(step.genotype, recipe).fit(x[step.images], y[step.images])

    def score(self, task: SharedScore) -> None:
        self._trainer(task.genotype, RECIPE).evaluate(*read_split(self.shared.data, "train"))

    def _trainer(self, genotype: Genotype, recipe: Recipe):
        from nasnet.stacking.flat.trainer import Trainer

        return Trainer(self.shared.frame.network(genotype), recipe)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="one round of few children")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--children", type=int, default=40, help="a round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.short:
        arguments.children, arguments.rounds = 6, 1
    import_tensorflow(1)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(arguments, Path(folder)), indent=2))


def measure(arguments: argparse.Namespace, folder: Path) -> dict:
    """The report."""
    from nasnet.stacking.flat.backend import FlatLayout

    space = CellSpace()
    x, y = shapes10(arguments.images, 1)
    for split in ("train", "val"):
        np.save(folder / f"x_{split}.npy", x)
        np.save(folder / f"y_{split}.npy", y)
    shared = Traced(folder, folder, space, CellFrame(STACK, x.shape[1:], CLASSES), RECIPE)
    layout = shared.layout()
    for name, vector in zip(
        (WEIGHTS, MOVING), FlatLayout(layout.parameters).initial(0), strict=True
    ):
        np.save(folder / name, vector)
    rng = np.random.default_rng(arguments.seed)
    pools = {
        "shared": ProcessPool(shared, arguments.workers, threads=1, recycle=10**6),
        "stand_alone": ProcessPool(StandAlone(shared), arguments.workers, threads=1),
    }
    rates: dict[str, dict[str, list[float]]] = {"score": {}, "step": {}}
    traces = []
    cpu: dict[str, dict[str, list[float]]] = {"score": {}, "step": {}}
    try:
        for pool in pools.values():  # first-use costs of TensorFlow, and of our gradients of pools
            run_all(pool, children(space, rng, 10 * arguments.workers, arguments.batch))
        for number in range(arguments.rounds):
            names = list(pools) if number % 2 else list(pools)[::-1]
            for what in rates:
                batch = arguments.batch if what == "step" else None
                tasks = children(space, rng, arguments.children, batch)
                for name in names:
                    # The peer takes seconds for each: a share of the children is enough.
                    part = tasks if name == "shared" else tasks[: max(4, len(tasks) // 4)]
                    start = time.perf_counter()
                    found = run_all(pools[name], part)
                    rate = len(part) / (time.perf_counter() - start)
                    rates[what].setdefault(name, []).append(rate * (60 if what == "score" else 1))
                    seconds = statistics.median(one.cpu for one in found)
                    cpu[what].setdefault(name, []).append(seconds)
                    if name == "shared":
                        traces.append(max(one.traces for one in found))
    finally:
        for pool in pools.values():
            pool.close()
    return {
        "workers": arguments.workers,
        "images": arguments.images,
        "batch": arguments.batch,
        "shared_parameters": layout.sizes[0],
        "architectures_scored_per_minute": summary(rates["score"]),
        "steps_per_second": summary(rates["step"]),
        "cpu_seconds_an_architecture": summary(cpu["score"]),
        "cpu_seconds_a_step": summary(cpu["step"]),
        "architectures": arguments.children * 2 * arguments.rounds,
        "traces_of_a_worker": traces,
    }


def children(
    space: CellSpace, rng: np.random.Generator, count: int, batch: int | None
) -> list[SharedTask]:
    """Random cells to score, or with a batch, to train."""
    genotypes = [space.decode(space.sample(rng)) for _ in range(count)]
    if batch is None:
        return [SharedScore(genotype, 0) for genotype in genotypes]
    return [SharedStep(g, np.arange(batch), 0.0, (0, i)) for i, g in enumerate(genotypes)]


def summary(rates: dict[str, list[float]]) -> dict:
    """Median and range of both sides, and of their ratios round by round."""
    ratios = [a / b for a, b in zip(rates["shared"], rates["stand_alone"], strict=True)]
    rows = {**rates, "shared_over_stand_alone": ratios}
    return {
        name: {
            "median": round(statistics.median(values), 2),
            "min": round(min(values), 2),
            "max": round(max(values), 2),
        }
        for name, values in rows.items()
    }


if __name__ == "__main__":
    main()
