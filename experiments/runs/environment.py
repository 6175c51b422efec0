"""What a result depends on besides its settings: versions, machine, commit."""

import importlib.metadata
import os
import platform
import subprocess
import time
from pathlib import Path

_PACKAGES = ("nasnet-toolkit", "tensorflow", "tensorflow-cpu", "keras", "numpy")


def environment() -> dict[str, str]:
    """All of it, by name."""
    return {
        "python": platform.python_version(),
        **{name: version for name in _PACKAGES if (version := _version(name))},
        "platform": platform.platform(),
        "cores": str(os.cpu_count()),
        "commit": _commit(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    """The toolkit's own git commit, with a plus where files were changed since."""
    command = ["git", "-C", str(Path(__file__).parents[1]), "describe", "--always", "--dirty=+"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return result.stdout.strip() or "unknown"
