"""`nasnet zoo`: the published cells that come with the toolkit."""

import dataclasses
from typing import Any

from rich.table import Table

from cells import ZOO
from experiments.errors import OK
from experiments.reporting import millions, print_json, stdout
from stacking.assemble import network_cost
from stacking.plan import Stack


@dataclasses.dataclass(frozen=True)
class ZooCommand:
    """List the published cells, with the size of their CIFAR-10 networks.

    Args:
        stack: the network that is counted.
        json: print one JSON document.
    """

    stack: Stack = Stack()
    json: bool = False

    def run(self) -> int:
        rows: list[dict[str, Any]] = []
        for name, entry in ZOO.items():
            cost, _ = network_cost(entry.genotype, self.stack, (32, 32, 3), 10)
            rows.append(
                {
                    "name": name,
                    "year": entry.year,
                    "paper": entry.paper,
                    "note": entry.note,
                    "parameters": cost.trainable_parameters,
                    "mult_adds": cost.mult_adds,
                }
            )
        if self.json:
            print_json(rows)
            return OK
        title = f"N={self.stack.repeats}, F={self.stack.filters}, 32 x 32 x 3, 10 classes"
        table = Table("name", "year", "parameters", "mult-adds", "paper", title=title)
        for row in rows:
            table.add_row(
                str(row["name"]),
                str(row["year"]),
                f"{row['parameters']:,}",
                millions(row["mult_adds"]),
                f"{row['paper']}; {row['note']}",
            )
        stdout().print(table)
        return OK
