"""Clusters of this machine's own: a scheduler and nodes, each to be killed, frozen or restarted."""

import os
import signal
import time

from tests.processes import Program, free_ports


class Cluster:
    """A scheduler that writes a file, and nodes that read it.

    Args:
        folder: of the scheduler's file.
        ttl: seconds without a heartbeat behind which a node is taken for lost; Dask takes ten times
            the pause between two heartbeats at least.
    """

    def __init__(self, folder, ttl=None):
        self.file = folder / "scheduler.json"
        (self._port,) = free_ports(1)
        self._ttl = ttl
        self.nodes = {}
        self.scheduler = self._start()

    def _start(self):
        words = ["--scheduler-file", self.file, "--host", "127.0.0.1", "--no-dashboard"]
        environment = {}
        if self._ttl is not None:
            environment["DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL"] = f"{self._ttl}s"
        program = Program(
            "distributed.cli.dask_scheduler",
            *words,
            "--port",
            self._port,
            environment=environment,
        )
        program.wait_for(self.file.is_file)
        return program

    def restart(self):
        """The scheduler is killed and started anew, at the same place."""
        self.scheduler.kill()
        self.file.unlink()
        self.scheduler = self._start()

    def add(self, name, slots=1, *more):
        """One node more."""
        words = ["--scheduler-file", self.file, "--slots", slots, "--name", name, *more]
        node = Program("nasnet.experiments.cli", "workers", *words)
        node.wait_for(lambda: "joined" in node.err)
        self.nodes[name] = node
        return node

    def kill(self, name):
        self.nodes.pop(name).kill()

    def freeze(self, name):
        os.kill(self.nodes[name].pid, signal.SIGSTOP)

    def thaw(self, name):
        os.kill(self.nodes[name].pid, signal.SIGCONT)

    def close(self):
        for program in (*self.nodes.values(), self.scheduler):
            if program.running:
                os.kill(program.pid, signal.SIGCONT)
                os.kill(program.pid, signal.SIGKILL)
                while program.running:
                    time.sleep(0.01)
