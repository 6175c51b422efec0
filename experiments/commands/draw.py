"""`nasnet draw`: a Normal and a Reduction cell as a picture."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from experiments.cell_argument import resolve_cell
from experiments.errors import OK
from experiments.reporting import print_json


@dataclasses.dataclass(frozen=True)
class DrawCommand:
    """Draw a cell as SVG, PNG or Graphviz text.

    Args:
        cell: a zoo name, a genotype's JSON file, or a run directory (its best cell).
        out: the file, by its ending .svg, .png or .gv; NAME.svg where it is left out.
        trial: which trial of the run directory.
        title: above the picture; the cell's name where it is left out.
        engine: dot, our own layout, or dot where it is installed.
        json: print the file's path as one JSON document.
    """

    cell: tyro.conf.Positional[str]
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    trial: int | None = None
    title: str | None = None
    engine: Literal["auto", "dot", "own"] = "auto"
    json: bool = False

    def run(self) -> int:
        import viz

        name, genotype = resolve_cell(self.cell, self.trial)
        path = self.out or Path(f"{name}.svg")
        title = name if self.title is None else self.title
        written = viz.draw_genotype(genotype, path, title=title, engine=self.engine)
        print_json({"cell": name, "file": str(written)}) if self.json else print(written)
        return OK
