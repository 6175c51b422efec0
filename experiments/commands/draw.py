"""`nasnet draw`: a Normal and a Reduction cell, or a whole network, as a picture."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nasnet.cells import Genotype
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json
from nasnet.experiments.errors import OK
from nasnet.experiments.networks.chosen import PlanFlags, choose_network
from nasnet.experiments.searching.cell_argument import resolve_architecture, resolve_recurrent

_NETWORK_ONLY = ("preset", "stack", "size", "classes", "aux", "expand")


@dataclasses.dataclass(frozen=True)
class DrawCommand(Command):
    """Draw a cell, or with --network the whole network, as SVG, PNG or Graphviz text.

    Args:
        cell: a zoo name, a genotype, layers or a recurrent cell as JSON or in a notation of `nasnet
            convert` (a file, or the text itself), or a run directory (its best one); with --preset
            it may be left out. Layers are drawn as the network that they are.
        out: the file, by its ending .svg, .png or .gv; NAME.svg where it is left out.
        trial: which trial of the run directory.
        title: above the picture; the cell's name where it is left out.
        engine: dot, our own layout, or (auto) dot where it is installed; networks are laid out by
            dot only where it is asked for.
        network: draw the stack of cells instead of the cells.
        preset: the plan, image size and classes of a published network (`nasnet zoo` lists them);
            other flags overrule it.
        stack: the plan.
        size: height and width of the images in pixels; where it is left out, the preset's, or that
            of the run directory's search, or 32.
        classes: number of classes; likewise, or 10.
        aux: draw the auxiliary head, too.
        expand: draw each normal cell, instead of one box for a run of equal ones.
        json: print the file's path as one JSON document.
    """

    cell: tyro.conf.Positional[str | None] = None
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    trial: int | None = None
    title: str | None = None
    engine: Literal["auto", "dot", "own"] = "auto"
    network: bool = False
    preset: str | None = None
    stack: PlanFlags = dataclasses.field(default_factory=PlanFlags)
    size: int | None = None
    classes: int | None = None
    aux: bool = False
    expand: bool = False
    json: bool = False

    def run(self) -> int:
        name, written = self._draw_network() if self.network else self._draw_cells()
        print_json({"cell": name, "file": str(written)}) if self.json else print(written)
        return OK

    def _draw_cells(self) -> tuple[str, Path]:
        from nasnet import viz

        plain = DrawCommand()
        if self.cell is None:
            raise ValueError("cell is None, expected one to draw")
        if recurrent := resolve_recurrent(self.cell):
            return self._draw_recurrent(*recurrent)
        name, genotype = resolve_architecture(self.cell, self.trial)
        if not isinstance(genotype, Genotype):  # layers are the network
            return self._draw_network()
        for flag in _NETWORK_ONLY:
            if getattr(self, flag) != getattr(plain, flag):
                raise ValueError(f"{flag} is set for a drawing of cells, expected --network, too")
        path = self.out or Path(f"{name}.svg")
        title = name if self.title is None else self.title
        return name, viz.draw_genotype(genotype, path, title=title, engine=self.engine)

    def _draw_recurrent(self, name: str, cell: RecurrentCell) -> tuple[str, Path]:
        from nasnet import viz

        path, title = self.out or Path(f"{name}.svg"), name if self.title is None else self.title
        return name, viz.draw_recurrent(cell, path, title=title, engine=self.engine)

    def _draw_network(self) -> tuple[str, Path]:
        from nasnet import viz

        chosen = choose_network(
            self.cell,
            self.stack,
            preset=self.preset,
            trial=self.trial,
            size=self.size,
            classes=self.classes,
        )
        parts = chosen.network.parts(aux_head=self.aux)
        name = f"{chosen.name}-{chosen.preset or 'network'}" if self.network else chosen.name
        path = self.out or Path(f"{name}.svg")
        title = chosen.title if self.title is None else self.title
        written = viz.draw_network(parts, path, title=title, engine=self.engine, expand=self.expand)
        return chosen.name, written
