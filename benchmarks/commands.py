"""What commands that need no TensorFlow take, and how fast shapes10 is drawn.

    python -m benchmarks.commands [--rounds 5]

Each command in a process of its own, in turn; beside it an empty Python, to tell what is the
machine's. Seconds are of the processor (user and system), so that other work counts less. A first
round, which is not counted, leaves the compiled modules of an installation that was used before.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tyro

from benchmarks.measuring import processor, summaries
from nasnet.data.shapes import shapes10

CLI = ["-m", "nasnet.experiments.cli"]
COMMANDS = {
    "an empty Python": ["-c", ""],
    "--version": [*CLI, "--version"],
    "--help": [*CLI, "--help"],
    "search --help": [*CLI, "search", "--help"],
    "a wrong name": [*CLI, "serch"],
    "a wrong flag": [*CLI, "search", "--trails", "3"],
    "zoo": [*CLI, "zoo"],
    "profile": [*CLI, "profile", "nasnet-a", "--preset", "imagenet-large"],
    "draw": [*CLI, "draw", "nasnet-a", "-o", "cell.svg", "--engine", "own"],
}
ROOT = Path(__file__).parent.parent


def cpu_seconds(arguments: list[str], folder: str) -> float:
    """The processor's time of one process and of all that it starts."""
    before = os.times()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False
    )
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def main(*, rounds: int = 5) -> None:
    """Prints the report, on so many rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(1 + rounds):
            for name, arguments in COMMANDS.items():
                took = cpu_seconds(arguments, folder)
                seconds[name] += [took] if i else []
    shapes10(100, seed=0)
    start = time.perf_counter()
    shapes10(1000, seed=0)
    rate = 1000 / (time.perf_counter() - start)
    report = {
        "processor": processor(),
        "rounds": rounds,
        "cpu_seconds": summaries(seconds),
        "shapes10_images_a_second": round(rate),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
