"""A node of a cluster: one Dask worker that stays, whatever becomes of the scheduler."""

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import distributed

_PAUSE = 1.0
_CLOSE_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class Agent:
    """What a node offers, and to whom.

    Attributes:
        place: the scheduler: `tcp://HOST:PORT` or `tls://HOST:PORT`, or a file that it writes.
        slots: tasks at a time.
        name: what it is called in messages.
        gpus: numbers of GPUs, of which each slot sees one; none for what TensorFlow finds.
        seconds: after which it ends by itself; None for never.
        patience: seconds that it waits for a scheduler, at first and whenever it is gone.
        say: is told what happens, in a line each.
    """

    place: str | Path
    slots: int
    name: str
    gpus: tuple[str, ...] = ()
    seconds: float | None = None
    patience: float = 600.0
    say: Callable[[str], None] = print

    def serve(self) -> bool:
        """Works until it is told to end (SIGINT or SIGTERM), or its time is up.

        Returns:
            False where no scheduler was there for too long.
        """
        if self.gpus:
            os.environ["NASNET_GPUS"] = ",".join(self.gpus)
        return asyncio.run(self._serve())

    async def _serve(self) -> bool:
        end = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end.set)
        if self.seconds is not None:
            loop.call_later(self.seconds, end.set)
        alone = time.monotonic()
        while not end.is_set():
            worker = await self._join()
            if worker is None:
                if time.monotonic() - alone > self.patience:
                    return False
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(end.wait(), _PAUSE)
                continue
            slots = f"{self.slots} slot{'s' if self.slots > 1 else ''}"
            self.say(f"{self.name}: joined {worker.scheduler.address} with {slots}")
            waiting = [asyncio.ensure_future(w) for w in (worker.finished(), end.wait())]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
            await _close(worker)
            alone = time.monotonic()
            if not end.is_set():
                self.say(f"{self.name}: the scheduler is gone, waiting for one at {self.place}")
        self.say(f"{self.name}: ended")
        return True

    async def _join(self) -> Any | None:
        """A worker that has joined the scheduler; None where there is none."""
        address = self._address()
        if address is None:
            return None
        worker = None
        try:
            worker = distributed.Worker(
                address,
                nthreads=self.slots,
                # The scheduler may not have noticed yet that an earlier one is gone.
                name=f"{self.name}-{os.getpid()}-{time.monotonic_ns() % 10**6}",
                memory_limit=0,  # none: each slot is a process, and the system judges these
                dashboard=False,
                death_timeout=5,
            )
            return await asyncio.wait_for(_started(worker), _CLOSE_SECONDS)
        except (OSError, TimeoutError, ValueError, RuntimeError):
            if worker is not None:
                await _close(worker)
            return None

    def _address(self) -> str | None:
        if not isinstance(self.place, Path):
            return self.place
        try:
            return str(json.loads(self.place.read_text())["address"])
        except (OSError, ValueError, KeyError, TypeError):  # not there yet, or half written
            return None


def default_name() -> str:
    """What a node is called where nothing else is said: its host."""
    return socket.gethostname()


async def _started(worker: Any) -> Any:
    return await worker


async def _close(worker: Any) -> None:
    with contextlib.suppress(Exception):  # what it says of a scheduler that is gone
        await asyncio.wait_for(worker.close(timeout=2, nanny=False), _CLOSE_SECONDS)
