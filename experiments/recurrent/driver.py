"""A search of recurrent cells from a text to trained cells, in a run directory."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasnet.data.dataset import DataError
from nasnet.data.text import Text, read_text
from nasnet.experiments.console.bar import Bar
from nasnet.experiments.recurrent.settings import RECURRENT, RecurrentRun, RecurrentSettings
from nasnet.experiments.runs.facts import DataFacts
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow

SHARED, PROPOSED, TRAININGS = "shared.npz", "proposed.json", "trainings"


def begin(settings: RecurrentSettings, path: Path | None) -> RecurrentRun:
    """Makes the run directory of a new search.

    Raises:
        DataError: there is no such text, or too little of it.
        ValueError: the settings or the folder cannot be used.
        OSError: the folder cannot be written.
    """
    text = _text(settings)
    run = RECURRENT.create(path)
    (run.path / TRAININGS).mkdir()
    run.record(settings, DataFacts.of(text))
    return run


def reopen(path: Path, settings: RecurrentSettings) -> RecurrentRun:
    """A search to go on with; its text may lie elsewhere by now.

    Raises:
        NotFoundError: there is none.
        ValueError: settings have changed, or the text is another one.
    """
    run = RECURRENT.open(path)
    run.facts.check_same(DataFacts.of(_text(settings)), str(path))
    return RECURRENT.reopen(path, settings)


def _text(settings: RecurrentSettings) -> Text:
    if not settings.data:
        raise DataError("data is not given, expected --data FILE, a text")
    text = read_text(Path(settings.data), settings.unit, most=settings.symbols)
    recipe = settings.recipe
    text.check(train=recipe.batch_size * recipe.steps + 1, other=16 * recipe.steps + 1)
    return text


def run_all(run: RecurrentRun) -> bool:
    """Trains what is left: the shared weights and their controller, then cells alone.

    Raises:
        ValueError: another process is at work here, or its state cannot be gone on from.
    """
    settings = run.settings
    with run.lock():
        import_tensorflow()
        text = _text(settings)
        found = _found(run, settings, text)
        _train(run, settings, text, found)
    return True


def _found(run: RecurrentRun, settings: RecurrentSettings, text: Text) -> list[dict[str, Any]]:
    """The cells that the search proposes, the best first, as in `proposed.json`."""
    path = run.path / PROPOSED
    if path.is_file():
        return json.loads(path.read_text())
    from nasnet.experiments.recurrent.shared import SharedSearch

    search = SharedSearch(settings, text, run.path / SHARED)
    of_round = settings.shared_steps + settings.controller_steps
    total, done = settings.rounds * of_round, len(search.rounds) * of_round
    with Bar("shared weights", total, done, unit="steps", every=20) as bar:
        while len(search.rounds) < settings.rounds:
            before, line = len(search.rounds) * of_round, ""
            if search.rounds:
                last = search.rounds[-1]
                line = f"perplexity {last.perplexity:.2f}, {last.entropy:.1f} nats"
            search.step(_shown(bar, before, line))
    rows = [
        {"cell": json.loads(cell.to_json()), "shared_perplexity": perplexity}
        for cell, perplexity in search.proposals()
    ]
    write_atomically(path, json.dumps(rows, indent=2) + "\n")
    return rows


def _shown(bar: Bar, before: int, line: str) -> Callable[[int], None]:
    return lambda made: bar.update(before + made, line=line)


def _train(
    run: RecurrentRun, settings: RecurrentSettings, text: Text, found: list[dict[str, Any]]
) -> None:
    """Trains what is left of the contestants, all of them with one seed after the other."""
    from nasnet.cells.recurrent.reading import read_recurrent
    from nasnet.experiments.recurrent import trainings

    cells = [cell for row in found if (cell := read_recurrent(json.dumps(row["cell"])))]
    folder = run.path / TRAININGS
    work = [
        (contestant, seed)
        for seed in range(settings.seeds)
        for contestant in trainings.contestants(settings, cells, len(text.symbols))
    ]
    left = [w for w in work if not trainings.result_path(*w, folder).is_file()]
    done = len(work) - len(left)
    with Bar("trainings", len(work), done) as bar:
        for contestant, seed in left:
            bar.update(done, line=f"{contestant.name}, seed {seed}")
            result = trainings.train(contestant, seed, text, settings, folder)
            done += 1
            perplexity = math.exp(result["val_loss"])
            bar.update(done, line=f"{contestant.name}, seed {seed}: perplexity {perplexity:.3f}")
