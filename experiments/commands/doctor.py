"""`nasnet doctor`: what this machine has, and what is missing."""

import dataclasses
import os
import shutil
from pathlib import Path

from nasnet.data import mini_cifar10
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import duration, print_json, stdout
from nasnet.experiments.errors import FAILURE, OK
from nasnet.experiments.runs.environment import environment

_REQUIRED = ("keras", "matplotlib", "numpy", "sqlalchemy", "tyro", "rich", "graphviz", "PIL")


@dataclasses.dataclass(frozen=True)
class DoctorCommand(Command):
    """Check this machine: versions, cores, GPU, Graphviz, data; with --bench its pace.

    Args:
        bench: train a few children of the default search, for about half a minute, and say how many
            an hour this machine will do and how long the examples of the README take.
        json: print one JSON document.
    """

    bench: bool = False
    json: bool = False

    def run(self) -> int:
        from rich.table import Table

        checks = _checks()
        failed = [check for check in checks if check["verdict"] == "missing"]
        if self.bench and not failed:
            checks += _pace()
        if self.json:
            print_json({"ok": not failed, "checks": checks})
            return FAILURE if failed else OK
        table = Table("what", "verdict", "found")
        for check in checks:
            table.add_row(check["what"], check["verdict"], check["found"])
        out = stdout()
        out.print(table)
        out.print(
            "something is missing: run `make setup`" if failed else "all that is needed is there"
        )
        return FAILURE if failed else OK


def _checks() -> list[dict[str, str]]:
    import importlib.util

    def row(what: str, verdict: str, found: str) -> dict[str, str]:
        return {"what": what, "verdict": verdict, "found": found}

    rows = [row(key, "ok", value) for key, value in environment().items() if key != "created"]
    for module in ("tensorflow", *_REQUIRED):
        if importlib.util.find_spec(module) is None:
            rows.append(row(module, "missing", "needed"))
    gpus = sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*"))
    rows.append(
        row("GPU", "ok" if gpus else "none", ", ".join(gpus) or "children train on the CPU")
    )
    dot = shutil.which("dot")
    rows.append(row("dot", "ok" if dot else "none", dot or "our own layout draws instead"))
    cached = mini_cifar10.on_disk()
    found = "on disk" if cached else "not on disk; --data auto tries to download it"
    rows.append(row("CIFAR-10", "ok" if cached else "none", found))
    writable = os.access(".", os.W_OK)
    rows.append(row("this folder", "ok" if writable else "missing", str(Path.cwd())))
    return rows


def _pace() -> list[dict[str, str]]:
    from nasnet.experiments.searching.pace import MINUTES, children_an_hour, examples

    rate = children_an_hour()
    found = {
        "default children an hour": f"{rate:,.0f}",
        "make search": f"{MINUTES} min, about {rate * MINUTES / 60:,.0f} children",
    }
    for command, children in examples().items():
        found[command] = f"about {duration(3600 * children / rate)}"
    return [{"what": what, "verdict": "ok", "found": text} for what, text in found.items()]
