"""The driver of a large search: the real loop, controllers and store, a simulated cluster.

    python -m benchmarks.scale --slots 10 100 1000 10000 --controllers random evolution

A child takes as long as one of a real search did, scaled to `--seconds`; one of a hundred fails,
and nodes of eight slots are lost and come back. What the driver does takes the time that it takes;
while it waits, the clock jumps to the next child that ends. So an idle slot is one that the driver
had nothing for yet: its share, from the start until the last child is submitted, the driver's share
of the time, and how long a child that has ended waits to be taken are reported, with the driver's
memory and the size of its store and state.
"""

import dataclasses
import heapq
import itertools
import json
import logging
import math
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from benchmarks.measuring import processor
from nasnet.cells import CellSpace
from nasnet.controller import make_controller, parse_controller
from nasnet.search import Evaluation, LoopSettings, Outcome, Search, Train, Trial, TrialStore
from nasnet.search.rules import Rules

# Seconds of the children of one default search of five minutes, two at a time on a Xeon of 2.5 GHz,
# over their mean, without the first two.
# fmt: off
TIMES = (
    0.89, 0.97, 1.11, 0.86, 1.03, 1.11, 1.25, 1.05, 1.62, 1.11, 1.18, 1.01,
    1.18, 1.44, 0.98, 0.67, 0.79, 0.82, 0.97, 0.85, 0.96, 1.04, 1.11, 0.98,
    1.06, 1.4, 0.95, 0.93, 0.91, 0.95, 0.83, 0.69, 0.96, 0.85, 0.75, 0.91,
    0.97, 0.95, 1.04, 1.07, 0.86, 1.17, 1.0, 0.75, 1.21, 0.93, 0.88,
)
# fmt: on
FAILURES = 0.01
NODE = 8  # slots
AWAY = 120.0  # seconds until a node that was lost is there again


class Hands:
    """A clock that runs with the real one, and jumps."""

    def __init__(self) -> None:
        self._started, self.jumped = time.perf_counter(), 0.0

    @property
    def worked(self) -> float:
        """Seconds of the driver's own."""
        return time.perf_counter() - self._started

    @property
    def now(self) -> float:
        return self.worked + self.jumped


@dataclasses.dataclass
class Simulated:
    """An executor whose children take simulated time.

    Attributes:
        slots: of the whole cluster.
        seconds: of a child, in the mean.
        trials: of the search.
        losses: nodes lost an hour.
        over: when the last child was submitted; slots may be idle from then on.
        idle: slot-seconds that went by without a child.
        late: of each child that ended, the seconds until it was taken.
        lost: children whose node was lost.
    """

    slots: int
    seconds: float
    trials: int
    losses: float
    hands: Hands
    seed: int = 0
    over: float = math.inf
    idle: float = 0.0
    lost: int = 0
    late: list[float] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._events: list[tuple[float, int, int]] = []  # when, attempt, number
        self._running: dict[int, int] = {}
        self._attempts = itertools.count()
        self._there, self._looked = self.slots, self.hands.now
        self._back: list[float] = []
        self._next_loss = self._loss()

    @property
    def free(self) -> int:
        return max(0, self._there - len(self._running))

    def submit(self, number: int, task: Train[Any]) -> None:
        self._pass_time()
        attempt = next(self._attempts)
        took = self.seconds * float(self._rng.choice(TIMES))
        self._running[number] = attempt
        if number == self.trials - 1:
            self.over = min(self.over, self.hands.now)
        heapq.heappush(self._events, (self.hands.now + took, attempt, number))

    def wait(self, timeout: float) -> list[Outcome[Evaluation]]:
        outcomes = self._due()
        while not outcomes and timeout > 0:
            ahead = [self._next_loss, *self._back]
            ahead += [self._events[0][0]] if self._events else []
            self.hands.jumped += max(0.0, min(ahead) - self.hands.now)
            outcomes = self._due()
            if self.free:
                break
        return outcomes

    def close(self) -> None:
        """Nothing runs."""

    def _due(self) -> list[Outcome[Evaluation]]:
        self._pass_time()
        now, outcomes = self.hands.now, self._nodes()
        while self._events and self._events[0][0] <= now:
            at, attempt, number = heapq.heappop(self._events)
            if self._running.get(number) != attempt:
                continue  # it was lost
            del self._running[number]
            # From here on its slot has nothing to do.
            self.idle += max(0.0, min(now, self.over) - at)
            self.late.append(now - at)
            if self._rng.random() < FAILURES:
                outcomes.append(Outcome(number, "died", self.seconds, error="simulated"))
            else:
                found = Evaluation(float(self._rng.normal(0.5, 0.1)))
                outcomes.append(Outcome(number, "complete", self.seconds, found))
        return outcomes

    def _nodes(self) -> list[Outcome[Evaluation]]:
        """Nodes that are lost or back by now; what ran on them is lost."""
        now, outcomes = self.hands.now, []
        while self._back and self._back[0] <= now:
            heapq.heappop(self._back)
            self._there += NODE
        while self._next_loss <= now:
            self._next_loss = self._loss()
            if self._there <= NODE:
                continue
            self._there -= NODE
            heapq.heappush(self._back, now + AWAY)
            numbers = sorted(self._running)
            for number in self._rng.choice(numbers, min(NODE, len(numbers)), replace=False):
                del self._running[int(number)]
                self.lost += 1
                outcomes.append(Outcome(int(number), "lost", 0.0, error="its node was gone"))
        return outcomes

    def _loss(self) -> float:
        mean = 3600.0 / self.losses if self.losses else float("inf")
        return self.hands.now + (float(self._rng.exponential(mean)) if self.losses else mean)

    def _pass_time(self) -> None:
        """Slots without a child since the last look were idle."""
        now = self.hands.now
        self.idle += self.free * max(0.0, min(now, self.over) - self._looked)
        self._looked = now


def measure(controller: str, slots: int, trials: int, seconds: float, losses: float) -> Any:
    """One search; the beginning, in which all slots are filled, counts too."""
    space = CellSpace()
    chosen = parse_controller(controller)
    with tempfile.TemporaryDirectory() as folder, TrialStore(Path(folder) / "s.db") as store:
        made = make_controller(chosen.name, space, seed=0, **chosen.settings)
        hands = Hands()
        executor = Simulated(slots, seconds, trials, losses, hands)
        settings = LoopSettings(trials, reuse=False)
        search = Search(space, made, store, executor, settings, Rules(failure_reward=0.0))
        search.run()
        total, worked = hands.now, hands.worked
        full = slots * min(total, executor.over)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        return {
            "controller": controller,
            "slots": slots,
            "trials": trials,
            "simulated_hours": round(total / 3600, 3),
            "driver_share": round(worked / total, 4),
            "ms_a_trial": round(1000 * worked / trials, 3),
            "idle_share": round(executor.idle / full, 4),
            "late_ms": _quantiles(executor.late),
            "lost": executor.lost,
            "failed": search.failed,
            "ended_once": _ended_once(search.trials),
            "store_mb": round(size / 1e6, 1),
            "state_mb": round(len(made.state()) / 1e6, 3),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 0),
        }


def _ended_once(trials: list[Trial]) -> bool:
    return all(trial.done for trial in trials) and len({t.number for t in trials}) == len(trials)


def _quantiles(seconds: list[float]) -> dict[str, float]:
    found = np.quantile(seconds, [0.5, 0.99]) * 1000
    return {"median": round(float(found[0]), 2), "p99": round(float(found[1]), 2)}


def main(
    *,
    slots: tuple[int, ...] = (10, 100, 1000),
    controllers: tuple[str, ...] = ("random", "evolution", "ppo", "surrogate"),
    rounds: int = 20,
    trials: int | None = None,
    seconds: float = 60.0,
    losses: float = 2.0,
) -> None:
    """Prints the report.

    Args:
        slots: of the cluster, a search each.
        controllers: and their settings.
        rounds: children a slot, where `trials` is not given.
        trials: of each search.
        seconds: of a child, in the mean.
        losses: nodes of eight slots that are lost in an hour.
    """
    logging.disable(logging.WARNING)  # of each child that fails
    rows = []
    for name, count in itertools.product(controllers, slots):
        rows.append(_alone(name, count, trials or rounds * count, seconds, losses))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(json.dumps({"processor": processor(), "python": platform.python_version(), "rows": rows}))


def _alone(*arguments: Any) -> Any:
    """`measure` in a process of its own, so that memory is its own, too."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "w") as file:
            json.dump(measure(*arguments), file)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
