"""Runs of every kind that a report is made of, written by hand: nothing is trained."""

import dataclasses
import json

import numpy as np

from nasnet.cells import CellSpace, Genotype
from nasnet.cells.spaces.hyper import Configuration
from nasnet.controller import Proposal
from nasnet.data import sources
from nasnet.data.dataset import Dataset
from nasnet.experiments.compare.comparison import begin, planned, record
from nasnet.experiments.compare.settings import CompareSettings
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.images import begin_on_images
from nasnet.experiments.searching.settings import SEARCH, SearchSettings
from nasnet.experiments.training.settings import TRAINING, TrainSettings
from nasnet.experiments.transfer.settings import TRANSFER, TRANSFER_PRESETS
from nasnet.experiments.tuning.settings import TUNING, TuneSettings
from nasnet.runtime.files import csv_text
from nasnet.search import TrialStore
from nasnet.search.trial import Trial
from nasnet.stacking.plan import Stack
from nasnet.transfer.training.history import COLUMNS

MARKUP = "</script><script>document.title = 'owned'</script><img src=x onerror=alert(1)> & $x_1$"
SPACE = CellSpace(2)


def images(count=60):
    """Noise in three classes, one of which has a name that is no mere name."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    y = np.arange(count) % 3
    return Dataset("noise", "noise, by hand", ("ant", MARKUP, "cow"), x, y, x[:21], y[:21])


def trials(count=30):
    """Children of a search of two workers: most are complete, some fail, one is met again."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(count):
        proposal = Proposal(SPACE.sample(rng), tuple(-rng.uniform(0, 2, len(SPACE.decisions))))
        genotype = SPACE.decode(proposal.choices)
        trial = Trial(number, proposal, genotype.to_json(), genotype.key, number, "complete", 1)
        trial = trial.ran(1.5, 2.0 * (number // 2) + 2)
        if number % 7 == 3:
            trial = dataclasses.replace(trial, state="error", error=f"step {number}: {MARKUP}")
        else:
            accuracy = round(float(rng.uniform(0.2, 0.6)), 4)
            costs = {"parameters": int(rng.integers(1000, 9000)), "mult_adds": 10**6 + number}
            trial = trial.with_result("complete", accuracy, {"val_accuracy": accuracy, **costs})
        found.append(trial)
    again = dataclasses.replace(found[0], number=count, reused_from=0, attempt=0, metrics={})
    return [*found, again.with_result("complete", found[0].reward, found[0].measured)]


def write_search(path, found=None, **settings):
    """The run directory of a search that has ended."""
    found = trials() if found is None else found
    wanted = {"trials": len(found), "blocks": 2, "stack": Stack(1, 2), "workers": 2, **settings}
    run = begin_on_images(
        SEARCH,
        SearchSettings(**wanted),
        images(),
        path,
        counts=(0, 0),
        stores={"nasnet.db": found},
    )
    with TrialStore(run.store) as store:
        store.keep_seconds(40)
    return path


def write_training(path, *, ended=True):
    """The run directory of a training of four epochs."""
    run = TRAINING.create(path)
    (path / "genotype.json").write_text(Genotype.from_json(trials(1)[0].genotype).to_json())
    rows = [(i, 2 / i, 0.2 * i, 2.1 / i, 0.15 * i, 3.0) for i in range(1, 5)]
    columns = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")
    (path / "history.csv").write_text(csv_text(columns, rows))
    if ended:
        result = {"test_accuracy": None, "test_images": 0, "val_accuracy": 0.6, "parameters": 1234}
        result |= {"mult_adds": 5_600_000, "epochs": 4, "seconds": 12.0}
        (path / "result.json").write_text(json.dumps(result))
    run.record(TrainSettings(), DataFacts.of(images()))
    return path


def write_transfer(path):
    """The run directory of a training on photos, by its second epoch."""
    run = TRANSFER.create(path)
    (path / "genotype.json").write_text(Genotype.from_json(trials(1)[0].genotype).to_json())
    rows = [
        ("train", 1, 5, 0.1, 1.2, 0.3, 0.9, 160, 1, ""),
        ("validation", 1, 5, "", 1.1, 0.4, 1, 30, 0, ""),
        ("train", 2, 10, 0.05, 1.0, 0.5, 1, 160, 0, ""),
    ]
    (path / "history.csv").write_text(csv_text(COLUMNS, rows))
    settings = dataclasses.replace(TRANSFER_PRESETS["small"], data=str(path))
    run.record(settings, DataFacts.of(images()))
    return path


def write_tuning(path):
    """The run directory of a tuning, whose objective is a loss."""
    run = TUNING.create(path)
    sources.write_arrays(images(), run.data)
    found = []
    for number, loss in enumerate((0.9, 0.4, 0.7)):
        values = (("layers", number), ("learning_rate", 0.1 / (number + 1)))
        configuration = Configuration((*values, (MARKUP, True)))
        trial = Trial(number, Proposal((number,)), configuration.to_json(), configuration.key, 0)
        trial = dataclasses.replace(trial.ran(1.0, number + 1.0), attempt=1)
        metrics = {"val_loss": loss, "best_epoch": 2, "parameters": 99, "epochs": []}
        found.append(trial.with_result("complete", -loss, metrics))
    with TrialStore(run.store) as store:
        store.save(found)
    settings = TuneSettings(trials=3)
    settings = dataclasses.replace(
        settings, fit=dataclasses.replace(settings.fit, objective="val_loss")
    )
    run.record(settings, DataFacts.of(images()))
    return path


def write_comparison(path):
    """A comparison of three runs of each of two controllers on a table of sixteen rows."""
    table = path.parent / "table.csv"
    rows = [f"{a},{b},{(a + b) / 10},{(a + b) / 12}" for a in range(4) for b in range(4)]
    table.write_text("\n".join(["a,b,valid,test", *rows]) + "\n")
    settings = CompareSettings(
        controllers=("random", "evolution"),
        table=str(table),
        decisions=("a", "b"),
        search_on=("valid",),
        report="test",
        budget=8,
        runs=3,
    )
    comparison = begin(settings, path)
    for run in planned(settings):
        best = 0.1 + 0.1 * run.number + 0.1 * (run.controller == "evolution")
        incumbents = [[1, 0.0, 0.0], [4, best, best]]
        record(comparison, run, {"incumbents": incumbents, "seconds": 0.5})
    return path
