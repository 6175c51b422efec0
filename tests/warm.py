"""The process that tests fork others from: it imports once what a new Python needs seconds for.

Nothing of TensorFlow has been used here when a process is forked, so that each has threads and
devices of its own. On other systems than Linux, processes start as those of a user do.
"""

import multiprocessing
import os
import runpy
import sys
from collections.abc import Sequence
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

FORKS = sys.platform == "linux"  # elsewhere libraries of the system may not survive it


def context() -> multiprocessing.context.BaseContext:
    """Starts processes that have imported TensorFlow, Keras and this toolkit already."""
    if not FORKS:
        return multiprocessing.get_context("spawn")
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["tests.preload"])
    return forking


def run_module(
    module: str, arguments: Sequence[str], environment: dict[str, str], out: Path, err: Path
) -> None:
    """`python -m MODULE ARGUMENTS` in this process, with its output in two files."""
    for number, path in ((1, out), (2, err)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.update(environment)
    if FORKS:
        # Its own workers are forked from where it was forked from; multiprocessing, which does not
        # know that process's number here, would start another.
        forkserver._forkserver.ensure_running = resource_tracker.ensure_running
    all_pools()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def all_pools() -> None:
    """All workers of this process are forked from where tests are: it has imported more."""
    from nasnet.runtime import processes

    processes.START = context()
