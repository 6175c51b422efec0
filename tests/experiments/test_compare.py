"""Comparisons: every run counts once, the statistics are right, and going on changes nothing."""

import csv
import dataclasses
import gzip
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from nasnet.cells import ZOO, network_cost
from nasnet.cells.spaces.nasbench201 import NASBench201Cell, NASBench201Space
from nasnet.experiments.compare.comparison import planned
from nasnet.experiments.compare.report import staircase
from nasnet.experiments.compare.retraining import filters_within
from nasnet.experiments.compare.settings import CompareSettings
from nasnet.experiments.compare.tables import load_table, run_on_table
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.plan import Stack
from nasnet.viz import Band, comparison_figure
from tests.processes import Program

ROOT = Path(__file__).parents[2]
COLUMNS = ("arch", "e12_cifar10_valid", "e200_cifar10_test")


@pytest.fixture(scope="module")
def table_file(tmp_path_factory):
    """A table in which validation follows the 3x3 convolutions, and test accuracy the others."""
    path = tmp_path_factory.mktemp("tables") / "made.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for cell in map(NASBench201Space().decode, NASBench201Space()):
            convolutions = cell.operations.count("nor_conv_3x3")
            skips = cell.operations.count("skip_connect")
            writer.writerow((cell.arch, 10 * convolutions, 90 - skips))
    return path


def compare(table_file, folder, *more):
    settings = "--budget 60 --budgets 10 --workers 1"
    names = "random,evolution,population=10,tournament=5"
    return ["compare", "--table", table_file, "--controllers", names, *settings.split(), *more] + (
        ["-o", folder] if folder else []
    )


def test_a_comparison_is_written_whole_and_goes_on_as_one(table_file, tmp_path, invoke):
    code, out, err = invoke(*compare(table_file, tmp_path / "whole", "--runs", 6), "--json")
    assert code == 0, err
    whole = json.loads(out)
    code, _, err = invoke(*compare(table_file, tmp_path / "parts", "--runs", 2))
    assert code == 0, err
    code, out, err = invoke("compare", "--resume", tmp_path / "parts", "--runs", 6, "--json")
    assert code == 0, err
    assert "resuming: 4 of 12 runs are done" in err
    parts = json.loads(out)
    assert parts["standings"] == whole["standings"]
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    assert {"config.json", "results.json", "curves.csv", "runs.csv", "regret.png"} <= names
    assert json.loads((tmp_path / "parts" / "results.json").read_text()) == parts
    assert len(list((tmp_path / "whole" / "runs").iterdir())) == 12
    with (tmp_path / "whole" / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    after = [float(row["after_60"]) for row in rows if row["controller"] == "evolution"]
    row = next(
        r for r in whole["standings"] if (r["controller"], r["evaluations"]) == ("evolution", 60)
    )
    assert row["mean"] == pytest.approx(np.mean(after), abs=1e-6)
    assert row["regret"] == pytest.approx(0.90 - np.mean(after), abs=1e-6)


def test_the_test_column_is_reported_and_never_searched(table_file):
    """Incumbents follow the convolutions up, and carry the test value of their own row."""
    settings = CompareSettings(controllers=("random",), table=str(table_file), budget=200, runs=1)
    (run,) = planned(settings)
    loaded = load_table(settings)
    incumbents = run_on_table(*loaded, settings, run)["incumbents"]
    values = [entry[1] for entry in incumbents]
    assert values == sorted(set(values))
    for evaluations, value, test, arch in incumbents:
        cell = NASBench201Cell.from_arch(arch)
        assert value == pytest.approx(cell.operations.count("nor_conv_3x3") / 10)
        assert test == pytest.approx(0.90 - cell.operations.count("skip_connect") / 100)
        assert 1 <= evaluations <= 200
    again = run_on_table(*loaded, settings, run)["incumbents"]
    assert again == incumbents


def test_settings_stand_behind_the_names():
    texts = ("random,evolution,population=30", "ppo,tanh_constant=None", "tpe,window=50,tpe")
    chosen = CompareSettings(controllers=texts, table="t.csv").chosen
    assert [*chosen] == ["random", "evolution", "ppo", "tpe,window=50", "tpe"]
    assert chosen["evolution"].settings == {"population": 30, "tournament": 20, "identity": 0.0}
    assert chosen["ppo"].settings["tanh_constant"] is None
    assert chosen["tpe"].settings == {}


@pytest.fixture
def two_budgets(tmp_path):
    """Any table will do: one of pizzas. A short bake does not tell all of a long one."""
    path, rng = tmp_path / "pizza.csv", np.random.default_rng(0)
    lines = ["flour,yeast,heat,minutes_5,minutes_12,guests"]
    for flour, yeast, heat in itertools.product(("00", "rye", "spelt"), (1, 2, 3, 5), (200, 300)):
        long = len(flour) + yeast - 2 * (heat == 200)
        lines.append(f"{flour},{yeast},{heat},{long + rng.normal()},{long},{long * 10}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("columns", ["minutes_12", "minutes_5 minutes_12"])
def test_any_table_can_be_searched(two_budgets, tmp_path, invoke, columns):
    words = f"--decisions flour,yeast,heat --search-on {columns} --report guests --runs 3"
    names = "random local_search,starts=2 evolution,population=5"
    budget = f"--budget 20 --workers 1 --controllers {names} --json"
    folder = tmp_path / "out"
    code, out, err = invoke(
        "compare", "--table", two_budgets, *words.split(), *budget.split(), "-o", folder
    )
    assert code == 0, err
    report = json.loads(out)
    assert report["value"] == "guests"
    assert report["best"] == 100
    assert report["source"] == f"pizza.csv, 24 rows, {columns.replace(' ', ', ')}"
    assert all(row["mean"] <= 100 for row in report["standings"])
    kept = json.loads((folder / "runs" / "random-0.json").read_text())
    assert kept["incumbents"][0][0] == 1  # the first child goes on to the end
    assert {entry[3].count(",") for entry in kept["incumbents"]} == {2}


def test_nas_bench_201_is_searched_by_both_of_its_budgets(real_data, tmp_path, invoke):
    """Validation accuracy after 12 epochs sorts out what is not worth 200."""
    tables = [real_data / "nas" / f"nasbench201{name}.csv.gz" for name in ("", "_e200_valid")]
    texts = [gzip.decompress(path.read_bytes()).decode() for path in tables]
    rows = [list(csv.DictReader(text.splitlines())) for text in texts]
    later = {row["arch"]: row for row in rows[1]}
    columns = ("arch", "e12_cifar10_valid", "e200_cifar10_valid", "e200_cifar10_test")
    joined = tmp_path / "joined.csv"
    with joined.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**row, **later[row["arch"]]} for row in rows[0])
    words = "--search-on e12_cifar10_valid e200_cifar10_valid --report e200_cifar10_test"
    code, out, err = invoke(
        "compare", "--table", joined, *words.split(), "--scale", 0.01, "--controllers", "random",
        "--budget", 300, "--runs", 2, "--workers", 1, "--json", "-o", tmp_path / "out",
    )  # fmt: skip
    assert code == 0, err
    report = json.loads(out)
    assert report["best"] == pytest.approx(0.9437, abs=5e-5)
    assert report["standings"][-1]["mean"] > 0.92


def test_no_two_runs_share_a_seed():
    settings = CompareSettings(controllers=("random", "ppo,reinforce"), runs=50, table="t.csv")
    seeds = [run.seed for run in planned(settings)]
    assert len(seeds) == len(set(seeds)) == 150
    assert [run.name for run in planned(settings)][:4] == [
        "random-0",
        "ppo-0",
        "reinforce-0",
        "random-1",
    ]


def test_a_controller_that_does_not_beat_random_is_named(table_file, tmp_path, invoke):
    folder = tmp_path / "x"
    code, out, _ = invoke(*compare(table_file, folder, "--runs", 2))
    assert code == 0
    assert "evolution does not beat random search at any of these budgets" in out
    results = json.loads((folder / "results.json").read_text())
    assert results["never_better_than_random"] == ["evolution"]


def test_staircases_stand_between_their_steps():
    curve = staircase([[2, 0.5, 0.1], [4, 0.75, 0.2]], 2, 5)
    assert math.isnan(curve[0])
    assert curve[1:].tolist() == [0.1, 0.1, 0.2, 0.2]


@pytest.mark.parametrize("below", [None, 1e-3])
def test_the_figure_names_every_controller_apart(below):
    names = ["random", *(f"controller {i}" for i in range(11))]
    flat = {name: Band([0.02, 0.01], [0.01, 0.005], [0.03, 0.015]) for name in names}
    figure = comparison_figure(flat, value="regret", linear_below=below, checkpoints=(1, 2))
    figure.canvas.draw()
    boxes = sorted(
        (text.get_window_extent() for text in figure.axes[0].texts), key=lambda box: box.y0
    )
    assert {text.get_text() for text in figure.axes[0].texts} == set(names)
    for lower, upper in itertools.pairwise(boxes):
        assert lower.y1 <= upper.y0 + 1


def test_an_empty_figure_is_refused():
    with pytest.raises(ValueError, match="expected at least one, and none empty"):
        comparison_figure({}, value="regret")


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ("--controllers tabu", "controller is 'tabu', expected one of: random"),
        ("--controllers progressive", "controllers has 'progressive', expected --evaluator child"),
        ("--evaluator child --controllers progressive", "expected --evaluator child --search.grow"),
        ("--budget 0", "budget is 0, expected at least 1"),
        ("--minutes 5", "time is 300 seconds with a table, expected --budget"),
        (
            "--evaluator child --minutes 5 --budgets 200",
            "budgets has 200, expected 1 to percent of",
        ),
        ("--evaluator child --search.minutes 5", "search.minutes is 5.0, expected --minutes inst"),
        ("--budgets 900", "budgets has 900, expected 1 to the budget, 500"),
        ("--dataset mnist", "dataset is 'mnist' of nasbench201, expected one of: cifar10"),
        ("--space darts", "space is 'darts', expected one of: nasbench201, cells"),
        ("--controllers ppo,colour=red", "setting of ppo is 'colour', expected one of: learning"),
        ("--controllers ppo,clip=-1", "clip is -1.0, expected above 0"),
        ("--evaluator child --search.seed 3", "search.seed is 3, expected --seed instead"),
        ("--evaluator child --data missing", "missing"),
        ("--retrain 2", "retrain is 2, expected 0 with a table"),
        ("--dataset cifar100", "has no column 'e12_cifar100_valid', expected one of: arch"),
        ("--table missing.csv", "missing.csv"),
        ("--decisions arch", "search_on is '' with report None, expected columns of the table for"),
        ("--search-on e12_cifar10_valid", "with report None, expected columns of the table for"),
        ("--decisions arch --search-on x --report y", "has no column 'x', expected one of: arch"),
        ("--resume {tmp}/none", "none does not exist, expected that of a comparison"),
    ],
)
def test_bad_input_is_one_clear_line_and_writes_nothing(
    table_file, tmp_path, invoke, monkeypatch, flags, text
):
    monkeypatch.chdir(tmp_path)
    more = flags.format(tmp=tmp_path).split()
    code, _, err = invoke("compare", "--table", table_file, *more)
    assert code in (2, 3), err
    assert text in " ".join(err.split())
    assert list(tmp_path.iterdir()) == []


def test_changed_settings_are_refused(table_file, tmp_path, invoke):
    invoke(*compare(table_file, tmp_path / "x", "--runs", 1))
    code, _, err = invoke("compare", "--resume", tmp_path / "x", "--budget", 70)
    assert code == 2
    assert "budget: 60 in the run, 70 now" in err
    record = tmp_path / "x" / "runs" / "evolution-0.json"
    data = json.loads(record.read_text())
    record.write_text(json.dumps(data | {"seed": 1}))
    code, _, err = invoke("compare", "--resume", tmp_path / "x")
    assert code == 2
    assert "evolution-0.json is of the run" in err


def test_ctrl_c_keeps_what_has_ended_and_says_how_to_go_on(table_file, tmp_path):
    folder = tmp_path / "run"
    driver = Program("nasnet.experiments.cli", *compare(table_file, folder, "--runs", 500))
    driver.wait_for(lambda: len(list(folder.glob("runs/*.json"))) >= 3)
    driver.interrupt()
    _, err = driver.finish(code=130)
    assert f"go on with: nasnet compare --resume {folder}" in " ".join(err.split())
    assert (folder / "results.json").is_file()


@pytest.mark.parametrize("name", ["nasnet-a", "amoebanet-a", "darts-v2", "pnasnet-5"])
def test_filters_are_the_most_that_fit(name):
    if name not in ZOO:
        pytest.skip(f"no zoo cell is called {name}")
    stack, shape = Stack(repeats=2, filters=1), (32, 32, 3)

    def count(filters):
        plan = dataclasses.replace(stack, filters=filters)
        return network_cost(CellNetwork(ZOO[name].genotype, plan, shape, 10))[
            0
        ].trainable_parameters

    for limit in (count(1), 100_000, count(12), count(12) - 1):
        filters = filters_within(CellNetwork(ZOO[name].genotype, stack, shape, 10), limit)
        assert count(filters) <= limit < count(filters + 1)
    assert filters_within(CellNetwork(ZOO[name].genotype, stack, shape, 10), count(12)) == 12
    with pytest.raises(ValueError, match=r"1 filters has .* parameters, expected at most 100$"):
        filters_within(CellNetwork(ZOO[name].genotype, stack, shape, 10), 100)
