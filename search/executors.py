"""Where children are evaluated: in this process, or in a pool of one process a slot.

A slot's process lives for some twenty children (importing TensorFlow takes seconds, and memory
creeps), and a child that kills it or runs out of time costs only itself.
"""

import dataclasses
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from nasnet.cells import Architecture
from nasnet.search.evaluators import Evaluation, Evaluator
from nasnet.search.trial import State
from nasnet.stacking.recipe import Diverged

_SPAWN = multiprocessing.get_context("spawn")
_START_SECONDS = 300.0  # importing TensorFlow takes 5 to 30 of them


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submitted child.

    Attributes:
        number: the trial's.
        state: "complete" or a way to fail.
        seconds: wall time.
        evaluation: where it is complete.
        error: one line, where it failed.
    """

    number: int
    state: State
    seconds: float
    evaluation: Evaluation | None = None
    error: str = ""


class Executor(Protocol):
    """Evaluates children, several at a time."""

    @property
    def free(self) -> int:
        """How many children could be submitted now."""

    def submit(self, number: int, architecture: Architecture, seed: int) -> None:
        """Starts a child.

        Raises:
            RuntimeError: no slot is free.
        """

    def wait(self, timeout: float) -> list[Outcome]:
        """The children that have ended, waiting up to `timeout` seconds for a first one."""

    def close(self) -> None:
        """Ends what still runs."""


class InlineExecutor:
    """One child at a time in this very process: no time-outs, but a debugger reaches it."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._waiting: list[tuple[int, Architecture, int]] = []
        self._prepared = False

    @property
    def free(self) -> int:
        return 1 - len(self._waiting)

    def submit(self, number: int, architecture: Architecture, seed: int) -> None:
        if not self.free:
            raise RuntimeError(f"child {number} was submitted where 0 slots are free, expected 1")
        self._waiting.append((number, architecture, seed))

    def wait(self, timeout: float) -> list[Outcome]:
        if not self._waiting:
            time.sleep(timeout)
            return []
        if not self._prepared:
            self._evaluator.prepare(os.cpu_count() or 1)
            self._prepared = True
        number, architecture, seed = self._waiting.pop()
        return [Outcome(number, **_evaluate(self._evaluator, architecture, seed))]

    def close(self) -> None:
        self._waiting.clear()


class _Slot:
    """One worker process and the child that it has."""

    def __init__(self, evaluator: Evaluator, threads: int, cores: Sequence[int]) -> None:
        self.connection, remote = _SPAWN.Pipe()
        self.process = _SPAWN.Process(
            target=_work,
            args=(remote, evaluator, threads, cores),
            daemon=True,
            name="nasnet-worker",
        )
        self.process.start()
        remote.close()
        self.number: int | None = None
        self.started = time.monotonic()
        self.children = 0
        self.ready = False

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class ProcessPool:
    """One process a slot, each on its share of the cores.

    Where the system allows it, and there are no more slots than cores, a process is pinned to
    cores of its own.

    Args:
        evaluator: sent to each process once.
        slots: children at a time.
        timeout: seconds that a child may take, from the moment its worker has it; None for no
            limit. A worker's own start does not count.
        recycle: children after which a process is replaced: its memory grows a
            little (`python -m benchmarks.memory`).
        threads: of each process; None shares the cores.

    Raises:
        ValueError: a number is below 1.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        slots: int,
        *,
        timeout: float | None = None,
        recycle: int = 100,
        threads: int | None = None,
    ) -> None:
        for name, value in (("slots", slots), ("recycle", recycle)):
            if value < 1:
                raise ValueError(f"{name} is {value}, expected at least 1")
        if timeout is not None and not timeout > 0:
            raise ValueError(f"timeout is {timeout} seconds, expected above 0")
        self._evaluator, self._timeout, self._recycle = evaluator, timeout, recycle
        cores = _cores()
        share = max(1, len(cores) // slots)
        self._threads = threads or share
        self._shares = [tuple(cores[i * share : (i + 1) * share]) for i in range(slots)]
        if slots > len(cores):
            self._shares = [()] * slots
        self._slots = [self._new_slot(i) for i in range(slots)]

    @property
    def free(self) -> int:
        return sum(slot.number is None for slot in self._slots)

    def submit(self, number: int, architecture: Architecture, seed: int) -> None:
        for i, slot in enumerate(self._slots):
            if slot.number is None:
                if slot.children >= self._recycle or not slot.process.is_alive():
                    slot.stop()
                    slot = self._slots[i] = self._new_slot(i)
                slot.number = number
                if slot.ready:
                    slot.started = time.monotonic()
                slot.children += 1
                slot.connection.send((architecture, seed))
                return
        raise RuntimeError(f"child {number} was submitted where 0 slots are free, expected 1")

    def wait(self, timeout: float) -> list[Outcome]:
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

    def _new_slot(self, index: int) -> _Slot:
        return _Slot(self._evaluator, self._threads, self._shares[index])

    def _limit(self, slot: _Slot) -> float | None:
        """The seconds that the slot's process may take now: to start, or for its child."""
        return self._timeout if slot.ready else _START_SECONDS

    def _collect(self, slot: _Slot, ended: Sequence[object]) -> Outcome | None:
        number, seconds = slot.number, time.monotonic() - slot.started
        if number is None:
            return None
        if slot.connection in ended:
            try:
                message = slot.connection.recv()
            except (EOFError, ConnectionResetError):
                return self._replace(slot, number, "died", _epitaph(slot.process))
            if message == "ready":  # the start of the process is not the child's time
                slot.ready, slot.started = True, time.monotonic()
                return None
            slot.number = None
            return Outcome(number, **message)
        if slot.process.sentinel in ended:
            return self._replace(slot, number, "died", _epitaph(slot.process))
        limit = self._limit(slot)
        if limit is not None and seconds >= limit:
            what = "took" if slot.ready else "its worker's start took"
            error = f"{what} longer than {limit:g} seconds"
            return self._replace(slot, number, "timeout", error)
        return None

    def _replace(self, slot: _Slot, number: int, state: State, error: str) -> Outcome:
        seconds = time.monotonic() - slot.started
        slot.stop()
        index = self._slots.index(slot)
        self._slots[index] = self._new_slot(index)
        return Outcome(number, state, seconds, error=error)


def _work(connection: Connection, evaluator: Evaluator, threads: int, cores: Sequence[int]) -> None:
    """A worker's life: children one after the other, until the driver is gone."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)  # before TensorFlow starts its threads, which inherit it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    end_with_parent()
    try:
        evaluator.prepare(threads)
        failure = None
    except Exception as error:
        failure = {"state": "error", "seconds": 0.0, "error": f"worker did not start: {error}"}
    connection.send("ready")
    while True:
        try:
            architecture, seed = connection.recv()
        except EOFError:
            return
        connection.send(failure or _evaluate(evaluator, architecture, seed))


def end_with_parent() -> None:
    """Ends this worker process as soon as its driver is gone, even if that was killed."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _evaluate(evaluator: Evaluator, architecture: Architecture, seed: int) -> dict[str, Any]:
    """An `Outcome` without its number; whatever the child raises is an outcome too."""
    started = time.monotonic()
    result: dict[str, Any] = {"state": "complete"}
    try:
        result["evaluation"] = evaluator(architecture, seed)
    except Diverged as error:
        result = {"state": "diverged", "error": str(error)}
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        detail = f": {lines[0][:200]}" if lines else ""
        result = {"state": "error", "error": f"{type(error).__name__}{detail}"}
    return result | {"seconds": time.monotonic() - started}


def _epitaph(process: Any) -> str:
    process.join(1)
    code = process.exitcode
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = ", perhaps out of memory" if -code == signal.SIGKILL else ""
        return f"its process was ended by {name}{hint}"
    return f"its process ended with exit code {code}"


def _cores() -> list[int]:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else list(range(os.cpu_count() or 1))
