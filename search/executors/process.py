"""A worker process: seen from the driver a slot, seen from inside a life of tasks."""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from nasnet.cells import OPERATIONS
from nasnet.runtime.loading import load_files, loaded_files
from nasnet.runtime.processes import pin, serve_parent
from nasnet.search.executors.base import Outcome, Worker, attempt

SPAWN = multiprocessing.get_context("spawn")
READY = "ready"


class Slot:
    """One worker process and the task that it has.

    Attributes:
        number: of the task; None where it has none.
        started: when its task, or the process itself, began.
        tasks: how many it was given.
        ready: whether the process has started.
    """

    def __init__(self, worker: Worker[Any, Any], threads: int, cores: Sequence[int]) -> None:
        self.connection, remote = SPAWN.Pipe()
        self.process = SPAWN.Process(
            target=work,
            args=(remote, loaded_files(), OPERATIONS.sources, threads, cores),
            daemon=True,
            name="nasnet-worker",
        )
        self.process.start()
        remote.close()
        self.connection.send(worker)
        self.number: int | None = None
        self.started = time.monotonic()
        self.tasks = 0
        self.ready = False

    def submit(self, number: int, task: Any) -> None:
        """Gives the process a task."""
        self.number = number
        if self.ready:
            self.started = time.monotonic()
        self.tasks += 1
        self.connection.send((number, task))

    def stop(self) -> None:
        """Ends the process at once."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def work(
    connection: Connection,
    files: Sequence[str],
    operations: Sequence[str],
    threads: int,
    cores: Sequence[int],
) -> None:
    """A worker's life: tasks one after the other, until the driver is gone.

    Args:
        connection: to the driver, which first sends the worker.
        files: of users' own; what worker and tasks are made of may stand there.
        operations: where users' own are, `OperationTable.sources`.
        threads: for the worker.
        cores: of this process; none for all that there are.
    """
    pin(cores)  # before TensorFlow starts its threads, which inherit it
    serve_parent()
    failure = ""
    try:
        load_files(files)
        OPERATIONS.expand(operations)
        worker: Worker[Any, Any] = connection.recv()
        worker.prepare(threads)
    except Exception as error:
        failure = f"worker did not start: {error}"
    connection.send(READY)
    while True:
        try:
            number, task = connection.recv()
        except EOFError:
            return
        if failure:
            connection.send(Outcome(number, "error", 0.0, error=failure))
        else:
            connection.send(attempt(worker, number, task))
