"""What a person may give where a command wants a cell."""

import os
from pathlib import Path
from typing import Any

from nasnet.cells import LAYER_ZOO, ZOO, Genotype
from nasnet.cells.notations.registry import recognise
from nasnet.cells.recurrent.reading import RecurrentCell, read_recurrent
from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.run import Run
from nasnet.experiments.searching.settings import SearchRun
from nasnet.experiments.searching.stored import open_search, record_place
from nasnet.search.stores import TrialStore
from nasnet.search.stores.address import is_url
from nasnet.search.trial import Trial, best_trial
from nasnet.stacking.architectures import ImageArchitecture, read_architecture


def resolve_cell(text: str, trial: int | None = None) -> tuple[str, Genotype]:
    """A name and a genotype, of what `resolve_architecture` takes.

    Raises:
        NotFoundError: as there.
        ValueError: as there, or it has no cells.
    """
    name, found = resolve_architecture(text, trial)
    if not isinstance(found, Genotype):
        raise ValueError(f"cell is {text!r}, a network of layers, expected cells")
    return name, found


def resolve_architecture(text: str, trial: int | None = None) -> tuple[str, ImageArchitecture]:
    """A name and an architecture.

    Args:
        text: a zoo name, the path of an architecture's file, a run directory, the address of a
            search in a database, or an architecture itself; as JSON or in a notation of others.
        trial: which trial of a run directory; its best one where it is None.

    Raises:
        NotFoundError: there is no such name, file, run or trial.
        ValueError: the file or the text holds no architecture.
    """
    path = Path(text)
    of_run = is_url(text) or os.path.isdir(text)  # which takes the text of a genotype, too
    if trial is not None and not of_run:
        raise ValueError(f"trial is {trial}, but {text!r} is not a run directory")
    if text in ZOO:
        return text, ZOO[text].genotype
    if text in LAYER_ZOO:
        return text, LAYER_ZOO[text].architecture
    if of_run:
        run = open_search(text)
        found = find_trial(run, trial)
        name = f"{run.path.resolve().name}-trial-{found.number}"
        return name, read_architecture(found.genotype)
    if os.path.isfile(text):
        try:
            return path.stem, read_architecture(path.read_text(encoding="utf-8-sig"))
        except (ValueError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: {error}") from None
    if notation := recognise(text):
        return f"{notation}-cell", read_architecture(text)
    if text in RECURRENT_ZOO:
        raise ValueError(f"cell is {text!r}, a recurrent one, expected one of image networks")
    zoo = ", ".join((*ZOO, *LAYER_ZOO))
    raise NotFoundError(
        f"cell is {text!r}, expected a JSON file, a run directory, or one of: {zoo}"
    )


def resolve_recurrent(text: str) -> tuple[str, RecurrentCell] | None:
    """A name and a recurrent cell; None where `text` is none of it.

    Args:
        text: a zoo name, the path of a cell's JSON file, or a run directory of `nasnet recurrent`.

    Raises:
        ValueError: the file holds a cell that is none.
    """
    if text in RECURRENT_ZOO:
        return text, RECURRENT_ZOO[text].architecture
    path = Path(text)
    file = path / "best.json" if os.path.isdir(text) else path
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    try:
        cell = read_recurrent(content)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    return None if cell is None else (path.stem, cell)


def search_of(text: str) -> SearchRun | None:
    """The search that `resolve_architecture` takes its own from; None where it is no run's."""
    published = text in ZOO or text in LAYER_ZOO
    of_run = is_url(text) or os.path.isdir(text)
    return open_search(text, here=True) if of_run and not published else None


def read_trials(run: Run[Any]) -> list[Trial]:
    """All trials of a run, whether it runs just now or not."""
    with TrialStore(record_place(run), create=False) as store:
        return store.trials()


def find_trial(run: Run[Any], number: int | None) -> Trial:
    """One trial of a run; its best one where `number` is None.

    Raises:
        NotFoundError: there is none.
    """
    trials = read_trials(run)
    if number is None:
        best = best_trial(trials)
        if best is None:
            raise NotFoundError(f"{run.path} has no finished trial yet")
        return best
    if not 0 <= number < len(trials):
        raise NotFoundError(f"trial is {number}, expected 0 to {len(trials) - 1} in {run.path}")
    return trials[number]
