"""`nasnet spaces`: what can be searched."""

import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from nasnet.cells import Genotype, SearchSpace
from nasnet.cells.spaces.registry import SPACES, make_space
from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.runs.pictures import draw_architecture
from nasnet.experiments.searching.spaces import example
from nasnet.stacking.architectures import ImageFrame
from nasnet.stacking.plan import Stack

if TYPE_CHECKING:
    from rich.table import Table

_EXACT = 10**7  # architectures up to which their number is printed in full


@dataclasses.dataclass(frozen=True)
class SpacesCommand(Command):
    """List the search spaces: what they hold, how large they are, where they are from.

    Args:
        space: one of them alone, with settings, as of `nasnet search --space`: chain,max_layers=6.
        out: a folder that gets a drawing of a random architecture of each, as NAME.svg.
        json: print one JSON document, a list with one object for each space.
    """

    space: tyro.conf.Positional[str | None] = None
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    json: bool = False

    def run(self) -> int:
        texts = [self.space] if self.space is not None else [*SPACES]
        spaces = {text: make_space(text) for text in texts}
        rows = [_row(text, space, self.out) for text, space in spaces.items()]
        if self.json:
            print_json(rows)
            return OK
        out = stdout()
        out.print(_table(rows))
        for row in rows:
            out.print(f"{row['space']}, {row['paper']}\n  {row['example']}", soft_wrap=True)
            if row["drawing"] is not None:
                out.print(f"  drawn in {row['drawing']}", soft_wrap=True)
        return OK


def _row(text: str, space: SearchSpace[Any], folder: Path | None) -> dict[str, Any]:
    """What is known of a space, as JSON values."""
    name = text.partition(",")[0]
    entry, found = SPACES.get(name), example(space)
    drawing = None
    if folder is not None:
        size = getattr(space, "image_size", 32)
        frame = ImageFrame(Stack(repeats=1, filters=8), (size, size, 3), 10)
        path = folder / f"{Path(name).stem}.svg"
        drawing = str(draw_architecture(found, frame, path, title=f"one of {text}"))
    return {
        "space": text,
        "about": "" if entry is None else entry.about,
        "paper": "" if entry is None else entry.paper,
        "decisions": len(space.decisions),
        "architectures": space.size(),
        "entropy_nats": space.entropy(),
        "example": _sketch(found),
        "drawing": drawing,
    }


def _sketch(found: Any) -> str:
    """An architecture in one line."""
    if not isinstance(found, Genotype):
        return found.sketch
    cells = (("normal", found.normal), ("reduction", found.reduction))
    words = [
        f"{name}: "
        + "; ".join(
            f"{2 + i} = " + f" {block.combine} ".join(f"{op}({state})" for state, op in block.edges)
            for i, block in enumerate(cell.blocks)
        )
        for name, cell in cells
    ]
    return " | ".join(words)


def _table(rows: list[dict[str, Any]]) -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column("space", no_wrap=True)
    table.add_column("what")
    for name in ("decisions", "architectures"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        size = row["architectures"]
        count = f"{size:,}" if size <= _EXACT else f"{Decimal(size):.2e}"
        table.add_row(row["space"], row["about"], str(row["decisions"]), count)
    return table
