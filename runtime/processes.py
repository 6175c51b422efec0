"""What every worker process needs: a quick start, cores of its own, and an end with its parent."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from typing import Any


def _context() -> Any:
    # Elsewhere than on Linux, libraries of the system may not survive a fork.
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nasnet.runtime.preload"])
    return context


# Workers are forked from one process that has imported TensorFlow and used nothing of it, so that
# each has threads and devices of its own.
START = _context()


def warm_up() -> None:
    """Begins to import what workers need, beside what this process does meanwhile."""
    if START.get_start_method() == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


def usable_cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))


def pin(cores: Sequence[int]) -> None:
    """Keeps this process on these cores where the system can; with none it may use all it has.

    Threads that exist stay where they are: TensorFlow's, which start with it, must come later.
    """
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def serve_parent() -> None:
    """Leaves Ctrl-C to the parent, and ends as soon as it is gone, even if that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def epitaph(process: BaseProcess) -> str:
    """How a process ended, in one line."""
    process.join(1)
    code = process.exitcode
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = ", perhaps out of memory" if -code == signal.SIGKILL else ""
        return f"its process was ended by {name}{hint}"
    return f"its process ended with exit code {code}"
