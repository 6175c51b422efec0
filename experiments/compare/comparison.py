"""A comparison of controllers: how it begins, and the runs that it is made of."""

import dataclasses
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.data import sources
from nasnet.experiments.compare.settings import COMPARISON, CompareSettings, Comparison
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.searching.starting import starting_trials
from nasnet.runtime.files import write_atomically


@dataclasses.dataclass(frozen=True, slots=True)
class PlannedRun:
    """One search of a comparison.

    Args:
        controller: its name.
        number: from 0, among the runs of the controller.
        seed: of the search.
        settings: of the controller.
    """

    controller: str
    number: int
    seed: int
    settings: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of its file or folder."""
        return f"{self.controller}-{self.number}"


def planned(settings: CompareSettings) -> Iterator[PlannedRun]:
    """All runs; controllers take turns, so that a comparison that is stopped early is fair, too.

    No two runs share a seed: with one, evolution's first population would be what random search
    draws, and the test that follows takes runs to be independent.
    """
    for number in range(settings.runs):
        for name, chosen in settings.chosen.items():
            entropy = [settings.seed, zlib.crc32(name.encode()), number]
            seed = int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)
            yield PlannedRun(name, number, seed, dict(chosen.settings))


def runs_folder(comparison: Comparison) -> Path:
    """Where its runs are."""
    return comparison.path / "runs"


def record(comparison: Comparison, run: PlannedRun, result: dict[str, Any]) -> None:
    """Keeps the result of a run that has ended."""
    folder = runs_folder(comparison)
    folder.mkdir(exist_ok=True)
    text = json.dumps({**dataclasses.asdict(run), **result}) + "\n"
    write_atomically(folder / f"{run.name}.json", text)


def recorded(comparison: Comparison, run: PlannedRun) -> dict[str, Any] | None:
    """What `record` kept; None where the run has not ended.

    Raises:
        ValueError: the file is damaged, or the controller had other settings.
    """
    path = runs_folder(comparison) / f"{run.name}.json"
    if not path.is_file():
        return None
    try:
        result = json.loads(path.read_text())
        found = {field.name: result[field.name] for field in dataclasses.fields(PlannedRun)}
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no record of a run: {error!r}") from None
    wanted = json.loads(json.dumps(dataclasses.asdict(run)))
    if found != wanted:
        raise ValueError(f"{path} is of the run {found}, expected {wanted}")
    return result


def begin(settings: CompareSettings, path: Path | None) -> Comparison:
    """Makes the folder of a new comparison; what cannot be used is refused.

    Raises:
        ValueError: the settings, the table or the data cannot be used, or there is something
            already.
        OSError: the folder cannot be written.
    """
    if settings.evaluator == "table":
        from nasnet.experiments.compare.tables import load_table

        _, table = load_table(settings)
        what = ", ".join(settings.search_on) or settings.dataset
        source = f"{Path(table.source).name}, {len(table.rows):,} rows, {what}"
        facts = DataFacts(settings.data, source)
    else:
        settings.check_flags()
        starting_trials(dataclasses.replace(settings.search, trials=settings.evaluations))
        facts = DataFacts.of(sources.load(settings.data, seed=settings.seed))
    comparison = COMPARISON.create(path)
    comparison.record(settings, facts)
    return comparison
