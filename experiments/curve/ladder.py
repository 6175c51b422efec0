"""Networks of several sizes of several cells, and what they reach by one recipe."""

import dataclasses
import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nasnet.cells import Genotype, Limits
from nasnet.experiments.console.lines import say
from nasnet.experiments.curve.settings import CURVE, CurveRun, CurveSettings
from nasnet.experiments.curve.trainings import accuracies, has_ended, train
from nasnet.experiments.errors import INTERRUPTED, OK, FailedError
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.experiments.transfer.data import open_data
from nasnet.runtime.files import write_atomically
from nasnet.stacking.network import CellFrame
from nasnet.transfer.quantities import parse_count
from nasnet.transfer.scaling import Candidate, base_plan, scale

_CELLS = "cells"


@dataclasses.dataclass(frozen=True)
class Rung:
    """One network of the ladder.

    Attributes:
        cell: its name.
        path: the file with its genotype.
        candidate: its plan, and what it costs.
        folders: of its trainings, one a seed.
    """

    cell: str
    path: Path
    candidate: Candidate
    folders: tuple[Path, ...]


def begin(settings: CurveSettings, cells: Sequence[str], path: Path | None) -> CurveRun:
    """Makes the run directory of a new curve: the cells, and the settings.

    Raises:
        NotFoundError: there is no such cell.
        ValueError: the settings, the cells or the images cannot be used.
        OSError: the folder cannot be written.
    """
    if not cells:
        raise ValueError("number of cells is 0, expected at least 1")
    found = dict(resolve_cell(cell) for cell in cells)
    if len(found) < len(cells):
        raise ValueError(f"cells are {', '.join(cells)}, expected different ones")
    images = open_data(settings.data, None)
    for genotype in found.values():
        _plans(settings, genotype, len(images.classes))
    run = CURVE.create(path)
    (run.path / _CELLS).mkdir()
    for i, (name, genotype) in enumerate(found.items()):
        folder = run.path / _CELLS / str(i)  # in the order given
        folder.mkdir()
        write_atomically(folder / f"{name}.json", genotype.to_json(indent=2) + "\n")
    run.record(settings, DataFacts.of(images))
    return run


def reopen(path: Path, settings: CurveSettings) -> CurveRun:
    """A curve to go on with; its photos may lie elsewhere by now.

    Raises:
        NotFoundError: there is none.
        ValueError: settings have changed, or the photos are others than those of the run.
    """
    run = CURVE.open(path)
    if settings.data != run.data_name:
        run.facts.check_same(DataFacts.of(open_data(settings.data, None)), str(path))
    return CURVE.reopen(path, settings)


def train_all(run: CurveRun) -> bool:
    """Trains what is left, whole ladders with one seed after the other; False after Ctrl-C.

    Raises:
        FailedError: a training has failed.
        ValueError: another process is training here.
    """
    settings = run.settings
    with run.lock():
        work = [
            (rung, seed)
            for seed in range(settings.seeds)
            for rung in rungs(run)
            if not has_ended(rung.folders[seed])
        ]
        for number, (rung, seed) in enumerate(work, start=1):
            plan, folder = rung.candidate.plan, rung.folders[seed]
            say(f"training {number} of {len(work)}: {rung.cell}, {plan}, seed {seed}")
            folder.parent.mkdir(parents=True, exist_ok=True)
            flags = ["--size", str(settings.size), "--seed", str(seed)]
            flags += shlex.split(settings.train)
            code = train(str(rung.path), plan, settings.data, folder, flags)
            if code == INTERRUPTED:
                return False
            if code != OK:
                raise FailedError(f"training in {folder} ended with code {code}, expected 0")
    return True


def rungs(run: CurveRun) -> Iterator[Rung]:
    """The ladder, cell by cell from the smallest network to the largest."""
    settings, classes = run.settings, len(run.facts.classes)
    for folder in sorted((run.path / _CELLS).iterdir(), key=lambda folder: int(folder.name)):
        (path,) = folder.iterdir()
        for candidate in _plans(settings, Genotype.from_json(path.read_text()), classes):
            place = run.path / path.stem / candidate.plan
            folders = tuple(place / f"seed-{seed}" for seed in range(settings.seeds))
            yield Rung(path.stem, path, candidate, folders)


def measured(run: CurveRun) -> list[dict[str, Any]]:
    """What the trainings that have ended show, a row a network, as JSON values."""
    rows = []
    for rung in rungs(run):
        ended = [folder for folder in rung.folders if has_ended(folder)]
        if ended:
            plan = rung.candidate
            costs = {"parameters": plan.parameters, "mult_adds": plan.mult_adds}
            rows.append({"cell": rung.cell, "plan": plan.plan, **costs, **accuracies(ended)})
    return rows


def document(run: CurveRun, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """All of it as one JSON document."""
    return {"run": str(run.path), "settings": run.recorded, "source": run.source, "networks": rows}


def write_document(run: CurveRun, rows: list[dict[str, Any]]) -> None:
    """Keeps it in the run directory."""
    text = json.dumps(document(run, rows), indent=2, allow_nan=False) + "\n"
    write_atomically(run.path / "curve.json", text)


def _plans(settings: CurveSettings, genotype: Genotype, classes: int) -> list[Candidate]:
    """The networks of a cell by rising cost, each once."""
    shape = (settings.size, settings.size, 3)
    frame = CellFrame(base_plan(genotype), shape, classes)
    found = {}
    for text in settings.mult_adds:
        limits = Limits(mult_adds=parse_count(text, "mult-adds"))
        repeats = settings.repeats, settings.repeats
        (candidate,) = scale(genotype, limits, frame, repeats=repeats, step=settings.step)
        found[candidate.plan] = candidate
    return sorted(found.values(), key=lambda candidate: candidate.mult_adds)
