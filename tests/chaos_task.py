"""A driver on a cluster, to be killed: `python -m tests.chaos_task STORE SCHEDULER_FILE TRIALS`."""

import logging
import sys
from pathlib import Path

from nasnet.controller import make_controller
from nasnet.search import LoopSettings, Search, TrialStore
from nasnet.search.cluster.executor import ClusterExecutor
from tests.fakes import SPACE, Share


def main() -> None:
    place, file, trials = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(level=logging.WARNING)
    with TrialStore(place, exclusive=True) as store:
        executor = ClusterExecutor(Share(seconds=0.7), file, patience=60)
        controller = make_controller("evolution", SPACE, seed=1, population=8, tournament=4)
        settings = LoopSettings(trials, seed=3, synchronous=True, batch=3, reuse=False)
        print("searching", flush=True)
        try:
            Search(SPACE, controller, store, executor, settings).run()
        finally:
            executor.close()


if __name__ == "__main__":
    main()
