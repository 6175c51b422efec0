"""What of a real search's time its workers do not work: the start, the pauses, the end.

    python -m benchmarks.idle --trials 30 --controllers random ppo

A default search on shapes10 by the command's own driver, in a process of its own. Reported are the
seconds from the command to the first result, the share of slot-time between the first child's
start and the last one's in which a slot had none, and the children an hour in between.
"""

import contextlib
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import tyro

from benchmarks.measuring import processor, summary


class Watched:
    """A pool that keeps an eye on how many of its slots have nothing to do.

    Args:
        pool: does the work.
    """

    def __init__(self, pool: Any) -> None:
        self._pool, self._slots = pool, pool.free
        self._looked: float | None = None
        self.idle, self.idle_at_last = 0.0, 0.0
        self.first = self.last = self.result = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    @property
    def free(self) -> int:
        return self._pool.free

    def submit(self, number: int, task: Any) -> None:
        self._look()
        self.first = self.first or time.monotonic()
        self.last, self.idle_at_last = time.monotonic(), self.idle
        self._pool.submit(number, task)

    def wait(self, timeout: float) -> Any:
        self._look()
        found = self._pool.wait(timeout)
        self._look(busy=len(found))
        if found:
            self.result = self.result or time.monotonic()
        return found

    @property
    def share(self) -> float:
        """Of the slot-time between the first child's start and the last one's."""
        return self.idle_at_last / (self._slots * (self.last - self.first))

    def _look(self, busy: int = 0) -> None:
        """Slots that are free were so since the last look, but for those that just became it."""
        now = time.monotonic()
        if self._looked is not None and self.first:
            self.idle += (self._pool.free - busy) * (now - self._looked)
        self._looked = now


def measure(connection: Any, started: float, controller: str, trials: int, images: int) -> None:
    """One search, in a new process; `started` is when it was asked for, on the monotonic clock."""
    from nasnet.experiments.searching import driver, running
    from nasnet.experiments.searching.settings import SearchSettings

    pools: list[Watched] = []

    def start_pool(*arguments: Any) -> Any:
        pools.append(Watched(running.start_pool(*arguments)))
        return pools[-1]

    driver.start_pool = start_pool  # type: ignore[assignment]
    quiet = open(os.devnull, "w")  # noqa: SIM115
    with tempfile.TemporaryDirectory() as folder, quiet, contextlib.redirect_stderr(quiet):
        settings = SearchSettings("shapes10", trials, controller=controller, train_images=images)
        driver.run_search(driver.begin(settings, Path(folder) / "run"))
    (pool,) = pools
    connection.send(
        {
            "first_result_seconds": round(pool.result - started, 2),
            "idle_share": round(pool.share, 4),
            "children_an_hour": round(3600 * (trials - 1) / (pool.last - pool.first), 0),
        }
    )


def main(
    *,
    trials: int = 30,
    images: int = 1000,
    controllers: tuple[str, ...] = ("random", "ppo"),
    rounds: int = 1,
) -> None:
    """Prints the report.

    Args:
        trials: of each search.
        images: that a child is trained on.
        controllers: that propose.
        rounds: of all of them.
    """
    context = multiprocessing.get_context("spawn")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in controllers}
    for _ in range(rounds):
        for name in controllers:
            here, there = context.Pipe()
            arguments = (there, time.monotonic(), name, trials, images)
            process = context.Process(target=measure, args=arguments)
            process.start()
            there.close()  # so that a search that fails is heard of
            found[name].append(here.recv())
            process.join()
    report = {
        name: {key: summary([row[key] for row in rows], 4) for key in rows[0]}
        for name, rows in found.items()
    }
    print(json.dumps({"processor": processor(), "trials": trials, "rounds": rounds} | report))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
