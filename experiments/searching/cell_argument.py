"""What a person may give where a command wants a cell."""

from pathlib import Path
from typing import Any

from nasnet.cells import ZOO, Genotype
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.run import Run
from nasnet.experiments.searching.settings import SEARCH, SearchRun
from nasnet.search.stores import TrialStore
from nasnet.search.trial import Trial, best_trial


def resolve_cell(text: str, trial: int | None = None) -> tuple[str, Genotype]:
    """A name and a genotype.

    Args:
        text: a zoo name, the path of a genotype's JSON file, or a run directory.
        trial: which trial of a run directory; its best one where it is None.

    Raises:
        NotFoundError: there is no such zoo cell, file, run or trial.
        ValueError: the file is not a genotype.
    """
    path = Path(text)
    if trial is not None and not path.is_dir():
        raise ValueError(f"trial is {trial}, but {text!r} is not a run directory")
    if text in ZOO:
        return text, ZOO[text].genotype
    if path.is_dir():
        found = find_trial(SEARCH.open(path), trial)
        return f"{path.resolve().name}-trial-{found.number}", Genotype.from_json(found.genotype)
    if path.is_file():
        try:
            return path.stem, Genotype.from_json(path.read_text())
        except (ValueError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: {error}") from None
    zoo = ", ".join(ZOO)
    raise NotFoundError(
        f"cell is {text!r}, expected a JSON file, a run directory, or one of: {zoo}"
    )


def search_of(text: str) -> SearchRun | None:
    """The search that `resolve_cell` takes its cell from; None where it is no run's."""
    return SEARCH.open(Path(text)) if text not in ZOO and Path(text).is_dir() else None


def read_trials(run: Run[Any]) -> list[Trial]:
    """All trials of a run, whether it runs just now or not."""
    with TrialStore(run.store, create=False) as store:
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
