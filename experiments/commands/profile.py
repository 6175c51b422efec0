"""`nasnet profile`: what each cell of a network costs, without building it."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from nasnet.cells.profile import SlotCost, profile, total
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import millions, print_json, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.networks.chosen import ChosenNetwork, PlanFlags, choose_network
from nasnet.stacking.latency import latency, latency_text
from nasnet.stacking.network import CellNetwork

if TYPE_CHECKING:
    from rich.table import Table


@dataclasses.dataclass(frozen=True)
class ProfileCommand(Command):
    """Count a network's parameters and multiply-adds, cell by cell.

    Args:
        cell: a zoo name, a genotype or layers as JSON or in a notation of `nasnet convert` (a file,
            or the text itself), or a run directory (its best one); with --preset it may be left
            out.
        preset: the plan, image size and classes of a published network (`nasnet zoo` lists them);
            other flags overrule it.
        stack: the plan; N=6, F=32 is the paper's CIFAR network, 6 @ 768.
        size: height and width of the images in pixels; where it is left out, the preset's, or that
            of the run directory's search, or 32.
        channels: of the images; likewise, or 3.
        classes: number of classes; likewise, or 10.
        aux: count the auxiliary head, too.
        latency: also build the network and measure it here, one image at a time. Imports
            TensorFlow.
        runs: how many calls are measured.
        trial: which trial of the run directory.
        json: print one JSON document.
    """

    cell: tyro.conf.Positional[str | None] = None
    preset: str | None = None
    stack: Annotated[PlanFlags, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=PlanFlags
    )
    size: int | None = None
    channels: int | None = None
    classes: int | None = None
    aux: bool = False
    latency: bool = False
    runs: int = 20
    trial: int | None = None
    json: bool = False

    def run(self) -> int:
        chosen = choose_network(
            self.cell,
            self.stack,
            preset=self.preset,
            trial=self.trial,
            size=self.size,
            channels=self.channels,
            classes=self.classes,
        )
        rows = profile(chosen.network, aux_head=self.aux)
        measured = latency(chosen.network, self.runs) if self.latency else None
        if self.json:
            print_json(_document(chosen, rows, measured, aux=self.aux))
            return OK
        out = stdout()
        out.print(_table(chosen, rows))
        if measured is not None:
            out.print(f"latency: {latency_text(measured)}", soft_wrap=True)
        return OK


def _document(
    chosen: ChosenNetwork, rows: list[SlotCost], measured: dict[str, Any] | None, *, aux: bool
) -> dict[str, Any]:
    """All that the command found, as JSON values."""
    network = chosen.network
    return {
        "cell": chosen.name,
        "preset": chosen.preset,
        "stack": dataclasses.asdict(network.stack) if isinstance(network, CellNetwork) else None,
        "input_shape": network.input_shape,
        "classes": network.classes,
        "aux": aux,
        "slots": [dataclasses.asdict(row) for row in rows],
        "total": dataclasses.asdict(total(rows)),
        "latency": measured,
    }


def _table(chosen: ChosenNetwork, rows: list[SlotCost]) -> "Table":
    from rich.table import Table

    table = Table(title=chosen.title)
    for column in ("end point", "output", "parameters", "trainable", "mult-adds"):
        table.add_column(column, justify="left" if column == "end point" else "right")
    for row in (*rows, total(rows)):
        if row.name == "total":
            table.add_section()
        shape = " x ".join(map(str, row.shape))
        counts = (f"{row.parameters:,}", f"{row.trainable:,}", millions(row.mult_adds))
        table.add_row(row.name, shape, *counts)
    return table
