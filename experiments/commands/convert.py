"""`nasnet convert`: a cell in the notation of another system."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nasnet.cells.notations.registry import write_notation
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json
from nasnet.experiments.errors import OK
from nasnet.experiments.searching.cell_argument import resolve_architecture
from nasnet.runtime.files import write_atomically

To = Literal["json", "darts", "enas", "slim", "nni", "nasbench201"]


@dataclasses.dataclass(frozen=True)
class ConvertCommand(Command):
    """Write a cell in the notation of another system.

    All commands read these notations, too, from files and as arguments. What one cannot express is
    refused.

    Args:
        cell: what is converted: a zoo name, a genotype or layers as JSON or in one of these
            notations (a file, or the text itself), or a run directory (its best one).
        to: json (this toolkit's own), darts (Genotype(...), of P-DARTS, PC-DARTS and UnNAS, too),
            enas (micro arcs), slim (lists of NASNet, PNASNet and AmoebaNet), nni (samples), or
            nasbench201 (strings).
        out: the file; standard output where it is left out.
        trial: which trial of the run directory.
        json: print the result as one JSON document.
    """

    cell: tyro.conf.Positional[str]
    to: To = "json"
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    trial: int | None = None
    json: bool = False

    def run(self) -> int:
        name, found = resolve_architecture(self.cell, self.trial)
        text = found.to_json(indent=2) if self.to == "json" else write_notation(self.to, found)
        if self.out is not None:
            write_atomically(self.out, f"{text}\n")
        if self.json:
            file = None if self.out is None else str(self.out)
            print_json({"cell": name, "notation": self.to, "text": text, "file": file})
        else:
            print(text if self.out is None else self.out)
        return OK
