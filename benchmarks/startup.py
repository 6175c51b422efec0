"""Time to the first useful step: build, trace, train one batch; then validate for the first time.

    python -m benchmarks.startup [--rounds 5]

NASNet-A's child (N = 1, F = 8, batch 64) and random ones, ours against Keras and PyTorch in one
process and in turn. Importing libraries is not counted.
"""

import json
import os

import numpy as np
import tyro

from benchmarks.steps import CLASSES, Task, available, compete
from nasnet.cells import NASNET_A, CellSpace
from nasnet.runtime.quiet import import_tensorflow
from nasnet.stacking.plan import Stack


def main(*, rounds: int = 5, seed: int = 0) -> None:
    """Prints the report, on so many rounds and random cells by this seed."""
    import_tensorflow(os.cpu_count())
    names = available(["ours", "keras", "torch"])
    space, rng = CellSpace(), np.random.default_rng(seed)
    report = {}
    for name, genotype in {
        "NASNet-A": NASNET_A,
        "random 1": space.decode(space.sample(rng)),
        "random 2": space.decode(space.sample(rng)),
    }.items():
        task = Task(genotype, Stack(1, 8), steps=2)
        found = compete(task, names, rounds)
        report[name] = {key: found[key] for key in ("first_step_seconds", "first_step_over_ours")}
    print(json.dumps({"classes": CLASSES, **report}, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
