"""A training step: images per second, ours against Keras and PyTorch, and against the machine.

    python -m benchmarks.step [--short] [--rounds 3]

Whole children (NASNet-A's cells, F = 8, 16, 32) and networks whose every operation is the same one.
The machine's limits are measured in the same run: a matrix product (1,024 x 1,024) and a copy of 64
MB. From them comes the time that a step would take at full speed, where the larger of arithmetic
and memory traffic counts (the roofline model, https://doi.org/10.1145/1498765.1498785); traffic is
what each layer reads and writes, three times over (forward, gradient by input, gradient by weight).
"""

import argparse
import json
import math
import os
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.steps import CLASSES, Task, available, compete
from cells import NASNET_A, NASNET_OPERATIONS, Block, Cell, Cost, Genotype
from cells.cost import Shape
from stacking.assemble import assemble
from stacking.plan import Stack
from stacking.quiet import import_tensorflow


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


def limits() -> dict[str, float]:
    """GFLOP/s of a matrix product and GB/s of a copy, best of several."""
    import tensorflow as tf

    a, big = tf.random.normal([1024, 1024]), tf.random.normal([16 * 2**20])
    product = _fastest(lambda: tf.matmul(a, a))
    copy = _fastest(lambda: big + 1.0)
    return {"gflops": 2 * 1024**3 / product / 1e9, "gb_per_s": 2 * 4 * big.shape[0] / copy / 1e9}


def _fastest(call: Any, rounds: int = 8) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        call().numpy()[:1]
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def roofline_seconds(task: Task, machine: dict[str, float]) -> float:
    """What a step would take if nothing but the machine's limits cost time."""
    traffic = Traffic()
    assemble(traffic, task.genotype, task.stack, Shape(*task.shape), CLASSES)
    flops = 3 * 2 * traffic.mult_adds * task.batch
    moved = 3 * 4 * traffic.values * task.batch
    return max(flops / machine["gflops"], moved / machine["gb_per_s"]) / 1e9


def single(name: str) -> Genotype:
    """Cells of one operation, on both inputs and on inner states."""
    blocks = (Block(0, 1, name, name), Block(2, 0, name, name), Block(3, 1, name, name))
    return Genotype(Cell(blocks), Cell(blocks))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="one child and one operation")
    arguments = parser.parse_args()
    import_tensorflow(os.cpu_count())
    names = available(["ours", "keras", "torch"])
    machine = limits()
    networks = {f"NASNet-A, F={width}": Task(NASNET_A, Stack(1, width)) for width in (8, 16, 32)}
    networks |= {name: Task(single(name), Stack(1, 8)) for name in NASNET_OPERATIONS}
    if arguments.short:
        networks = {name: networks[name] for name in ("NASNet-A, F=8", "max_pool_7x7")}
    report: dict[str, Any] = {"limits": {name: round(value, 1) for name, value in machine.items()}}
    for name, task in networks.items():
        found = compete(task, names, arguments.rounds)
        best = roofline_seconds(task, machine)
        found["share_of_roofline"] = {
            key: round(best * rate / task.batch, 3)
            for key, rate in found["images_per_second"].items()
        }
        report[name] = found
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
