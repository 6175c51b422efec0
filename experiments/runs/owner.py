"""Who works in a run directory: one process at a time, which others can see."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from nasnet.runtime.files import write_atomically

LOCK, OWNER = "nasnet.lock", "nasnet.owner"


@contextlib.contextmanager
def owned(path: Path) -> Iterator[None]:
    """Held while a process works in a folder; the system frees it when the process ends.

    Raises:
        ValueError: another process holds it.
    """
    import filelock

    lock = filelock.FileLock(path / LOCK)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise ValueError(
            f"run directory {path} is in use by another process{_where(path)}, expected it to be "
            "free"
        ) from None
    try:
        owner = {"host": socket.gethostname(), "process": os.getpid()}
        write_atomically(path / OWNER, json.dumps(owner) + "\n")
        yield
    finally:
        (path / OWNER).unlink(missing_ok=True)
        lock.release()


def working(path: Path) -> str | None:
    """Which process works in a run directory now, in words; None where none does.

    Where the folder is shared and a process of another machine has neither ended nor can be asked,
    it is said to be there: that machine's locks need not be seen here.
    """
    import filelock

    lock = filelock.FileLock(path / LOCK)
    try:
        if (path / LOCK).exists():
            with lock.acquire(timeout=0):
                pass
    except filelock.Timeout:
        return f"running now{_where(path)}"
    host = _owner(path).get("host")
    if host in (None, socket.gethostname()):
        return None
    return f"begun{_where(path)}, which may be running"


def _where(path: Path) -> str:
    owner = _owner(path)
    if not {*owner} >= {"host", "process"}:
        return ""
    return f" on {owner['host']} (process {owner['process']})"


def _owner(path: Path) -> dict[str, object]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((path / OWNER).read_text())
        return found if isinstance(found, dict) else {}
    return {}
