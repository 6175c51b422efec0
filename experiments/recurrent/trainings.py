"""Cells trained alone: found ones, random ones and known ones, alike and at equal parameters."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.gates import GATED_CELLS
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.cells.recurrent.tree import Tree
from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.data.text import Text
from nasnet.experiments.recurrent.settings import RecurrentSettings
from nasnet.runtime.files import replacing, write_atomically
from nasnet.stacking.recurrent.model import LanguageModel, parameters, windows
from nasnet.stacking.recurrent.recurrences import Gated, Graph, Recurrence, Trees

FOUND, RANDOM = "found", "random"
_CELLS = 2_000_003  # a prime that keeps the seed of random cells apart from all others


@dataclasses.dataclass(frozen=True)
class Contestant:
    """A language model that is trained, with several seeds.

    Attributes:
        name: of its files.
        group: "found", "random", or its own name.
        recurrence: of it.
        cell: the cell, where the recurrence is of several.
    """

    name: str
    group: str
    recurrence: Recurrence
    cell: RecurrentCell | None = None

    @property
    def arc(self) -> np.ndarray:
        """The choices of the cell; empty where there is but one."""
        match self.cell:
            case Recurrent():
                return Graph(len(self.cell.activations), 1).arc(self.cell)
            case Tree():
                return Trees(self.cell.leaves, 1).arc(self.cell)
        return np.zeros(0, np.int32)


def _recurrence_of(cell: RecurrentCell, output: Literal["all", "loose"]) -> Graph | Trees:
    """The recurrence of one unit that a cell is one of."""
    if isinstance(cell, Tree):
        return Trees(cell.leaves, 1)
    return Graph(len(cell.activations), 1, output=output)


def recurrence(settings: RecurrentSettings, *, shared: bool) -> Graph | Trees:
    """That of the space's cells; of all of them, where they are to share weights."""
    if settings.space == "trees":
        return Trees(settings.leaves, settings.units)
    return Graph(settings.nodes, settings.units, shared, settings.output)


def contestants(
    settings: RecurrentSettings, found: Sequence[RecurrentCell], symbols: int
) -> list[Contestant]:
    """All that are trained: the found cells, random ones, and the known ones of the settings.

    Args:
        settings: of the search.
        found: cells, the best first.
        symbols: of the vocabulary.
    """
    alone = recurrence(settings, shared=False)
    most = parameters(alone, symbols)
    rng = np.random.default_rng(settings.seed + _CELLS)
    rows = settings.search_space().draw(rng, settings.random).tolist()
    drawn = [settings.search_space().decode(row) for row in rows]
    groups = ((FOUND, found[: settings.best]), (RANDOM, drawn))
    made = [
        Contestant(f"{group}-{i}", group, alone, cell)
        for group, cells in groups
        for i, cell in enumerate(cells, start=1)
    ]
    for name in settings.references:
        if name in GATED_CELLS:
            made.append(Contestant(name, name, _widest(Gated(name, 1), symbols, most)))
        else:
            cell = RECURRENT_ZOO[name].architecture
            least = _recurrence_of(cell, settings.output)
            made.append(Contestant(name, name, _widest(least, symbols, most), cell))
    return made


def _widest(least: Graph | Trees | Gated, symbols: int, most: int) -> Recurrence:
    """The recurrence with the most units that has no more parameters than given."""
    widest = least
    while parameters(wider := dataclasses.replace(widest, units=widest.units + 1), symbols) <= most:
        widest = wider
    return widest


def train(
    contestant: Contestant,
    seed: int,
    text: Text,
    settings: RecurrentSettings,
    folder: Path,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Trains a language model, evaluates it once on the test text, and keeps both.

    Args:
        contestant: what is trained.
        seed: of its weights and dropout.
        text: what is learned.
        settings: with the recipe and the epochs.
        folder: gets NAME-seed-S.npz, the weights by name, and NAME-seed-S.json, the result.
        on_step: called with the updates that are done, and all of them.
    """
    recipe, symbols = settings.recipe, len(text.symbols)
    model, arc = LanguageModel(contestant.recurrence, symbols, recipe, seed), contestant.arc
    length = (len(text.train) - 1) // recipe.batch_size // recipe.steps
    total = length * settings.epochs
    losses = list[float]()
    for _ in range(settings.epochs):
        state: Any = model.first_state(recipe.batch_size)
        for window in windows(text.train, recipe.batch_size, recipe.steps):
            loss, state = model.train(window, state, arc, len(losses) / total)
            losses.append(loss)
            on_step(len(losses), total)
    result = {
        "name": contestant.name,
        "group": contestant.group,
        "cell": contestant.cell and json.loads(contestant.cell.to_json()),
        "units": contestant.recurrence.units,
        "parameters": len(model.weights),
        "seed": seed,
        "train_loss": float(np.mean(losses[-length:])),
        "val_loss": model.loss(text.val, arc),
        "test_loss": model.loss(text.test, arc),
    }
    path = result_path(contestant, seed, folder)
    with replacing(path.with_suffix(".npz")) as file:
        np.savez(file, allow_pickle=False, **model.named())
    write_atomically(path, json.dumps(result, indent=2) + "\n")
    return result


def result_path(contestant: Contestant, seed: int, folder: Path) -> Path:
    """The file with a training's result."""
    return folder / f"{contestant.name}-seed-{seed}.json"
