"""Memory of a worker over many children: it must not grow.

    python -m benchmarks.memory [--children 200]

One process trains children of different random cells, one after the other, as a search's worker
does (few images each: memory depends on the networks, not on how long they are trained). The JSON
has the resident set in MB after the first ten children, at the end and in between.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from nasnet.cells import CellSpace
from nasnet.data.shapes import shapes10
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--children", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.children <= _WARM:
        parser.error(f"children is {arguments.children}, expected more than {_WARM}")
    space, rng = CellSpace(), np.random.default_rng(arguments.seed)
    held: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, count, seed in (("train", 64, 1), ("val", 100, 2)):
            x, y = shapes10(count, seed)
            np.save(folder / f"x_{part}.npy", x)
            np.save(folder / f"y_{part}.npy", y)
        child = TrainChild(folder, CellFrame(Stack(1, 8), (32, 32, 3), 10), Recipe(batch_size=32))
        child.prepare(threads=1)
        for number in range(arguments.children):
            child(Train(space.decode(space.sample(rng)), number))
            held.append(resident_mb())
            if (number + 1) % 20 == 0:
                print(f"{number + 1} children: {held[-1]:.0f} MB", file=sys.stderr)
    start = held[_WARM - 1]
    print(
        json.dumps(
            {
                "children": arguments.children,
                f"mb_after_{_WARM}": round(start),
                "mb_at_the_end": round(held[-1]),
                "mb_highest": round(max(held)),
                "growth": round(held[-1] / start - 1, 3),
                "mb_every_20": [round(value) for value in held[19::20]],
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
