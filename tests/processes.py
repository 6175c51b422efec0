"""Programs of this repository in processes of their own: to be waited for, stopped or killed."""

import atexit
import json
import os
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

from tests import warm


class Program:
    """`python -m MODULE ARGUMENTS`, forked from a process that has imported TensorFlow already.

    Args:
        module: and its arguments.
        worker: its number among those at `ports`, where several train together.
        ports: one a worker.
        environment: variables that it has besides.
    """

    def __init__(self, module, *arguments, worker=None, ports=(), environment=()):
        environment = dict(environment)
        if worker is not None:
            addresses = [f"localhost:{port}" for port in ports]
            task = {"type": "worker", "index": worker}
            config = {"cluster": {"worker": addresses}, "task": task}
            environment["TF_CONFIG"] = json.dumps(config)
        folder = Path(tempfile.mkdtemp(prefix="nasnet-test-"))
        self._out, self._err = folder / "out", folder / "err"
        self._process = warm.context().Process(
            target=warm.run_module,
            args=(module, [str(a) for a in arguments], environment, self._out, self._err),
        )
        self._process.start()
        self.pid = self._process.pid
        atexit.register(self._clear)

    @property
    def out(self) -> str:
        return self._out.read_text() if self._out.exists() else ""

    @property
    def err(self) -> str:
        return self._err.read_text() if self._err.exists() else ""

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def wait_for(self, ready) -> None:
        """Until `ready()`; or, where it is a text, until that is a line of the output."""
        reached = ready if callable(ready) else lambda: ready in self.out.splitlines()
        while not reached():
            assert self.running or reached(), self.err
            time.sleep(0.01)

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.kill(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        self._process.join()
        assert self._process.exitcode == -signal.SIGKILL, self.err

    def finish(self, code=0) -> tuple[str, str]:
        """Waits for its end with that exit code, and gives its output and its messages."""
        self._process.join()
        assert self._process.exitcode == code, self.err
        return self.out, self.err

    def _clear(self) -> None:
        """A test that failed may have left it running."""
        self._process.kill()
        shutil.rmtree(self._out.parent)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
