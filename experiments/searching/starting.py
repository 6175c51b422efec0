"""Cells that a search starts from: known ones, which are evaluated first or come with results."""

import dataclasses
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nasnet.cells import ZOO, Cell, Genotype, SearchSpace
from nasnet.cells.spaces.nasbench201 import NASBench201Cell
from nasnet.controller.protocol import Proposal
from nasnet.data.dataset import Dataset, read_arrays
from nasnet.experiments.console.lines import say
from nasnet.experiments.searching.cell_argument import read_trials, resolve_architecture
from nasnet.experiments.searching.settings import SEARCH, SearchRun, SearchSettings
from nasnet.experiments.searching.spaces import example
from nasnet.search.evaluators import find_evaluator
from nasnet.search.settings import child_seed
from nasnet.search.trial import Trial
from nasnet.stacking.architectures import ImageArchitecture, read_architecture

# Settings that a reward depends on, beside the images.
_DECISIVE = ("evaluator", "stack", "recipe", "batch_statistics", "limits", "budget")


@dataclasses.dataclass(frozen=True)
class KnownCell:
    """A cell that a search starts from.

    Attributes:
        origin: where it comes from, such as nasnet-a or my-search:17.
        genotype: the architecture.
        result: the trial of an earlier search, with a reward that holds here too; None where the
            cell is to be evaluated.
    """

    origin: str
    genotype: ImageArchitecture
    result: Trial | None = None


def starting_trials(settings: SearchSettings, dataset: Dataset | None = None) -> list[Trial]:
    """The first trials of a search: what `start_from` names, each network once.

    Args:
        settings: of the new search.
        dataset: the images of its children; None where results are taken over whatever they are.

    Raises:
        NotFoundError: there is no such cell or run.
        ValueError: a cell is not in the search's space, or there are more than trials.
    """
    space, found = settings.search_space(), dict[str, Trial]()
    for text in settings.start_from:
        for cell in _cells(text, settings, dataset):
            trial = _trial(len(found), cell, space, settings.seed)
            known = found.get(trial.key)
            if known is None:
                found[trial.key] = trial
            elif trial.imported and not known.imported:
                found[trial.key] = dataclasses.replace(trial, number=known.number, seed=known.seed)
    trials = list(found.values())
    count = sum(not trial.imported for trial in trials)
    if settings.bound is not None and count > settings.bound:
        raise ValueError(
            f"start_from has {count} cells to evaluate, expected at most trials, {settings.bound}"
        )
    return trials


def _trial(number: int, cell: KnownCell, space: SearchSpace[Any], seed: int) -> Trial:
    try:
        choices = encoded(cell, space)
    except NotImplementedError:
        text = f"{cell.origin}: the space has no encode, expected one that says what a cell is"
        raise ValueError(f"start_from {text} in it") from None
    except ValueError as error:
        raise ValueError(f"start_from {cell.origin} is not in the space: {error}") from None
    genotype, result = space.decode(choices), cell.result
    trial = Trial(
        number, Proposal(choices), genotype.to_json(), genotype.key, child_seed(seed, number)
    )
    trial = dataclasses.replace(trial, metrics={"origin": cell.origin})
    if result is None:
        return trial
    return trial.with_result("complete", result.reward, result.metrics)


def encoded(cell: KnownCell, space: SearchSpace[Any]) -> tuple[int, ...]:
    """The choices of a cell, or of the one that emits its loose ends and is the same otherwise.

    Raises:
        NotImplementedError: the space does not say what a cell is in it.
        ValueError: the cell is not in the space.
    """
    given = cell.genotype
    of_cells = isinstance(example(space), Genotype)
    if isinstance(given, Genotype) != of_cells:
        found = "cells" if isinstance(given, Genotype) else "layers"
        if isinstance(given, NASBench201Cell):
            found = "a cell of NAS-Bench-201"
        raise ValueError(f"it is of {found}, expected {'cells' if of_cells else 'layers'}")
    ends = given
    if isinstance(given, Genotype):
        ends = Genotype(*(Cell(c.blocks) for c in (given.normal, given.reduction)))
    try:
        return space.encode(given)
    except ValueError:
        if ends == given:
            raise
    choices = space.encode(ends)
    say(f"{cell.origin} emits other states than its loose ends; here it emits these")
    return choices


def _cells(text: str, settings: SearchSettings, dataset: Dataset | None) -> Iterator[KnownCell]:
    path, number = Path(text), None
    folder, _, last = text.rpartition(":")
    # Unlike those of `Path`, these take the text of a genotype, too.
    if not os.path.exists(text) and last.isdecimal() and os.path.isdir(folder):
        path, number = Path(folder), int(last)
    if text in ZOO or not os.path.isdir(path):
        yield KnownCell(*resolve_architecture(text))
        return
    run = SEARCH.open(path)
    name, trials = path.resolve().name, read_trials(run)
    if number is not None:
        resolve_architecture(str(path), number)  # refuses a number that is none
        trials = trials[number : number + 1]
    usable = [t for t in trials if t.state == "complete" and t.reused_from is None]
    if number is None and not usable:
        resolve_architecture(str(path))  # says that there is none
    reason = _difference(run, settings, dataset)
    for trial in usable if number is None else trials:
        result = trial if reason is None and trial in usable else None
        yield KnownCell(f"{name}:{trial.number}", read_architecture(trial.genotype), result)
    count = "its cell" if number is not None else f"its {len(usable)} cells"
    if reason is None:
        say(f"start from {text}: {count} with the results of that search")
    else:
        say(f"start from {text}: {count} will be evaluated again: {reason}")


def _difference(run: SearchRun, settings: SearchSettings, dataset: Dataset | None) -> str | None:
    """Why the rewards of an earlier search do not hold in a new one; None where they do.

    Nothing that the earlier one names is loaded or run.
    """
    before, now = run.recorded, json.loads(json.dumps(dataclasses.asdict(settings)))
    default = json.loads(json.dumps(dataclasses.asdict(SearchSettings())))
    for name in _DECISIVE:
        for key, there, here in _pairs(name, before.get(name, default[name]), now[name], default):
            if there != here:
                return f"{key} is {there} there and {here} here"
    if settings.budget.kind != "fixed":
        return f"budget.kind is {settings.budget.kind}, which compares children stage by stage"
    if find_evaluator(settings.evaluator).shares_weights:
        return "each search has shared weights of its own"
    if dataset is not None and read_arrays(run.data).content != dataset.content:
        return "its children were trained or judged on other images"
    return None


def _pairs(
    name: str, there: Any, here: Any, default: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """The values of a setting, or of each field of it; what a version did not have by default."""
    if not isinstance(here, dict) or not isinstance(there, dict):
        yield name, there, here
        return
    for key, value in here.items():
        yield f"{name}.{key}", there.get(key, default[name][key]), value
