"""What the search loop itself costs: random search, a reward that is there at once, two stores.

Each size is a search of so many evaluations in NAS-Bench-201's space, from an empty store. The cost
of an evaluation must not grow with their number: the exponent of a power law, total seconds over
sizes, is 1 where it does not.

    python -m benchmarks.loop --sizes 100 1000 10000 100000
"""

import dataclasses
import json
import math
import platform
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

from nasnet.cells.spaces.nasbench201 import NASBench201Cell, NASBench201Space
from nasnet.controller import make_controller
from nasnet.search import (
    Evaluation,
    Evaluator,
    InlineExecutor,
    LoopSettings,
    MemoryStore,
    Search,
    Store,
    Train,
    TrialStore,
)

SPACE = NASBench201Space()


@dataclasses.dataclass(frozen=True)
class Share(Evaluator[Train[NASBench201Cell]]):
    """The share of 3x3 convolutions: a reward in closed form."""

    def __call__(self, task: Train[NASBench201Cell], /) -> Evaluation:
        return Evaluation(task.architecture.operations.count("nor_conv_3x3") / 6)


def seconds(store: Store, evaluations: int, controller: str = "random") -> float:
    """Wall time of a search without reuse."""
    executor, settings = InlineExecutor(Share()), LoopSettings(evaluations, reuse=False)
    search = Search(SPACE, make_controller(controller, SPACE), store, executor, settings)
    start = time.perf_counter()
    search.run()
    return time.perf_counter() - start


def measure(kind: str, sizes: Sequence[int], controller: str = "random") -> dict[str, Any]:
    """Milliseconds an evaluation at each size, and how the total grows."""
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            if kind == "memory":
                total = seconds(MemoryStore(), size, controller)
            else:
                with TrialStore(Path(folder) / "nasnet.db") as store:
                    total = seconds(store, size, controller)
        rows.append({"evaluations": size, "ms_per_evaluation": round(1000 * total / size, 4)})
    growth = None
    if len(sizes) > 1:
        low, high = rows[0], rows[-1]
        ratio = high["ms_per_evaluation"] / low["ms_per_evaluation"]
        growth = 1 + math.log(ratio) / math.log(high["evaluations"] / low["evaluations"])
    return {"store": kind, "controller": controller, "rows": rows, "exponent": growth}


def main(
    *,
    sizes: tuple[int, ...] = (100, 1000, 10_000),
    controllers: tuple[str, ...] = ("random",),
    stores: tuple[str, ...] = ("memory", "sqlite"),
) -> None:
    """Prints the report: searches of all sizes with each controller and each store."""
    seconds(MemoryStore(), 100)  # imports and caches
    report = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "results": [measure(kind, sizes, name) for name in controllers for kind in stores],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
