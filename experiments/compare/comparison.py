"""A comparison of controllers: its folder, and the runs that it is made of."""

import dataclasses
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.experiments.compare.settings import RESUMABLE, CompareSettings
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.runs.directory import RunDirectory, create
from nasnet.runtime.files import write_atomically

COMPARISON = "nasnet-comparison"


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
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


def planned(settings: CompareSettings) -> Iterator[Run]:
    """All runs; controllers take turns, so that a comparison that is stopped early is fair, too.

    No two runs share a seed: with one, evolution's first population would be what random search
    draws, and the test that follows takes runs to be independent.
    """
    for number in range(settings.runs):
        for name, chosen in settings.chosen.items():
            entropy = [settings.seed, zlib.crc32(name.encode()), number]
            seed = int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)
            yield Run(name, number, seed, dict(chosen.settings))


class ComparisonFolder(RunDirectory):
    """The folder of a comparison: `config.json`, `runs/`, and the results."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, COMPARISON)
        self.runs = path / "runs"

    def write_settings(self, settings: CompareSettings, source: str) -> None:
        """Records what is compared."""
        self.write_config(dataclasses.asdict(settings), source=source, classes=())

    def record(self, run: Run, result: dict[str, Any]) -> None:
        """Keeps the result of a run that has ended."""
        self.runs.mkdir(exist_ok=True)
        text = json.dumps({**dataclasses.asdict(run), **result}) + "\n"
        write_atomically(self.runs / f"{run.name}.json", text)

    def recorded(self, run: Run) -> dict[str, Any] | None:
        """What `record` kept; None where the run has not ended.

        Raises:
            ValueError: the file is damaged, or the controller had other settings.
        """
        path = self.runs / f"{run.name}.json"
        if not path.is_file():
            return None
        try:
            result = json.loads(path.read_text())
            found = {field.name: result[field.name] for field in dataclasses.fields(Run)}
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is no record of a run: {error!r}") from None
        wanted = json.loads(json.dumps(dataclasses.asdict(run)))
        if found != wanted:
            raise ValueError(f"{path} is of the run {found}, expected {wanted}")
        return result


def begin(settings: CompareSettings, path: Path | None, source: str) -> ComparisonFolder:
    """Makes the folder of a new comparison.

    Raises:
        ValueError: there is something already.
        OSError: it cannot be written.
    """
    folder = ComparisonFolder(create(path, "compare", COMPARISON).path)
    folder.write_settings(settings, source)
    return folder


def open_comparison(path: Path) -> ComparisonFolder:
    """The folder of an earlier comparison.

    Raises:
        NotFoundError: there is none.
    """
    if not (path / "config.json").is_file():
        raise NotFoundError(f"{path} holds no comparison, expected a folder with config.json")
    return ComparisonFolder(path)


def reopen(path: Path, settings: CompareSettings) -> ComparisonFolder:
    """The same, to go on with `settings`.

    Raises:
        NotFoundError: there is none.
        ValueError: settings have changed that may not; the text names them.
    """
    folder = open_comparison(path)
    folder.resume(settings, RESUMABLE)
    return folder
