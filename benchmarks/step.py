"""A training step: images per second, ours against Keras and PyTorch, and against the machine.

    python -m benchmarks.step [--short] [--children] [--rounds 3] [--threads 1]

Whole children (NASNet-A's cells, F = 8, 16, 32) and networks whose every operation is the same one.
The machine's limits are measured in the same run: a matrix product (1,024 x 1,024) and copies of 2
MB, the size of a layer of the first stage, which stay in the cache. From them comes the time that a
step would take at full speed, where the larger of arithmetic and memory traffic counts (the
roofline model, https://doi.org/10.1145/1498765.1498785); traffic is what each layer reads and
writes, three times over (forward, gradient by input, gradient by weight).
"""

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tyro

from benchmarks.steps import Task, available, compete
from nasnet.cells import NASNET_A, NASNET_OPERATIONS, Block, Cell, Cost, Genotype
from nasnet.cells.cost import Shape
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking.plan import Stack

CORES = os.cpu_count() or 1
_COPIED, _REPEATS = 2**19, 50  # values, times


class Traffic(Cost):
    """Counts besides the values that layers read and write for one image."""

    def __init__(self) -> None:
        super().__init__()
        self.values = 0

    def relu(self, x: Shape) -> Shape:
        return self._moved([x], super().relu(x))

    def conv(self, x: Shape, *arguments: Any, **options: Any) -> Shape:
        return self._moved([x], super().conv(x, *arguments, **options))

    def separable_conv(self, x: Shape, *arguments: Any, **options: Any) -> Shape:
        out = super().separable_conv(x, *arguments, **options)
        between = Shape(out.height, out.width, x.channels)
        return self._moved([between], self._moved([x, between], out))

    def batch_norm(self, x: Shape) -> Shape:
        return self._moved([x], super().batch_norm(x))

    def pool(self, x: Shape, *arguments: Any, **options: Any) -> Shape:
        return self._moved([x], super().pool(x, *arguments, **options))

    def add(self, xs: Sequence[Shape]) -> Shape:
        return self._moved(xs, super().add(xs))

    def concat(self, xs: Sequence[Shape]) -> Shape:
        return self._moved(xs, super().concat(xs))

    def _moved(self, read: Sequence[Shape], written: Shape) -> Shape:
        self.values += sum(math.prod(x) for x in read) + math.prod(written)
        return written


def limits(threads: int) -> dict[str, float]:
    """GFLOP/s of a matrix product, and GB/s of copies within the cache, best of several."""
    import tensorflow as tf

    a = tf.random.normal([1024, 1024])
    product = _fastest(lambda: tf.matmul(a, a).numpy()[:1])
    pairs = [(np.ones(_COPIED, np.float32), np.empty(_COPIED, np.float32)) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:  # NumPy lets go of the interpreter while it copies
        copies = _fastest(lambda: list(pool.map(lambda pair: _copy(*pair), pairs)))
    moved = threads * _REPEATS * 2 * 4 * _COPIED
    return {"gflops": 2 * 1024**3 / product / 1e9, "gb_per_s": moved / copies / 1e9}


def _copy(source: np.ndarray, target: np.ndarray) -> None:
    for _ in range(_REPEATS):
        np.copyto(target, source)


def _fastest(call: Callable[[], object], rounds: int = 8) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def roofline_seconds(task: Task, machine: dict[str, float]) -> float:
    """What a step would take if nothing but the machine's limits cost time."""
    traffic = Traffic()
    task.network.build(traffic, Shape(*task.shape))
    flops = 3 * 2 * traffic.mult_adds * task.batch
    moved = 3 * 4 * traffic.values * task.batch
    return max(flops / machine["gflops"], moved / machine["gb_per_s"]) / 1e9


def single(name: str) -> Genotype:
    """Cells of one operation, on both inputs and on inner states."""
    blocks = (Block(0, 1, name, name), Block(2, 0, name, name), Block(3, 1, name, name))
    return Genotype(Cell(blocks), Cell(blocks))


def main(
    *, rounds: int = 3, short: bool = False, children: bool = False, threads: int = CORES
) -> None:
    """Prints the report.

    Args:
        rounds: of all contestants.
        short: one child and one operation.
        children: no operations.
        threads: for everyone.
    """
    import_tensorflow(threads)
    if "torch" in available(["torch"]):
        import torch

        torch.set_num_threads(threads)
    names = available(["ours", "keras", "torch"])
    machine = limits(threads)
    networks = {f"NASNet-A, F={width}": Task(NASNET_A, Stack(1, width)) for width in (8, 16, 32)}
    if not children:
        networks |= {name: Task(single(name), Stack(1, 8)) for name in NASNET_OPERATIONS}
    if short:
        networks = dict([*networks.items()][:1] + [*networks.items()][-1:])
    report: dict[str, Any] = {
        "threads": threads,
        "limits": {name: round(value, 1) for name, value in machine.items()},
    }
    for name, task in networks.items():
        found = compete(task, names, rounds)
        best = roofline_seconds(task, machine)
        found["share_of_roofline"] = {
            key: round(best * rate / task.batch, 3)
            for key, rate in found["images_per_second"].items()
        }
        report[name] = found
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
