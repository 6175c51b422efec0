"""`nasnet workers`: this machine as a node of a search on several machines."""

import dataclasses
import os
from pathlib import Path

from nasnet.experiments.commands.base import Command
from nasnet.experiments.errors import OK, FailedError
from nasnet.runtime.checks import check_fields, seconds_of


@dataclasses.dataclass(frozen=True)
class WorkersCommand(Command):
    """Offer this machine's cores to searches that run with the same scheduler.

    It stays until Ctrl-C or SIGTERM, and joins again when the scheduler was restarted. Scheduler,
    nodes and driver run whatever they send each other, so on a network that others can reach they
    need TLS: see docs/cluster.md.

    Args:
        scheduler_file: that a scheduler writes (`dask scheduler --scheduler-file F`), in a folder
            that all machines see.
        address: of the scheduler, such as tcp://host:8786, in its place.
        slots: children at a time; 0 for one a core, or one a GPU.
        gpus: numbers of GPUs, each of which serves one child at a time.
        name: what this node is called in messages; its host's where it is left out.
        minutes: after which it ends by itself, before a batch system ends it.
        wait: minutes that it waits for a scheduler, at first and whenever it is gone.
    """

    scheduler_file: Path | None = None
    address: str | None = None
    slots: int = 0
    gpus: tuple[int, ...] = ()
    name: str | None = None
    minutes: float | None = None
    wait: float = 10.0

    def run(self) -> int:
        from nasnet.experiments.console.lines import say
        from nasnet.experiments.searching.cluster import needs_dask
        from nasnet.search.cluster.place import scheduler_place

        check_fields(self, slots=0)
        if not self.wait > 0:
            raise ValueError(f"wait is {self.wait}, expected above 0 minutes")
        place = scheduler_place(self.address, self.scheduler_file)
        if place is None:
            raise ValueError(
                "scheduler_file and address are None, expected one of the two: where the "
                "scheduler is"
            )
        with needs_dask():
            from nasnet.search.cluster.agent import Agent, default_name
        agent = Agent(
            place,
            self.slots or len(self.gpus) or os.cpu_count() or 1,
            self.name or default_name(),
            gpus=tuple(map(str, self.gpus)),
            seconds=seconds_of(self.minutes, None),
            patience=60 * self.wait,
            say=say,
        )
        if not agent.serve():
            raise FailedError(f"no scheduler answered at {place} within {self.wait:g} minutes")
        return OK
