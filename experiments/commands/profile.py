"""`nasnet profile`: what each cell of a network costs, without building it."""

import dataclasses
from typing import Annotated

import tyro
from rich.table import Table

from experiments.cell_argument import resolve_cell
from experiments.errors import OK
from experiments.profiling import SlotCost, profile
from experiments.reporting import millions, print_json, stdout
from stacking.plan import Stack


@dataclasses.dataclass(frozen=True)
class ProfileCommand:
    """Count a network's parameters and multiply-adds, cell by cell.

    Args:
        cell: a zoo name, a genotype's JSON file, or a run directory (its best cell).
        stack: the plan; N=6, F=32 is the paper's CIFAR network, 6 @ 768.
        size: height and width of the images.
        channels: of the images.
        classes: number of classes.
        trial: which trial of the run directory.
        json: print one JSON document.
    """

    cell: tyro.conf.Positional[str]
    stack: Annotated[Stack, tyro.conf.arg(name="")] = Stack()
    size: int = 32
    channels: int = 3
    classes: int = 10
    trial: int | None = None
    json: bool = False

    def run(self) -> int:
        name, genotype = resolve_cell(self.cell, self.trial)
        rows = profile(genotype, self.stack, (self.size, self.size, self.channels), self.classes)
        total = SlotCost(
            "total",
            rows[-1].shape,
            sum(row.parameters for row in rows),
            sum(row.trainable for row in rows),
            sum(row.mult_adds for row in rows),
        )
        if self.json:
            slots = [dataclasses.asdict(row) for row in rows]
            print_json({"cell": name, "slots": slots, "total": dataclasses.asdict(total)})
            return OK
        table = Table(title=f"{name}, N={self.stack.repeats}, F={self.stack.filters}")
        for column in ("end point", "output", "parameters", "trainable", "mult-adds"):
            table.add_column(column, justify="left" if column == "end point" else "right")
        for row in (*rows, total):
            if row is total:
                table.add_section()
            shape = " x ".join(map(str, row.shape))
            counts = (f"{row.parameters:,}", f"{row.trainable:,}", millions(row.mult_adds))
            table.add_row(row.name, shape, *counts)
        stdout().print(table)
        return OK
