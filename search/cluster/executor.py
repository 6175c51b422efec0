"""The executor of a cluster: tasks for the slots that are there now, whoever comes and goes."""

import contextlib
import logging
import queue
import time
import typing
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic

from distributed import Client, Future, KilledWorker

from nasnet import __version__
from nasnet.cells import OPERATIONS
from nasnet.runtime.errors import one_line
from nasnet.runtime.loading import loaded_files
from nasnet.search.cluster.node import FilesPlugin, Job, JobPlugin, describe, run_task
from nasnet.search.cluster.shipping import Parcel, read_folders, written_folders
from nasnet.search.executors.base import Outcome, Result, Task_contra, Worker

CONNECT_SECONDS = 30.0
PATIENCE = 600.0  # seconds that a scheduler may be away, once it was there
_LOOK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class NoNodes(RuntimeError):
    """No scheduler, or no node that can take part, was found in time."""


class ClusterExecutor(Generic[Task_contra, Result]):
    """One task a free slot of a Dask cluster, whose workers are nodes with a slot a thread.

    No more tasks are given to the engine than slots are free, so that a node that is lost takes
    only what ran on it. That comes back as "lost", and whoever submitted it may submit it again.

    Args:
        worker: does the tasks; the folders that it reads travel to each node once, unless the node
            sees them at the same place with the same content.
        place: where the scheduler is: `tcp://HOST:PORT`, or `tls://HOST:PORT` with what Dask's own
            configuration says of TLS; or a file that the scheduler wrote.
        timeout: seconds that a task may take, from the moment its process has it; None for no
            limit.
        recycle: tasks after which a process is replaced.
        patience: seconds in which a first node must be there.

    Raises:
        NoNodes: there is no scheduler, or no node came in time; the text says what was tried, and
            which nodes were refused and why.
    """

    def __init__(
        self,
        worker: Worker[Task_contra, Result],
        place: str | Path,
        *,
        timeout: float | None = None,
        recycle: int = 100,
        patience: float = 120.0,
    ) -> None:
        self._place, self._session = place, uuid.uuid4().hex[:12]
        parcels = tuple(Parcel.of(folder) for folder in read_folders(worker))
        written = tuple(written_folders(worker))
        self._job = Job(self._session, worker, timeout, recycle, parcels, written)
        self._running: dict[int, tuple[Future, float]] = {}
        self._ended: queue.SimpleQueue[tuple[int, Future]] = queue.SimpleQueue()
        self._nodes: dict[str, int] = {}  # slots of each that takes part
        self._refused: dict[str, str] = {}
        self._client: Client | None = None
        self._scheduler = ""  # which one the client knows
        self._looked, self._gone = -_LOOK_SECONDS, time.monotonic()
        try:
            self._connect()
            deadline = time.monotonic() + patience
            while not self._look(now=True) and time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS / 4)
            if not self._nodes:
                raise NoNodes(
                    f"no node came to the scheduler at {self._at} within {patience:g} seconds, "
                    f"expected at least one of nasnet workers{self._said_no()}"
                )
        except BaseException:
            self.close()
            raise

    @property
    def free(self) -> int:
        self._look()
        return max(0, sum(self._nodes.values()) - len(self._running))

    @property
    def nodes(self) -> Mapping[str, int]:
        """Slots of each node that takes part now, by its address."""
        return dict(self._nodes)

    @property
    def dashboard(self) -> str:
        """The link of Dask's own dashboard; empty where bokeh is not installed with it."""
        if self._client is None:
            return ""
        services = self._client.scheduler_info(n_workers=0).get("services", {})
        return self._client.dashboard_link if "dashboard" in services else ""

    def submit(self, number: int, task: Task_contra) -> None:
        if not self.free or self._client is None:
            raise RuntimeError(f"child {number} was submitted where 0 slots are free, expected 1")
        future = self._client.submit(
            run_task,
            self._session,
            number,
            task,
            key=f"nasnet-{self._session}-{number}-{uuid.uuid4().hex[:8]}",
            workers=list(self._nodes) if self._refused else None,
            pure=False,
        )
        self._running[number] = future, time.monotonic()
        future.add_done_callback(lambda ended: self._ended.put((number, ended)))

    def wait(self, timeout: float) -> list[Outcome[Result]]:
        outcomes: list[Outcome[Result]] = []
        deadline = time.monotonic() + timeout
        while not outcomes and (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                outcomes += self._outcome(*self._ended.get(timeout=min(left, _LOOK_SECONDS)))
            while not self._ended.empty():
                outcomes += self._outcome(*self._ended.get())
            self._look()
        return outcomes

    def close(self) -> None:
        client, self._client = self._client, None
        self._running.clear()
        if client is None:
            return
        for name in (f"nasnet-{self._session}", f"nasnet-files-{self._session}"):
            with contextlib.suppress(Exception):  # it is gone, or goes just now
                client.unregister_worker_plugin(name)
        with contextlib.suppress(Exception):
            client.close(timeout=5)

    def _outcome(self, number: int, future: Future) -> list[Outcome[Result]]:
        """What a future that has ended says; nothing where it is one of an earlier attempt."""
        known, started = self._running.get(number, (None, 0.0))
        if future is not known:
            return []
        del self._running[number]
        seconds = time.monotonic() - started
        if future.status == "finished":
            try:
                return [future.result(timeout=CONNECT_SECONDS)]
            except Exception as error:  # its node is gone, with the result
                return [Outcome(number, "lost", seconds, error=one_line(error)[:200])]
        if future.status != "error":
            return [Outcome(number, "lost", seconds, error="the scheduler was gone")]
        reason = future.exception(timeout=CONNECT_SECONDS)
        if isinstance(reason, KilledWorker):
            node = reason.last_worker.address
            return [Outcome(number, "lost", seconds, error=f"its node {node} was gone")]
        return [Outcome(number, "error", seconds, error=one_line(reason)[:200])]

    @property
    def _at(self) -> str:
        scheduler: Any = None if self._client is None else self._client.scheduler
        return str(getattr(scheduler, "address", self._place))

    def _connect(self, seconds: float = CONNECT_SECONDS) -> None:
        """Finds the scheduler, and tells it what the nodes need, those that come later too."""
        where: dict[str, Any] = {"address": str(self._place)}
        if isinstance(self._place, Path):
            where = {"scheduler_file": str(self._place)}
            if not self._place.is_file():
                raise NoNodes(f"scheduler file {self._place} is missing, expected a scheduler's")
        try:
            self._client = Client(**where, timeout=seconds, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise NoNodes(
                f"no scheduler answers at {self._place} ({one_line(error)[:200]}), expected that "
                "of a Dask cluster"
            ) from None
        client = self._client
        self._scheduler = client.scheduler_info(n_workers=0)["id"]
        # What ran on a node that is lost comes back to us: the search itself tries again.
        client.run_on_scheduler(_take_no_second_try)
        files = FilesPlugin(self._session, loaded_files(), OPERATIONS.sources)
        for plugin in (files, JobPlugin(self._job)):
            # A node that cannot take it has said so in its log, and is refused by name below.
            with contextlib.suppress(Exception):
                client.register_plugin(plugin)

    def _look(self, *, now: bool = False) -> int:
        """Looks which nodes are there, from time to time; how many take part.

        Raises:
            NoNodes: the scheduler has been away for too long.
        """
        if not now and time.monotonic() - self._looked < _LOOK_SECONDS:
            return len(self._nodes)
        if self._client is None and not self._back():
            return 0
        self._looked = time.monotonic()
        try:
            client = typing.cast(Client, self._client)
            info = client.scheduler_info(n_workers=-1)
        except Exception as error:  # whatever a connection ends with
            self._away(one_line(error)[:120])
            return 0
        if info["id"] != self._scheduler:  # Dask has found one that knows nothing of the search
            self._away("it was started anew")
            return 0
        found = info["workers"]
        fresh = [address for address in found if address not in {*self._nodes, *self._refused}]
        for address, reason in self._ask(fresh).items():
            host = found[address].get("host", "")
            name = f"{found[address].get('name', address)} on {host}".removesuffix(" on ")
            if reason:
                self._refused[address] = f"{name}: {reason}"
                _log.warning("node %s takes no part: %s", name, reason)
            else:
                _log.info("node %s joined with %d slots", name, found[address]["nthreads"])
                self._nodes[address] = found[address]["nthreads"]
        for address in [address for address in self._nodes if address not in found]:
            _log.warning("node %s is gone", address)
            del self._nodes[address]
        if not self._nodes and self._refused:
            self._give_up_waiting()
        return len(self._nodes)

    def _give_up_waiting(self) -> None:
        """Takes back what no node is there for: it must not wait for those that are refused."""
        for number, (future, _) in self._running.items():
            if not future.done():
                future.cancel()
                self._ended.put((number, future))

    def _ask(self, addresses: list[str]) -> dict[str, str]:
        """Why each of these nodes cannot take part; empty where it can."""
        if not addresses or self._client is None:
            return {}
        answers = self._client.run(describe, self._session, workers=addresses, on_error="return")
        reasons = {}
        for address, answer in answers.items():
            if isinstance(answer, Exception):
                # It has no nasnet, or another one in which this is not known.
                reasons[address] = f"{one_line(answer)[:150]}, expected nasnet {__version__}"
            elif answer["version"] != __version__:
                reasons[address] = f"its nasnet is {answer['version']}, expected {__version__}"
            else:
                reasons[address] = answer["problem"]
        return reasons

    def _away(self, reason: str) -> None:
        """The scheduler is gone, and all that ran is lost with it."""
        text = "the scheduler at %s is away (%s), trying again for %d minutes"
        _log.warning(text, self._at, reason, PATIENCE // 60)
        for number, (future, _) in self._running.items():
            self._ended.put((number, future))
        client, self._client, self._gone = self._client, None, time.monotonic()
        self._nodes.clear()
        self._refused.clear()
        with contextlib.suppress(Exception):
            if client is not None:
                client.close(timeout=1)

    def _back(self) -> bool:
        """Whether the scheduler is found again: it, or one that was started in its place."""
        self._looked = time.monotonic()
        try:
            self._connect(seconds=2.0)
        except NoNodes:
            if time.monotonic() - self._gone > PATIENCE:
                raise
            return False
        return True

    def _said_no(self) -> str:
        return "".join(f"; refused: {reason}" for reason in self._refused.values())


def _take_no_second_try(dask_scheduler: Any = None) -> None:
    """On the scheduler: a task whose node is lost is not given to another one."""
    dask_scheduler.allowed_failures = 0
