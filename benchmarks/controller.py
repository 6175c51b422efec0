"""How fast the controllers are: proposals and observations a second, state, memory of the past.

Each controller searches a space of cells (the paper's 50 decisions), one of cells that grow, and
one of six decisions with five options (NAS-Bench-201's); progressive search has cells that grow
alone. It proposes batches of 20 and observes them, at its defaults, until it is past its random
beginning; then come the rounds that are timed. A policy-gradient controller makes one update a
round.

    python -m benchmarks.controller [--short] [--controllers evolution ppo]

The JSON has, by space and controller: proposals a second with their observation, milliseconds to
propose a batch and to observe it, and the milliseconds and kilobytes of a state.
"""

import json
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tyro

from nasnet.cells import CellSpace, GrowingCellSpace, SearchSpace
from nasnet.cells.spaces.nasbench201 import NASBench201Space
from nasnet.controller import CONTROLLERS, controller_class, make_controller

BATCH = 20
SPACES: dict[str, SearchSpace[Any]] = {
    "table": NASBench201Space(),
    "cells": CellSpace(),
    "growing": GrowingCellSpace(),
}


def measure(name: str, space: SearchSpace[Any], warm: int, rounds: int) -> dict[str, float]:
    """The figures of one controller, medians over `rounds` after `warm` trials."""
    controller = make_controller(name, space)
    rng = np.random.default_rng(0)
    proposing, observing, saving = [], [], []
    for i in range(warm // BATCH + rounds):
        rewards = rng.random(BATCH).tolist()
        start = time.perf_counter()
        proposals = controller.propose(BATCH)
        proposed = time.perf_counter()
        controller.observe(proposals, rewards)
        observed = time.perf_counter()
        state = controller.state()
        if i >= warm // BATCH:
            proposing.append(proposed - start)
            observing.append(observed - proposed)
            saving.append(time.perf_counter() - observed)
    seconds = statistics.median(a + b for a, b in zip(proposing, observing, strict=True))
    return {
        "proposals_per_second": round(BATCH / seconds, 1),
        "propose_ms": _milliseconds(proposing),
        "observe_ms": _milliseconds(observing),
        "state_ms": _milliseconds(saving),
        "state_kb": round(len(state) / 1000, 1),
    }


def _milliseconds(seconds: Sequence[float]) -> float:
    return round(1000 * statistics.median(seconds), 3)


def main(
    *,
    controllers: tuple[tyro.extras.literal_type_from_choices(CONTROLLERS), ...] = tuple(
        CONTROLLERS
    ),
    short: bool = False,
) -> None:
    """Prints the report.

    Args:
        controllers: which.
        short: seconds instead of minutes.
    """
    warm, rounds = (120, 3) if short else (400, 20)
    report: dict[str, Any] = {"batch": BATCH, "warm": warm, "rounds": rounds}
    for label, space in SPACES.items():
        fitting = [n for n in controllers if label == "growing" or not controller_class(n).grows]
        report[label] = {name: measure(name, space, warm, rounds) for name in fitting}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
