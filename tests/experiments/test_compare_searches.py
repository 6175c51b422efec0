"""Comparisons by real searches: their rewards, their time, their cells trained again."""

import json
import math
import shutil

import numpy as np
import pytest

from nasnet.experiments.compare import searches


def test_searches_are_compared_by_what_their_rewards_are(tmp_path, invoke):
    """Counts are no accuracies: nothing is called one, given in percent, or cut at 0."""
    flags = "--evaluator child --data shapes10 --controllers random,evolution --runs 1 --budget 3"
    flags += " --search.evaluator parameters --search.blocks 1 --search.train-images 20"
    folder = tmp_path / "x"
    code, out, err = invoke("compare", *flags.split(), "-o", folder)
    assert code == 0, err
    assert "log10 of parameters of the best so far" in " ".join(out.split())
    assert "percent" not in out
    assert "accuracy" not in out
    results = json.loads((folder / "results.json").read_text())
    assert results["value"] == "log10 of parameters"
    assert all(3 < row["mean"] < 7 for row in results["standings"])


def test_searches_of_equal_time_are_compared_by_shares_of_it(tmp_path, invoke):
    """Each has all of the time, which is up here when its first child has ended."""
    flags = (
        "--evaluator child --data shapes10 --controllers random,evolution --runs 1 --minutes 1e-6"
    )
    flags += " --search.evaluator parameters --search.blocks 1 --search.train-images 20"
    flags += " --search.workers 1"
    folder = tmp_path / "x"
    code, out, err = invoke("compare", *flags.split(), "-o", folder, "--json")
    assert code == 0, err
    assert "2 searches of 0 s each, 0 s in all" in err
    results = json.loads(out)
    assert results["step"] == "percent of the time"
    assert {row["evaluations"] for row in results["standings"]} == {20, 40, 100}
    code, out, err = invoke("compare", "--resume", folder)
    assert code == 0
    assert "search 1 of 2" not in err
    assert "20 %" in out
    assert (folder / "curves.csv").read_text().startswith("controller,percent of the time,runs")


def test_a_curve_by_time_has_the_value_of_the_last_child_that_had_ended():
    """Ends at 2, 3, 3 and 8 of 8 seconds; before the first end there is nothing but it."""
    curve = searches.by_time(np.array([0.1, 0.2, 0.3, 0.4]), [2.0, 1.0, 0.0, 5.0], 8)
    assert curve.tolist() == [0.1, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.4]
    assert searches.by_time(np.array([0.5]), [0.0], 3).tolist() == [0.5] * 3


@pytest.mark.parametrize(
    ("rewards", "best"),
    [
        ([0.2, 0.1, 0.5], [0.2, 0.2, 0.5]),
        ([-9.0, -12.0, -3.0], [-9, -9, -3]),
        ([-math.inf, -12.0, -math.inf, -3.0], [-12, -12, -12, -3]),
        ([-math.inf, 0.3, 0.2], [0.2, 0.3, 0.3]),
        ([-math.inf, -math.inf], [0, 0]),
    ],
)
def test_the_best_so_far_may_be_of_any_sign(rewards, best):
    assert searches._running_best(rewards).tolist() == best


@pytest.mark.slow
def test_real_searches_are_compared_and_their_cells_trained_at_equal_size(tmp_path, invoke):
    rng = np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 90), ("val", 40)):
        arrays[f"x_{split}"] = rng.integers(0, 256, (count, 16, 16, 3), np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 2
    np.savez(tmp_path / "small.npz", **arrays)
    flags = f"--evaluator child --data {tmp_path}/small.npz --controllers random,evolution --runs 1"
    flags += " --budget 2 --search.blocks 1 --search.stack.filters 2 --final.stack.repeats 1"
    flags += " --final.stack.filters 3 --final.recipe.epochs 1"
    folder = tmp_path / "x"
    code, _, err = invoke("compare", *flags.split(), "-o", folder)
    assert code == 0, err
    # What a kill in the middle leaves: a search without its end, and a folder without a config.
    shutil.rmtree(folder / "runs" / "random-0" / "data")
    (folder / "runs" / "random-0" / "config.json").unlink()
    arguments = ("compare", "--resume", folder, "--retrain", 1, "--json")
    code, out, err = invoke(*arguments)
    assert code == 0, err
    results = json.loads(out)
    assert [row["name"] for row in results["retrained"]] == ["nasnet-a", "random-1", "evolution-1"]
    reference, *others = (row["parameters"] for row in results["retrained"])
    assert all(0 < parameters <= reference for parameters in others)
    assert {"retrained.csv", "retrained.png", "accuracy.png"} <= {p.name for p in folder.iterdir()}
    assert json.loads(invoke(*arguments)[1]) == results
