"""Cells against each other at ImageNet's kind of task: equal multiply-adds, one recipe, seeds.

Paper:    Zoph et al., https://arxiv.org/abs/1707.07012, table 2 and figure 5, which compare at
          equal cost; here on as many photos as a small machine can train on
Command:  python -m nasnet.experiments.published.transfer_comparison --data PHOTOS
          --cells nasnet-a FOUND.json
Cost:     for 2,000 photos of 96 x 96 pixels some minutes for each cell and seed on 2 CPU cores
Expect:   see experiments/published/README.md, which quotes a run

Every training is a `nasnet transfer train` in a folder of its own; given again, the same command
goes on where it was.
"""

import dataclasses
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from nasnet.experiments import cli
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import millions, say, stdout
from nasnet.experiments.curve.trainings import accuracies, top1_text, train
from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.experiments.runs.steps import run_nasnet
from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.runtime.files import write_atomically

PROGRAM = "python -m nasnet.experiments.published.transfer_comparison"


@dataclasses.dataclass(frozen=True)
class TransferComparison(Command):
    """Train several cells' networks of equal cost on photos, with several seeds.

    Args:
        data: photos, as for `nasnet transfer train`.
        cells: zoo names, genotypes' JSON files or run directories.
        mult_adds: the most multiply-adds of one image; each cell has the widest network within.
        repeats: N of all networks.
        step: F is a multiple of it; 1 comes nearest to equal cost.
        size: height and width of the photos in pixels.
        classes: number of classes of the photos.
        seeds: trainings of each cell, with seeds from 0.
        train: more flags of `nasnet transfer train`, as in --train="--epochs 5".
        out: the folder; given again, the comparison goes on.
    """

    data: str
    cells: tuple[str, ...]
    mult_adds: str = "25M"
    repeats: int = 1
    step: int = 1
    size: int = 96
    classes: int = 10
    seeds: int = 3
    train: str = "--preset small"
    out: Path = Path("runs/transfer-comparison")

    def __post_init__(self) -> None:
        if self.seeds < 1 or not self.cells:
            raise ValueError(
                f"seeds is {self.seeds} with {len(self.cells)} cells, expected at least 1 of each"
            )

    def run(self) -> int:
        """Trains what is missing and reports; the exit code of what fails, else 0."""
        code = self._run()
        if code == INTERRUPTED:
            say(f"go on with: {PROGRAM} {shlex.join(sys.argv[1:])}")
        return code

    def _run(self) -> int:
        rows = []
        for cell in self.cells:
            name, _ = resolve_cell(cell)
            folder = self.out / name
            plan = folder / "plan.json"
            if not plan.is_file():
                folder.mkdir(parents=True, exist_ok=True)
                if code := run_nasnet(["transfer", "plan", cell, *self._plan_flags()], plan):
                    return code
            chosen = json.loads(plan.read_text())[0]
            for seed in range(self.seeds):
                flags = ["--size", str(self.size), "--seed", str(seed), *shlex.split(self.train)]
                place = folder / f"seed-{seed}"
                if code := train(cell, chosen["plan"], self.data, place, flags):
                    return code
            costs = {name: chosen[name] for name in ("plan", "parameters", "mult_adds")}
            reached = accuracies([folder / f"seed-{seed}" for seed in range(self.seeds)])
            rows.append({"cell": name, **costs, **reached})
        document = {"settings": dataclasses.asdict(self) | {"out": str(self.out)}, "cells": rows}
        write_atomically(self.out / "comparison.json", json.dumps(document, indent=2) + "\n")
        stdout().print(_table(rows))
        stdout().print(f"results are in {self.out}: comparison.json", soft_wrap=True)
        return OK

    def _plan_flags(self) -> list[str]:
        repeats = str(self.repeats)
        flags = ["--mult-adds", self.mult_adds, "--size", str(self.size)]
        flags += ["--classes", str(self.classes), "--step", str(self.step), "--json"]
        return [*flags, "--repeats", repeats, repeats]


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(title="equal multiply-adds, one recipe", box=SIMPLE, pad_edge=False)
    table.add_column("cell")
    for column in ("N @ P", "mult-adds", "top-1 (95 % interval)", "photos"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row["cell"],
            row["plan"],
            millions(row["mult_adds"]),
            top1_text(row),
            f"{row['images']:,}",
        )
    return table


if __name__ == "__main__":
    cli.script(TransferComparison, PROGRAM)
