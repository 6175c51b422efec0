"""`nasnet reward-quality`: from the command line to the files, stopped and gone on with."""

import csv
import json

import numpy as np
import pytest

from nasnet.cells import NASNET_A, CellSpace, Genotype
from nasnet.experiments import cli
from nasnet.experiments.rewards import measuring
from nasnet.experiments.rewards.cells import measured_cells, read_truth
from nasnet.experiments.rewards.report import qualities
from nasnet.experiments.rewards.settings import RewardSettings
from nasnet.experiments.searching.report import lead
from nasnet.experiments.searching.settings import SEARCH
from nasnet.search import InlineExecutor, TrialStore
from nasnet.search.evaluators import EVALUATORS
from nasnet.search.rank_correlation import kendall_tau
from nasnet.search.trial import Trial
from nasnet.viz import RewardPoint, rewards_figure

TINY = "--train-images 40 --val-images 20 --blocks 1 --workers 1 --stack.filters 2 --cells 3"


@pytest.fixture
def invoke(capsys, monkeypatch):
    """Runs the command with all children in this process."""
    monkeypatch.setattr(measuring, "start_pool", lambda evaluator, *_: InlineExecutor(evaluator))

    def call(*arguments):
        words = ["reward-quality", *map(str, arguments)]
        code = cli.run(lambda: cli.parse(words).run())
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def task(small_images):
    """The words that ask for a small measurement on a file of small images."""
    return ["--data", small_images, *TINY.split()]


def table(folder):
    with (folder / "cells.csv").open() as file:
        return list(csv.DictReader(file))


def test_every_cell_is_measured_from_every_seed(invoke, task, tmp_path):
    run = tmp_path / "run"
    code, text, err = invoke(*task, "--seeds", "2", "--out", run)
    assert code == 0, err
    assert "of what tells two rewards (accuracy) apart is luck" in text
    assert f"results are in {run}: reward.json, cells.csv" in text
    rows = json.loads((run / "reward.json").read_text())
    assert [row["score"] for row in rows] == [
        "accuracy", "loss", "training loss", "training accuracy",
    ]  # fmt: skip
    assert {(row["cells"], row["seeds"], row["tau"]) for row in rows} == {(3, 2, None)}
    cells = table(run)
    values = [[float(cell["accuracy_0"]), float(cell["accuracy_1"])] for cell in cells]
    assert rows[0]["mean"] == pytest.approx(np.mean(values), abs=1e-4)
    with TrialStore(run / "nasnet.db", create=False) as store:
        trials = store.trials()
    assert [trial.key for trial in trials] == [cell["key"] for cell in cells] * 2
    assert len({trial.seed for trial in trials}) == 6
    assert all(trial.metrics["cpu_seconds"] > 0 for trial in trials)
    # Other seeds come on top, those that are there stay as they are.
    code, _, err = invoke("--resume", run, "--seeds", "3")
    assert code == 0, err
    assert [[float(cell[f"accuracy_{i}"]) for i in (0, 1)] for cell in table(run)] == values
    code, _, err = invoke("--resume", run, "--cells", "4")
    assert code == 2
    assert "settings have changed, expected those of" in err
    assert "cells: 3 in the run, 4 now" in err


def test_a_truth_names_the_cells_and_is_compared_with(invoke, task, tmp_path):
    truth, run, figure = tmp_path / "truth", tmp_path / "run", tmp_path / "figure.png"
    more = ["--recipe.epochs", "2", "--cells", "4"]
    assert invoke(*task, *more, "--seeds", "1", "--out", truth)[0] == 0
    words = ["--evaluator", "parameters", "--seeds", "1", "--truth", truth, "--cells", "9"]
    code, text, err = invoke(*task, *words, "--out", run)
    assert code == 0, err
    assert [cell["key"] for cell in table(run)] == [cell["key"] for cell in table(truth)]
    (row,) = json.loads((run / "reward.json").read_text())
    assert row["score"] == "parameters"
    accuracies = np.array([float(cell["accuracy_0"]) for cell in table(truth)])
    parameters = np.array([float(cell["parameters_0"]) for cell in table(run)])
    assert row["tau"] == pytest.approx(kendall_tau(parameters, accuracies), abs=1e-4)
    # The cells that settings were chosen on are left out.
    rest = measured_cells(RewardSettings(blocks=1, truth=str(truth), skip=2))
    assert [cell.genotype.key for cell, _ in rest] == [cell["key"] for cell in table(truth)][2:]
    # Both again, beside each other, against the table alone.
    words = [run, truth, "--truth", truth / "cells.csv", "--figure", figure]
    code, text, err = invoke(*words)
    assert code == 0, err
    assert "rewards of 4 cells" in text
    assert figure.stat().st_size > 1000
    code, text, _ = invoke(run, "--truth", truth, "--json")
    assert code == 0
    assert json.loads(text) == json.loads((run / "reward.json").read_text())


@pytest.mark.parametrize("name", [name for name, kind in EVALUATORS.items() if kind.untrained])
def test_every_measure_of_untrained_networks_is_a_reward(invoke, task, tmp_path, name):
    run = tmp_path / "run"
    code, _, err = invoke(*task, "--evaluator", name, "--seeds", "1", "--out", run)
    assert code == 0, err
    (row,) = json.loads((run / "reward.json").read_text())
    assert (row["score"], row["icc"]) == (name, None)


def test_it_stops_and_goes_on_to_the_same_end(invoke, task, tmp_path, monkeypatch):
    whole, run = tmp_path / "whole", tmp_path / "run"
    assert invoke(*task, "--seeds", "2", "--out", whole)[0] == 0
    finish, ended = measuring.Search._finish, []

    def finish_and_stop(search, trial):
        finish(search, trial)
        ended.append(trial.number)
        if len(ended) == 2:
            search.stop()

    monkeypatch.setattr(measuring.Search, "_finish", finish_and_stop)
    code, _, err = invoke(*task, "--seeds", "2", "--out", run)
    assert code == 130
    assert f"go on with: nasnet reward-quality --resume {run}" in err
    assert len(ended) == 2
    assert invoke("--resume", run)[0] == 0
    assert sorted(ended) == list(range(6))

    def without_seconds(cells):
        return [{k: v for k, v in cell.items() if "seconds" not in k} for cell in cells]

    assert without_seconds(table(run)) == without_seconds(table(whole))


def test_known_cells_come_before_random_ones():
    settings = RewardSettings(start_from=("nasnet-a",), cells=4, seed=3)
    cells = measured_cells(settings)
    assert [cell.origin for cell, _ in cells] == ["nasnet-a", "random", "random", "random"]
    space = CellSpace()
    normal = space.decode(cells[0][1]).normal
    assert normal.blocks == NASNET_A.normal.blocks
    again = measured_cells(RewardSettings(cells=3, seed=3))
    assert [choices for _, choices in again] == [choices for _, choices in cells[1:]]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cells": 1}, "cells is 1, expected at least 2"),
        ({"seeds": 0}, "seeds is 0, expected at least 1"),
        ({"truth": "t", "start_from": ("enas",)}, "start_from is 'enas' beside a truth, expected"),
        ({"evaluator": "guess"}, "evaluator is 'guess', expected"),
    ],
)
def test_settings_out_of_range_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        RewardSettings(**changes)


@pytest.mark.parametrize(
    ("content", "code", "text"),
    [
        (None, 3, "has no cells.csv, expected the run of a reward-quality"),
        ("", 2, "has the columns none; expected genotype, accuracy_0 and so on"),
        ("key,accuracy_0\na,1\n", 2, "has the columns key, accuracy_0; expected genotype"),
        ("genotype,accuracy_0\n{},0.5\n", 2, "row 1: "),
    ],
)
def test_what_is_no_truth_is_refused(invoke, tmp_path, content, code, text):
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder"
    if content is not None:
        path = tmp_path / "truth.csv"
        path.write_text(content)
    found, _, err = invoke("--truth", path, "--data", "shapes10", "--out", tmp_path / "run")
    assert found == code
    assert text in err
    assert not (tmp_path / "run").exists()


def test_a_truth_is_the_mean_of_its_seeds(tmp_path):
    space, rng = CellSpace(1), np.random.default_rng(0)
    texts = [space.decode(space.sample(rng)).to_json() for _ in range(3)]
    path = tmp_path / "cells.csv"
    rows = zip((0.1, 0.2, 0.3), (0.3, 0.4, ""), texts, strict=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("accuracy_0", "accuracy_1", "genotype"))
        writer.writerows(rows)
    truth = read_truth(str(path))
    np.testing.assert_allclose(truth.accuracies, (0.2, 0.3, 0.3))
    keys = [Genotype.from_json(text).key for text in texts]
    np.testing.assert_allclose(truth.of([keys[1], "other"]), (0.3, np.nan))


def trial(number, key, accuracy, state="complete"):
    metrics = {"val_accuracy": accuracy, "val_loss": 2.0, "cpu_seconds": 1.5}
    return Trial(number, None, "", key, 0, state=state, reward=accuracy, metrics=metrics)


def test_cells_that_failed_or_wait_are_left_out():
    measured = [[trial(i, f"k{i}", i / 10), trial(i + 3, f"k{i}", i / 10)] for i in range(3)]
    measured.append([trial(6, "k6", 0.9), trial(7, "k6", 0.9, "died")])
    rows = qualities("r", measured, "child")
    assert (rows[0].cells, rows[0].seeds, rows[0].icc) == (3, 2, 1.0)
    assert rows[0].cpu_seconds == 1.5
    assert qualities("r", measured[2:], "child") == []


def test_a_search_says_how_far_its_lead_is_luck(tmp_path):
    run = SEARCH.create(tmp_path / "run")
    run.data.mkdir()
    np.save(run.data / "y_val.npy", np.zeros(500, int))
    stored = {"evaluator": "child", "limits": {"latency_ms": None}}
    type(run).recorded, before = property(lambda self: stored), type(run).recorded
    try:
        near = lead(run, [trial(0, "a", 0.31), trial(1, "b", 0.30)])
        far = lead(run, [trial(0, "a", 0.51), trial(1, "b", 0.30)])
        alone = lead(run, [trial(0, "a", 0.31)])
    finally:
        type(run).recorded = before
    assert near == (
        "the best leads the second by 0.0100; two equal cells differ by up to 0.0571 by their 500 "
        "validation images alone (95 %), so this may be luck"
    )
    assert far.endswith("so this is more than that")
    assert alone == ""


def test_a_figure_needs_a_point():
    with pytest.raises(ValueError, match="points is empty, expected at least one reward"):
        rewards_figure([])
    figure = rewards_figure([RewardPoint("a", 2.0, 0.5, (0.3, 0.7))])
    assert figure.axes[0].get_xscale() == "log"
