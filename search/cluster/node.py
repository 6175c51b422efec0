"""What runs on a node: its slots, one process each, and what they need from the driver."""

import contextlib
import dataclasses
import functools
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distributed import get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from nasnet import __version__
from nasnet.cells import OPERATIONS
from nasnet.runtime.errors import one_line
from nasnet.runtime.loading import load_files
from nasnet.runtime.processes import usable_cores
from nasnet.search.cluster.shipping import Parcel, missing_files, moved
from nasnet.search.executors.base import Outcome, Worker
from nasnet.search.executors.pool import ProcessPool

_TICK_SECONDS = 1.0
CACHE = Path(os.environ.get("NASNET_CACHE", "~/.cache/nasnet")).expanduser() / "cluster"


class FilesPlugin(WorkerPlugin):
    """Runs the users' files that the driver has run, so that what stands in them can be sent.

    What keeps it from that is kept for the driver, which refuses the node by name.

    Args:
        session: of the driver's executor.
        files: their paths, the same on every node.
        operations: where users' own operations are.
    """

    def __init__(self, session: str, files: Sequence[str], operations: Sequence[str]) -> None:
        self._session = session
        self._files, self._operations = list(files), list(operations)
        self.name = f"nasnet-files-{session}"

    def setup(self, worker: Any) -> None:
        try:
            if missing := missing_files(self._files):
                raise ValueError(f"it has no {missing[0]}, expected the file at the same place")
            load_files(self._files)
            OPERATIONS.expand(self._operations)
        except ValueError as error:
            _PROBLEMS[self._session] = one_line(error)[:200]

    def teardown(self, worker: Any) -> None:
        _PROBLEMS.pop(self._session, None)


@dataclasses.dataclass(frozen=True)
class Job:
    """What a search's tasks need on every node.

    Attributes:
        session: of the driver's executor, different from those of others.
        worker: does the tasks.
        timeout: seconds that a task may take; None for no limit.
        recycle: tasks after which a process is replaced.
        parcels: the folders that the worker reads.
        written: those that it writes into.
    """

    session: str
    worker: Worker[Any, Any]
    timeout: float | None
    recycle: int
    parcels: tuple[Parcel, ...]
    written: tuple[Path, ...]


class JobPlugin(WorkerPlugin):
    """Brings a node what a search needs, once, and ends its processes when the search is over.

    Args:
        job: the search's.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self.name = f"nasnet-{job.session}"

    def setup(self, worker: Any) -> None:
        job = self._job
        places = {parcel.folder: parcel.unpack(CACHE) for parcel in job.parcels}
        for folder in job.written:
            if not folder.is_dir():
                places[folder] = CACHE / "runs" / job.session / folder.name
                places[folder].mkdir(parents=True, exist_ok=True)
        local = dataclasses.replace(job, worker=moved(job.worker, places), parcels=(), written=())
        _NODES[job.session] = Node(local, worker.state.nthreads)

    def teardown(self, worker: Any) -> None:
        if node := _NODES.pop(self._job.session, None):
            node.close()


class Node:
    """The slots of this machine for one search.

    Args:
        job: the search's, with folders of this machine.
        slots: tasks at a time.
    """

    def __init__(self, job: Job, slots: int) -> None:
        self._job = job
        cores, gpus = usable_cores(), _gpus()
        share = max(1, len(cores) // slots)
        self._lock, self._closed = threading.Lock(), False
        self._unmade = [
            functools.partial(
                ProcessPool,
                job.worker,
                1,
                timeout=job.timeout,
                recycle=job.recycle,
                cores=cores[i * share : (i + 1) * share] if slots <= len(cores) else (),
                environment={"CUDA_VISIBLE_DEVICES": gpus[i % len(gpus)]} if gpus else {},
            )
            for i in range(slots)
        ]
        self._pools: list[ProcessPool[Any, Any]] = []
        self._idle: list[ProcessPool[Any, Any]] = []

    def run(self, number: int, task: Any) -> Outcome[Any]:
        """What becomes of a task, in a slot that is free."""
        pool = self._take()
        try:
            pool.submit(number, task)
            while not (outcomes := pool.wait(_TICK_SECONDS)):
                if self._closed:
                    return Outcome(number, "died", 0.0, error="the search was over")
            return outcomes[0]
        finally:
            with self._lock:
                self._idle.append(pool)

    def close(self) -> None:
        """Ends all processes."""
        self._closed = True
        with self._lock:
            pools, self._pools, self._idle = self._pools, [], []
        for pool in pools:
            with contextlib.suppress(OSError):  # one that a thread looks at just now
                pool.close()

    def _take(self) -> ProcessPool[Any, Any]:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if not self._unmade:
                raise RuntimeError("0 slots are free, expected 1")
            pool = self._unmade.pop(0)()
            self._pools.append(pool)
            return pool


_NODES: dict[str, Node] = {}
_PROBLEMS: dict[str, str] = {}


def run_task(session: str, number: int, task: Any) -> Outcome[Any]:
    """Does a task on the node that it is called on."""
    node = _NODES.get(session)
    if node is None:
        raise RuntimeError(f"node {get_worker().address} has no part in the search {session}")
    return node.run(number, task)


def describe(session: str) -> dict[str, Any]:
    """What the driver asks a node, to take it or to refuse it by name."""
    problem = _PROBLEMS.get(session, "")
    if not problem and session not in _NODES:
        problem = "it could not take the search's images, see its log"
    return {"version": __version__, "problem": problem}


def _gpus() -> list[str]:
    """The GPUs of this machine, one process each; none where nobody says that there are any."""
    given = os.environ.get("NASNET_GPUS", "")
    return [name.strip() for name in given.split(",") if name.strip()]
