"""`nasnet zoo`: the published cells that come with the toolkit, and their networks."""

import dataclasses
from typing import TYPE_CHECKING, Any

from nasnet.cells import LAYER_ZOO, ZOO, network_cost
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import millions, print_json, stdout
from nasnet.experiments.errors import OK
from nasnet.stacking.architectures import ImageFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.presets import PRESETS, Preset

if TYPE_CHECKING:
    from rich.table import Table


@dataclasses.dataclass(frozen=True)
class ZooCommand(Command):
    """List the published cells, and the size of each of their published networks.

    The sizes are computed. A cell without a published network here has a row without a preset: N=6,
    F=32 on CIFAR-10's images. Published networks of layers follow.

    Args:
        json: print one JSON document, a list with one object for each network.
    """

    json: bool = False

    def run(self) -> int:
        cells = [[_row(cell, *network) for network in _networks(cell)] for cell in ZOO]
        layers = [_layer_row(name) for name in LAYER_ZOO]
        if self.json:
            print_json([row for rows in (*cells, layers) for row in rows])
            return OK
        out = stdout()
        out.print(_table([]))
        for rows in cells:
            first = rows[0]
            about = f"{first['name']}, {first['year']}: {first['paper']}; {first['note']}"
            out.print(about, soft_wrap=True)
            out.print(_table(rows))
        out.print("networks of layers, for `nasnet train`, `profile` and `draw` as they are:")
        out.print(_table([{**row, "preset": row["name"]} for row in layers]))
        for row in layers:
            out.print(f"{row['name']}: {row['note']}; {row['paper']}", soft_wrap=True)
        return OK


def _networks(cell: str) -> list[tuple[str | None, Preset]]:
    """The presets with this cell; without any the plan of CIFAR-10 with the cell's conventions."""
    found = [(name, preset) for name, preset in PRESETS.items() if preset.cell == cell]
    plain = Preset(cell, Stack(conventions=ZOO[cell].conventions), 32, 10)
    return [*found] or [(None, plain)]


def _row(cell: str, name: str | None, preset: Preset) -> dict[str, Any]:
    entry, stack = ZOO[cell], preset.stack
    cost, _ = network_cost(preset.network)
    return {
        "name": cell,
        "year": entry.year,
        "paper": entry.paper,
        "note": entry.note,
        "preset": name,
        "repeats": stack.repeats,
        "filters": stack.filters,
        "conventions": stack.conventions,
        "input_shape": preset.input_shape,
        "classes": preset.classes,
        "parameters": cost.trainable_parameters,
        "mult_adds": cost.mult_adds,
    }


def _layer_row(name: str) -> dict[str, Any]:
    entry = LAYER_ZOO[name]
    cost, _ = network_cost(ImageFrame(Stack(), entry.input_shape, 10).network(entry.architecture))
    plan = dict.fromkeys(("preset", "repeats", "filters", "conventions"))
    return {
        "name": name,
        "year": entry.year,
        "paper": entry.source,
        "note": entry.note,
        **plan,
        "input_shape": entry.input_shape,
        "classes": 10,
        "parameters": cost.trainable_parameters,
        "mult_adds": cost.mult_adds,
    }


def _table(rows: list[dict[str, Any]]) -> "Table":
    """The networks of one cell, or without any the heads of the columns."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=24)
    for width in (2, 3, 5, 10, 10):
        table.add_column(justify="right", min_width=width, no_wrap=True)
    if not rows:
        table.add_row("  preset", "N", "F", "size", "parameters", "mult-adds")
    for row in rows:
        plan = (row["repeats"] or "", row["filters"] or "", row["input_shape"][0])
        counts = (millions(row["parameters"]), millions(row["mult_adds"]))
        table.add_row(f"  {row['preset'] or '-'}", *map(str, plan), *counts)
    return table
