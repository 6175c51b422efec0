"""A PostgreSQL server of the tests' own, in a temporary folder, as an ordinary user."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.processes import free_ports

_USER = "nobody"  # PostgreSQL refuses to run as root


def missing() -> str:
    """Why there can be no server here; empty where there can be one."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    return "" if _program("initdb") else "PostgreSQL's initdb is not installed"


class Server:
    """A server that can be stopped, killed and started again; it listens on loopback alone."""

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="nasnet-pg-"))
        (self.port,) = free_ports(1)
        self._options = {}
        if os.getuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._options = {"user": user.pw_uid, "group": user.pw_gid, "cwd": self._folder}
        self._data = self._folder / "data"
        self._call("initdb", "-D", self._data, "-A", "trust", "-U", "tester", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        words = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        log = self._folder / "log"
        self._call("pg_ctl", "-D", self._data, "-w", "-o", words, "-l", log, "start")

    def stop(self) -> None:
        """At once, as a crash would."""
        self._call("pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def restart(self, pause: float = 0.0) -> None:
        self.stop()
        time.sleep(pause)
        self.start()

    def close(self) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder)

    def _call(self, name, *arguments) -> None:
        words = [_program(name), *map(str, arguments)]
        # What it starts keeps what it inherits open, so no pipes.
        subprocess.run(
            words,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._options,
        )


def _program(name: str) -> str | None:
    found = shutil.which(name)
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return found or (str(places[-1]) if places else None)
