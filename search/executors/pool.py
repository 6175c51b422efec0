"""A pool of worker processes, each on cores of its own.

Seen from the driver, a process is a slot; seen from inside, a life of tasks.
"""

import os
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import Any, Generic

from nasnet.cells import OPERATIONS
from nasnet.runtime import processes
from nasnet.runtime.checks import check_least
from nasnet.runtime.loading import load_files, loaded_files
from nasnet.runtime.processes import epitaph, pin, serve_parent, usable_cores
from nasnet.search.executors.base import Outcome, Result, Task_contra, Worker, attempt
from nasnet.search.trial import State

READY = "ready"


class Slot:
    """One worker process and the task that it has.

    Attributes:
        number: of the task; None where it has none.
        started: when its task, or the process itself, began.
        tasks: how many it was given.
        ready: whether the process has started.
    """

    def __init__(
        self,
        worker: Worker[Any, Any],
        threads: int,
        cores: Sequence[int],
        environment: Mapping[str, str],
    ) -> None:
        self.connection, remote = processes.START.Pipe()
        self.process = processes.START.Process(
            target=work,
            args=(remote, loaded_files(), OPERATIONS.sources, threads, cores, environment),
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
    environment: Mapping[str, str],
) -> None:
    """A worker's life: tasks one after the other, until the driver is gone.

    Args:
        connection: to the driver, which first sends the worker.
        files: of users' own; what worker and tasks are made of may stand there.
        operations: where users' own are, `OperationTable.sources`.
        threads: for the worker.
        cores: of this process; none for all that there are.
        environment: variables that it has besides, such as which GPUs it sees.
    """
    os.environ.update(environment)
    pin(cores)  # before TensorFlow starts its threads, which inherit it
    serve_parent()
    failure, sent = "", connection.recv_bytes()
    try:
        load_files(files)  # what was sent may be made of them
        OPERATIONS.expand(operations)
        worker: Worker[Any, Any] = ForkingPickler.loads(sent)
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


START_SECONDS = 300.0  # importing TensorFlow takes 5 to 30 of them


class ProcessPool(Generic[Task_contra, Result]):
    """One process a slot, each on its share of the cores.

    A process lives for many tasks, since importing TensorFlow takes seconds, but not for all: its
    memory grows a little (`python -m benchmarks.memory`). A task that kills its process or runs out
    of time costs only itself. Where the system allows it, and there are no more slots than cores, a
    process is pinned to cores of its own.

    Args:
        worker: sent to each process once.
        slots: tasks at a time.
        timeout: seconds that a task may take, from the moment its process has it; None for no
            limit. The process's own start does not count.
        recycle: tasks after which a process is replaced.
        threads: of each process; None shares the cores.
        cores: numbers of those that may be used; None for all of this process.
        environment: variables that each process has besides.

    Raises:
        ValueError: a number is below 1.
    """

    def __init__(
        self,
        worker: Worker[Task_contra, Result],
        slots: int,
        *,
        timeout: float | None = None,
        recycle: int = 100,
        threads: int | None = None,
        cores: Sequence[int] | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        check_least(1, slots=slots, recycle=recycle)
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout is {timeout} seconds, expected above 0")
        self._worker, self._timeout, self._recycle = worker, timeout, recycle
        self._environment = dict(environment)
        cores = cores or usable_cores()
        share = max(1, len(cores) // slots)
        self._threads = threads or share
        self._shares = [tuple(cores[i * share : (i + 1) * share]) for i in range(slots)]
        if slots > len(cores):
            self._shares = [()] * slots
        self._slots = [self._new_slot(i) for i in range(slots)]

    @property
    def free(self) -> int:
        return sum(slot.number is None for slot in self._slots)

    def submit(self, number: int, task: Task_contra) -> None:
        for i, slot in enumerate(self._slots):
            if slot.number is None:
                if slot.tasks >= self._recycle or not slot.process.is_alive():
                    slot.stop()
                    slot = self._slots[i] = self._new_slot(i)
                slot.submit(number, task)
                return
        raise RuntimeError(f"child {number} was submitted where 0 slots are free, expected 1")

    def wait(self, timeout: float) -> list[Outcome[Result]]:
        busy = [slot for slot in self._slots if slot.number is not None]
        handles: list[Any] = [slot.connection for slot in busy]
        handles += [slot.process.sentinel for slot in busy]
        now = time.monotonic()
        deadlines = [slot.started + limit for slot in busy if (limit := self._limit(slot))]
        timeout = max(0.0, min([timeout, *(deadline - now for deadline in deadlines)]))
        ended = wait(handles, timeout) if handles else []
        if not handles:
            time.sleep(timeout)
        outcomes = [self._collect(slot, ended) for slot in busy]
        return [outcome for outcome in outcomes if outcome is not None]

    def close(self) -> None:
        for slot in self._slots:
            slot.stop()
        self._slots = []

    def _new_slot(self, index: int) -> Slot:
        return Slot(self._worker, self._threads, self._shares[index], self._environment)

    def _limit(self, slot: Slot) -> float | None:
        """The seconds that the slot's process may take now: to start, or for its task."""
        return self._timeout if slot.ready else START_SECONDS

    def _collect(self, slot: Slot, ended: Sequence[object]) -> Outcome[Result] | None:
        seconds = time.monotonic() - slot.started
        if slot.connection in ended:
            try:
                message = slot.connection.recv()
            except (EOFError, ConnectionResetError):
                return self._replace(slot, "died", epitaph(slot.process))
            if message == READY:  # the start of the process is not the task's time
                slot.ready, slot.started = True, time.monotonic()
                return None
            slot.number = None
            return message
        if slot.process.sentinel in ended:
            return self._replace(slot, "died", epitaph(slot.process))
        limit = self._limit(slot)
        if limit is not None and seconds >= limit:
            what = "took" if slot.ready else "its worker's start took"
            return self._replace(slot, "timeout", f"{what} longer than {limit:g} seconds")
        return None

    def _replace(self, slot: Slot, state: State, error: str) -> Outcome[Result]:
        """Puts a new process in the place of one that is lost with its task."""
        number, seconds = slot.number, time.monotonic() - slot.started
        slot.stop()
        index = self._slots.index(slot)
        self._slots[index] = self._new_slot(index)
        return Outcome(number or 0, state, seconds, error=error)
