"""How a child's cost grows with its size: the exponent of each setting.

    python -m benchmarks.growth [--rounds 2]

NASNet-like random cells; one setting varies, the others stay at B = 5, N = 1, F = 8, 32 pixels. An
exponent is the slope of log seconds over log size by least squares: 1 is proportional, 0 is
constant. How the store and the loop grow with the number of trials: `python -m benchmarks.loop`.
"""

import json
import os
import statistics
from typing import Any

import numpy as np
import tyro

from benchmarks.steps import CLASSES, Task, ours
from nasnet.cells import CellSpace, network_cost
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack

SIZES = {
    "blocks": (2, 3, 5, 7),
    "repeats": (1, 2, 4, 6),
    "filters": (8, 16, 24, 32),
    "side": (16, 32, 48, 64),
}


def task(seed: int, blocks: int = 5, repeats: int = 1, filters: int = 8, side: int = 32) -> Task:
    space = CellSpace(blocks)
    genotype = space.decode(space.sample(np.random.default_rng(seed)))
    return Task(genotype, Stack(repeats, filters), batch=16, side=side, steps=4)


def exponent(sizes: Any, values: Any) -> float:
    """The slope of log `values` over log `sizes`."""
    return round(float(np.polyfit(np.log(sizes), np.log(values), 1)[0]), 2)


def main(*, rounds: int = 2) -> None:
    """Prints the report, on so many random cells for each size."""
    import_tensorflow(os.cpu_count())
    found: dict[str, Any] = {}
    for name, sizes in SIZES.items():
        ours(task(99, **{name: sizes[0]}))  # first-use costs
        rows = []
        for size in sizes:
            first, step, mult_adds = [], [], []
            for seed in range(rounds):
                job = task(seed, **{name: size})
                ends = ours(job)
                first.append(ends[0])
                step.append(statistics.median(np.diff(ends).tolist()))
                cost, _ = network_cost(CellNetwork(job.genotype, job.stack, job.shape, CLASSES))
                mult_adds.append(cost.mult_adds)
            rows.append([statistics.mean(v) for v in (first, step, mult_adds)])
        columns = list(zip(*rows, strict=True))
        found[name] = {
            "sizes": sizes,
            "first_step_seconds": [round(v, 2) for v in columns[0]],
            "step_milliseconds": [round(1e3 * v, 1) for v in columns[1]],
            "exponents": {
                what: exponent(sizes, column)
                for what, column in zip(("first_step", "step", "mult_adds"), columns, strict=True)
            },
        }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
