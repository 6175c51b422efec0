"""A search in a process of its own, to be killed: `python -m tests.killable STORE TRIALS KIND`.

KIND is that of its budgets.
"""

import sys
from pathlib import Path
from typing import Any

from nasnet.cells import CellSpace
from nasnet.controller import Controller, make_controller
from nasnet.search import BudgetSettings, LoopSettings, ProcessPool, Rules, Search, TrialStore
from tests.fakes import Ladder, Share

SPACE = CellSpace(blocks=2)


def _controller(kind: str) -> Controller:
    """One with much state; with budgets, one that starts quickly."""
    if kind == "fixed":
        return make_controller("ppo", SPACE, seed=1, minibatch=4, epochs=2)
    return make_controller("evolution", SPACE, seed=1, population=8, tournament=4)


def main(path: Path, trials: int, kind: Any) -> None:
    budgets = BudgetSettings(kind).make(epochs=9)
    with TrialStore(path) as store:
        evaluator: Any = Share(seconds=0.01) if budgets is None else Ladder(seconds=0.005)
        pool = ProcessPool(evaluator, 1)
        controller = _controller(kind)
        print("searching", flush=True)
        Search(SPACE, controller, store, pool, LoopSettings(trials), Rules(budgets=budgets)).run()
        pool.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
