"""A search in a process of its own, to be killed: `python -m tests.killable STORE TRIALS`."""

import sys
from pathlib import Path

from cells import CellSpace
from controller import make_controller
from search import Policy, ProcessPool, Search, TrialStore
from tests.fakes import Share

SPACE = CellSpace(blocks=2)


def main(path: Path, trials: int) -> None:
    with TrialStore(path) as store:
        pool = ProcessPool(Share(seconds=0.01), 1)
        controller = make_controller("ppo", SPACE, seed=1, minibatch=4, epochs=2)
        print("searching", flush=True)
        Search(SPACE, controller, store, pool, Policy(trials)).run()
        pool.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
