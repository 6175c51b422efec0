"""`nasnet data`: what is understood of a data set, and whether it is fit to search on."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json, stdout
from nasnet.experiments.errors import FAILURE, OK
from nasnet.experiments.runs.facts import DataFacts

if TYPE_CHECKING:
    from rich.table import Table

    from nasnet.data.dataset import Dataset
    from nasnet.data.inspection import Inspection

_MOST = 30  # classes in the table


@dataclasses.dataclass(frozen=True)
class DataCommand(Command):
    """Say what is understood of images, and whether they are fit to search on.

    Exit code 1 where they are not, 2 where they cannot be read.

    Args:
        source: as --data of a search: a name, an .npz file, a folder, file.py:NAME.
        image_size: height and width in pixels, as of a search.
        seed: of the validation images that are held out, as of a search.
        out: draw images of each class into this file, as a network gets them (.png, .svg or .pdf).
        json: print one JSON document.
    """

    source: tyro.conf.Positional[str]
    image_size: int | None = None
    seed: int = 0
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    json: bool = False

    def run(self) -> int:
        from nasnet.data import sources
        from nasnet.data.inspection import inspect

        dataset = sources.load(self.source, seed=self.seed, image_size=self.image_size)
        facts = DataFacts.of(dataset)
        if self.json:
            facts.say()
        else:
            for line in (*facts.text(), ""):
                stdout().print(line, soft_wrap=True)
        found = inspect(dataset)
        written = None if self.out is None else _draw(dataset, self.out)
        if self.json:
            print_json(_document(dataset, found, written))
        else:
            _print(dataset, found, written)
        return FAILURE if found.unfit else OK


def _draw(dataset: "Dataset", path: Path) -> Path:
    from nasnet import viz

    height, width, channels = dataset.image_shape
    count = len(dataset.classes)
    title = f"{dataset.name}: {count} classes, {height} x {width} x {channels}, training images"
    figure = viz.samples_figure(dataset.x_train, dataset.y_train, dataset.classes, title=title)
    return viz.save_figure(figure, path)


def _document(dataset: "Dataset", found: "Inspection", written: Path | None) -> dict[str, object]:
    return {
        "name": dataset.name,
        "source": dataset.source,
        "content": dataset.content,
        "image_shape": dataset.image_shape,
        "classes": dataset.classes,
        "notes": dataset.notes,
        **found.to_json(),
        "file": None if written is None else str(written),
    }


def _print(dataset: "Dataset", found: "Inspection", written: Path | None) -> None:
    out = stdout()
    out.print(_table(dataset, found))
    drawn = [] if written is None else [f"images of each class: {written}"]
    for line in ("", *drawn, f"fit to search on: {found.verdict}"):
        out.print(line, soft_wrap=True)


def _table(dataset: "Dataset", found: "Inspection") -> "Table":
    """Images of each class, or of many what they have at least, mostly and at most."""
    from rich.table import Table
    from rich.text import Text

    splits = found.splits
    table = Table.grid(padding=(0, 2))
    table.add_column()
    for _ in splits:
        table.add_column(justify="right", min_width=7)

    def add(what: str, *numbers: int) -> None:
        table.add_row(Text(what), *(f"{number:,}" for number in numbers))

    table.add_row("class", *splits)
    if len(dataset.classes) <= _MOST:
        for i, name in enumerate(dataset.classes):
            add(f"  {name}", *(facts.per_class[i] for facts in splits.values()))
    else:
        for word, measure in (("smallest", np.min), ("median", np.median), ("largest", np.max)):
            add(f"  {word}", *(int(measure(facts.per_class)) for facts in splits.values()))
    add("all", *(facts.images for facts in splits.values()))
    add("of one colour", *(facts.flat for facts in splits.values()))
    add("there already", *(facts.repeated for facts in splits.values()))
    for first in list(splits)[:-1]:
        shared = (found.shared.get(f"{first}, {second}") for second in splits)
        table.add_row(f"in {first}, too", *("" if n is None else f"{n:,}" for n in shared))
    return table
