"""What two processes gain over one on this machine, by what they wait for.

    python -m benchmarks.cores --rounds 5

Each kernel runs in one process pinned to one core, and in one process a core at the same time, in
turn. The gain is the work of all over that of one: as many as there are cores where they share
nothing. Cores that are two threads of one core show in arithmetic that needs no memory at all.
"""

import json
import multiprocessing
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tyro

from benchmarks.measuring import processor, summary
from nasnet.runtime.processes import pin, usable_cores

_SECONDS = 1.0


def _scalar() -> Callable[[], Any]:
    """Integers in the interpreter."""
    return lambda: sum(range(20_000))


def _vector() -> Callable[[], Any]:
    """A product of matrices that stay in the first cache."""
    a, b, out = (np.ones((48, 48), np.float32) for _ in range(3))

    def product() -> None:
        for _ in range(200):
            np.matmul(a, b, out=out)

    return product


def _cache(size: int) -> Callable[[], Any]:
    x, y = (np.ones(size // 8, np.float32) for _ in range(2))
    return lambda: [np.add(x, 1.0, out=y) for _ in range(max(1, 2**24 // size))]


KERNELS: dict[str, Callable[[], Callable[[], Any]]] = {
    "integers": _scalar,
    "48 x 48 products": _vector,
    "sums in 512 KiB": lambda: _cache(2**19),
    "sums in 8 MiB": lambda: _cache(2**23),
    "sums in 128 MiB": lambda: _cache(2**27),
}


def _work(core: int, name: str, barrier: Any, results: Any) -> None:
    pin([core])
    kernel = KERNELS[name]()
    kernel()
    barrier.wait()
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < _SECONDS:
        kernel()
        count += 1
    results.put(count / (time.perf_counter() - started))


def rate(name: str, cores: list[int]) -> float:
    """Calls a second, of all processes together."""
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(len(cores)), context.SimpleQueue()
    processes = [context.Process(target=_work, args=(c, name, barrier, results)) for c in cores]
    for process in processes:
        process.start()
    found = sum(results.get() for _ in cores)
    for process in processes:
        process.join()
    return found


def main(*, rounds: int = 5) -> None:
    """Prints the gain for each kernel, its median and extremes over the rounds."""
    cores = usable_cores()
    gains = {
        name: [rate(name, cores) / rate(name, cores[:1]) for _ in range(rounds)] for name in KERNELS
    }
    report = {name: summary(values) for name, values in gains.items()}
    print(json.dumps({"processor": processor(), "cores": len(cores), "gain": report}, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
