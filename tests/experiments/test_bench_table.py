"""The table of a small space: all of its networks, each once, and fit for a comparison."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from nasnet.cells import network_cost
from nasnet.cells.spaces.operations import OperationSpace
from nasnet.controller import Proposal
from nasnet.experiments import cli, published
from nasnet.experiments.bench import driver as bench_table
from nasnet.experiments.compare.comparison import planned
from nasnet.experiments.compare.settings import CompareSettings
from nasnet.experiments.compare.tables import load_table, run_on_table
from nasnet.search import InlineExecutor, LoopSettings, Search, Trial, TrialStore
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from tests.fakes import Share

SPACE = OperationSpace()
TINY = "--data {data} --train-images 64 --workers 2 --stack.filters 2 --recipe.batch-size 16"


def test_the_space_has_625_different_networks():
    networks = bench_table.different_networks(SPACE)
    assert len(networks) == SPACE.size() == 625
    for choices in networks:
        genotype = SPACE.decode(choices)
        assert genotype.normal == genotype.reduction
        assert SPACE.encode(genotype) == choices


def test_equal_networks_are_enumerated_once():
    """Both operands read one input, so their order does not matter: 5 * 6 / 2 networks."""
    assert len(bench_table.different_networks(OperationSpace(wiring=((0, 0),)))) == 15


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: OperationSpace(operations=("conv_9x9",)), "expected different ones of"),
        (lambda: OperationSpace(wiring=((0, 2),)), "block 0 reads state 2, expected 0 to 1"),
        (lambda: SPACE.decode((0, 0, 0)), "3 choices, expected 4"),
        (lambda: SPACE.decode((0, 0, 0, 5)), "block_1/op_b is choice 5, expected 0 to 4"),
    ],
)
def test_what_is_not_in_the_space_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_samples_are_uniform(rng):
    samples = np.array([SPACE.sample(rng) for _ in range(2000)])
    counts = np.stack([np.bincount(column, minlength=5) for column in samples.T])
    assert abs(counts - 400).max() < 5 * np.sqrt(400 * 0.8)


def test_an_enumeration_goes_on_where_it_stopped(tmp_path):
    networks = bench_table.different_networks(SPACE)

    def search(trials):
        with TrialStore(tmp_path / "s.db") as store:
            enumeration = bench_table.Enumeration(networks)
            executor = InlineExecutor(Share())
            search = Search(SPACE, enumeration, store, executor, LoopSettings(trials))
            search.run()
            return search.trials

    search(7)
    assert [trial.proposal.choices for trial in search(40)] == networks[:40]


def made_trials():
    """Trials as a whole measurement leaves them, with accuracies in closed form."""
    trials = []
    for number, choices in enumerate(bench_table.different_networks(SPACE)):
        genotype = SPACE.decode(choices)
        metrics = {
            "val_accuracy": sum(choices) / 20,
            "test_accuracy": choices[0] / 5,
            "parameters": 100 + number,
            "mult_adds": 1000,
        }
        trials.append(
            Trial(
                number,
                Proposal(choices),
                genotype.to_json(),
                genotype.key,
                7,
                state="complete",
                reward=sum(choices) / 20,
                metrics=metrics,
            )
        )
    return trials


def test_the_table_of_the_repository_is_of_this_space():
    """Every network once, with the costs that are counted, and accuracies of 2,000 images each."""
    path = Path(published.__file__).parent / "tables" / "cells-shapes10.csv.gz"
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    assert {tuple(json.loads(row["choices"])) for row in rows} == set(SPACE)
    for row in rows:
        genotype = SPACE.decode(json.loads(row["choices"]))
        cost, _ = network_cost(CellNetwork(genotype, Stack(1, 4), (32, 32, 3), 10))
        assert row["key"] == genotype.key
        assert int(row["parameters"]) == cost.trainable_parameters
        assert int(row["mult_adds"]) == cost.mult_adds
        for name in ("val_accuracy", "test_accuracy"):
            right = 2000 * float(row[name])
            assert right == pytest.approx(round(right), abs=1e-6)


def test_a_whole_table_can_be_compared_on(tmp_path):
    path = tmp_path / "cells.csv.gz"
    assert bench_table.write_table(made_trials(), path) == 625
    before = path.read_bytes()
    bench_table.write_table(made_trials(), path)
    assert path.read_bytes() == before
    settings = CompareSettings(
        controllers=("random",),
        space="cells",
        dataset="shapes10",
        table=str(path),
        budget=50,
        runs=1,
    )
    measured, table = load_table(settings)
    (run,) = planned(settings)
    for _, value, test, key in run_on_table(measured, table, settings, run)["incumbents"]:
        row = table.row(key)
        assert (value, test) == (table.search[0][row], table.report[row])
    assert table.report.max() == 0.8


def test_a_table_with_gaps_is_refused(tmp_path):
    bench_table.write_table(made_trials()[:600], tmp_path / "t.csv")
    settings = CompareSettings(space="cells", dataset="shapes10", table=str(tmp_path / "t.csv"))
    with pytest.raises(ValueError, match="lacks 25 of 625 architectures, expected all"):
        load_table(settings)


@pytest.mark.slow
def test_networks_are_trained_and_gone_on_with(tmp_path, capsys):
    rng = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 64), ("val", 40), ("test", 30)):
        arrays[f"x_{split}"] = rng.integers(0, 256, (count, 16, 16, 3), np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 2
    np.savez(tmp_path / "small.npz", **arrays)

    def invoke(*arguments):
        code = cli.run(lambda: cli.parse(["bench-table", *map(str, arguments)]).run())
        return code, capsys.readouterr()

    folder, table = tmp_path / "run", tmp_path / "table.csv.gz"
    flags = TINY.format(data=tmp_path / "small.npz").split()
    code, captured = invoke(*flags, "--cells", 2, "--out", folder, "--table", table)
    assert code == 0, captured.err
    code, captured = invoke("--resume", folder, "--cells", 3, "--table", table)
    assert code == 0, captured.err
    assert "resuming: 2 of 3 trials are done" in captured.err
    with gzip.open(table, "rt") as file:
        rows = list(csv.DictReader(file))
    choices = [tuple(json.loads(row["choices"])) for row in rows]
    assert choices == bench_table.different_networks(SPACE)[:3]
    for row, chosen in zip(rows, choices, strict=True):
        assert row["key"] == SPACE.decode(chosen).key
        # On 40 and 30 images.
        assert float(row["val_accuracy"]) * 40 == pytest.approx(
            round(float(row["val_accuracy"]) * 40), abs=0.01
        )
        assert float(row["test_accuracy"]) * 30 == pytest.approx(
            round(float(row["test_accuracy"]) * 30), abs=0.01
        )
    code, captured = invoke("--resume", folder, "--recipe.epochs", 2)
    assert code == 2
    assert "recipe.epochs: 1 in the run, 2 now" in captured.err
    code, captured = invoke("--table", "x.txt")
    assert (code, "x.txt" in captured.err) == (2, True)
