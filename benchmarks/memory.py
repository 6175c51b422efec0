"""Memory of a worker over many children: it must not grow.

    python -m benchmarks.memory [--children 200]

One process trains children of different random cells, one after the other, as a search's worker
does (few images each: memory depends on the networks, not on how long they are trained). The JSON
has the resident set in MB after the first ten children, at the end and in between.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import tyro

from benchmarks.measuring import save_images
from nasnet.cells import CellSpace
from nasnet.search import Train, TrainChild
from nasnet.stacking.network import CellFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

_WARM = 10


def resident_mb() -> float:
    """The memory that this process holds, in MB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("VmRSS is missing in /proc/self/status, expected Linux")


def main(*, children: int = 200, seed: int = 0) -> None:
    """Prints the report, on so many children of random cells by this seed."""
    if children <= _WARM:
        sys.exit(f"children is {children}, expected more than {_WARM}")
    space, rng = CellSpace(), np.random.default_rng(seed)
    held: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = save_images(folder, "train", 64, seed=1)
        save_images(folder, "val", 100, seed=2)
        child = TrainChild(folder, CellFrame(Stack(1, 8), shape, 10), Recipe(batch_size=32))
        child.prepare(threads=1)
        for number in range(children):
            child(Train(space.decode(space.sample(rng)), number))
            held.append(resident_mb())
            if (number + 1) % 20 == 0:
                print(f"{number + 1} children: {held[-1]:.0f} MB", file=sys.stderr)
    start = held[_WARM - 1]
    report = {
        "children": children,
        f"mb_after_{_WARM}": round(start),
        "mb_at_the_end": round(held[-1]),
        "mb_highest": round(max(held)),
        "growth": round(held[-1] / start - 1, 3),
        "mb_every_20": [round(value) for value in held[19::20]],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
