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

import contextlib
import dataclasses
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import tyro

from benchmarks.measuring import ratios, save_images, summaries
from nasnet.cells import CellSpace, Genotype
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
        self._trainer(step.architecture, recipe).fit(x[step.images], y[step.images])

    def score(self, task: SharedScore) -> None:
        self._trainer(task.architecture, RECIPE).evaluate(*read_split(self.shared.data, "train"))

    def _trainer(self, genotype: Genotype, recipe: Recipe):
        from nasnet.stacking.flat.trainer import Trainer

        return Trainer(self.shared.frame.network(genotype), recipe)


def main(
    *,
    short: bool = False,
    workers: int = 2,
    images: int = 500,
    batch: int = 64,
    children: int = 40,
    rounds: int = 4,
    seed: int = 0,
) -> None:
    """Prints the report.

    Args:
        short: one round of few children.
        workers: processes of each side.
        images: that score an architecture.
        batch: images of a training step.
        children: a round.
        rounds: of both sides.
        seed: of the architectures.
    """
    if short:
        children, rounds = 6, 1
    import_tensorflow(1)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder, space, rng = Path(name), CellSpace(), np.random.default_rng(seed)
        shared = with_shared_weights(folder, space, images)
        pools = {
            "shared": ProcessPool(shared, workers, threads=1, recycle=10**6),
            "stand_alone": ProcessPool(StandAlone(shared), workers, threads=1),
        }
        for pool in pools.values():  # first-use costs of TensorFlow, and of our gradients of pools
            stack.enter_context(contextlib.closing(pool))
            run_all(pool, tasks(space, rng, 10 * workers, batch))
        rates: dict[str, dict[str, list[float]]] = {"score": {}, "step": {}}
        cpu: dict[str, dict[str, list[float]]] = {"score": {}, "step": {}}
        traces = []
        for number in range(rounds):
            for what in rates:
                given = tasks(space, rng, children, batch if what == "step" else None)
                for name in list(pools) if number % 2 else list(pools)[::-1]:
                    # The peer takes seconds for each: a share of the children is enough.
                    part = given if name == "shared" else given[: max(4, len(given) // 4)]
                    start = time.perf_counter()
                    found = run_all(pools[name], part)
                    rate = len(part) / (time.perf_counter() - start)
                    rates[what].setdefault(name, []).append(rate * (60 if what == "score" else 1))
                    seconds = statistics.median(one.cpu for one in found)
                    cpu[what].setdefault(name, []).append(seconds)
                    if name == "shared":
                        traces.append(max(one.traces for one in found))
    report = {
        "workers": workers,
        "images": images,
        "batch": batch,
        "shared_parameters": shared.layout().sizes[0],
        "architectures_scored_per_minute": summary(rates["score"]),
        "steps_per_second": summary(rates["step"]),
        "cpu_seconds_an_architecture": summary(cpu["score"]),
        "cpu_seconds_a_step": summary(cpu["step"]),
        "architectures": children * 2 * rounds,
        "traces_of_a_worker": traces,
    }
    print(json.dumps(report, indent=2))


def with_shared_weights(folder: Path, space: CellSpace, images: int) -> Traced:
    """The evaluator of ours, with weights as they begin and equal images in both splits."""
    from nasnet.stacking.flat.backend import FlatLayout

    for split in ("train", "val"):
        shape = save_images(folder, split, images, seed=1)
    shared = Traced(folder, folder, space, CellFrame(STACK, shape, CLASSES), RECIPE)
    vectors = FlatLayout(shared.layout().parameters).initial(0)
    for name, vector in zip((WEIGHTS, MOVING), vectors, strict=True):
        np.save(folder / name, vector)
    return shared


def tasks(
    space: CellSpace, rng: np.random.Generator, count: int, batch: int | None
) -> list[SharedTask]:
    """Random cells to score, or with a batch, to train."""
    genotypes = [space.decode(space.sample(rng)) for _ in range(count)]
    if batch is None:
        return [SharedScore(genotype, 0) for genotype in genotypes]
    return [SharedStep(g, np.arange(batch), 0.0, (0, i)) for i, g in enumerate(genotypes)]


def summary(rates: dict[str, list[float]]) -> dict[str, dict]:
    """Median and range of both sides, and of their ratios round by round."""
    over = ratios(rates["shared"], rates["stand_alone"])
    return {**summaries(rates), "shared_over_stand_alone": over}


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
