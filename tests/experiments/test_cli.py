"""The command line: what it prints, where, and with which exit code."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from nasnet.cells import LAYER_ZOO, ZOO, CellSpace, Genotype
from nasnet.data.sources import load
from nasnet.experiments.searching import pace
from nasnet.experiments.searching.settings import SEARCH, SearchSettings
from nasnet.search import TrialStore
from nasnet.stacking.plan import Stack
from nasnet.stacking.presets import PRESETS
from tests.searches import TINY
from tests.strategies import random_genotypes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def genotype_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(random_genotypes(1)[0].to_json())
    return path


def test_a_search_leaves_everything_in_its_directory(finished):
    names = {path.name for path in finished.iterdir()}
    expected = {"config.json", "nasnet.db", "best.json", "best.svg", "best.png", "search.png"}
    assert expected <= names
    config = json.loads((finished / "config.json").read_text())
    assert config["settings"]["trials"] == 3
    assert {"python", "keras", "numpy", "commit"} <= set(config["environment"])
    assert str(finished.parent) not in (finished / "config.json").read_text()
    best = Genotype.from_json((finished / "best.json").read_text())
    assert CellSpace(2).encode(best)
    with TrialStore(finished / "nasnet.db") as store:
        trials = store.trials()
    assert [trial.state for trial in trials] == ["complete"] * 3
    assert max(trials, key=lambda t: t.reward).genotype == best.to_json()
    assert not (finished / "data" / "x_test.npy").exists()


def test_status_and_best_and_json(finished, invoke):
    code, out, _ = invoke("status", finished)
    assert code == 0
    assert "3 of 3 children done" in out
    code, out, err = invoke("status", finished, "--json")
    status = json.loads(out)
    assert (code, err, status["done"], status["states"]) == (0, "", 3, {"complete": 3})
    code, out, _ = invoke("best", finished, "--json", "--top", 2)
    rows = json.loads(out)
    assert [row["reward"] for row in rows] == sorted((r["reward"] for r in rows), reverse=True)
    assert Genotype.from_json(json.dumps(rows[0]["genotype"])).key == rows[0]["key"]
    code, out, _ = invoke("best", finished)
    assert code == 0
    assert f"next: nasnet train {finished}" in out


def test_what_a_reward_is_has_its_own_name(tmp_path, invoke):
    command = ["search", *TINY.split(), "--evaluator", "parameters", "--out", tmp_path / "run"]
    code, out, _ = invoke(*command)
    assert code == 0
    assert "log10 of parameters" in out
    assert "accuracy" not in out
    assert "log10 of parameters" in (tmp_path / "run" / "best.svg").read_text()
    code, out, _ = invoke("status", tmp_path / "run")
    assert code == 0
    assert "best: log10 of parameters " in out
    assert "accuracy" not in out


def test_a_run_directory_can_be_moved_and_gone_on_with(finished, tmp_path, invoke):
    import shutil

    moved = tmp_path / "moved"
    shutil.copytree(finished, moved)
    code, out, err = invoke("search", "--resume", moved, "--trials", 4)
    assert code == 0, err
    assert "resuming: 3 of 4 trials are done" in err
    assert json.loads(invoke("status", moved, "--json")[1])["done"] == 4
    assert f"next: nasnet train {moved}" in out


def test_changed_settings_are_refused_with_their_difference(finished, invoke):
    code, _, err = invoke("search", "--resume", finished, "--seed", 5, "--recipe.epochs", 2)
    assert code == 2
    assert "seed: 0 in the run, 5 now; recipe.epochs: 1 in the run, 2 now" in err


def test_a_second_process_on_a_run_is_refused(finished, invoke):
    with SEARCH.open(finished).lock():
        code, _, err = invoke("search", "--resume", finished)
    assert code == 2
    where = f"on {socket.gethostname()} (process {os.getpid()})"
    text = f"run directory {finished} is in use by another process {where}, expected it to be free"
    assert text in err


def test_status_says_whether_a_run_is_running_and_where(finished, invoke):
    assert "not running" in invoke("status", finished)[1]
    with SEARCH.open(finished).lock():
        _, out, _ = invoke("status", finished)
    assert f"running now on {socket.gethostname()} (process {os.getpid()})" in out
    assert "next:" not in out
    (finished / "nasnet.owner").write_text('{"host": "elsewhere", "process": 7}')  # a shared folder
    _, out, _ = invoke("status", finished, "--json")
    assert json.loads(out)["running"] == "begun on elsewhere (process 7), which may be running"
    (finished / "nasnet.owner").write_text("{")
    assert "not running" in invoke("status", finished)[1]
    (finished / "nasnet.owner").unlink()


def test_training_evaluates_a_test_split_and_saves_a_network(finished, tmp_path, invoke):
    out_dir = tmp_path / "trained"
    small = tmp_path / "small.npz"
    dataset = load("shapes10")
    np.savez(
        small,
        x_train=dataset.x_train[:200],
        y_train=dataset.y_train[:200],
        x_val=dataset.x_val[:100],
        y_val=dataset.y_val[:100],
    )
    settings = f"--data {small} --stack.repeats 1 --stack.filters 2 --recipe.epochs 2"
    code, out, err = invoke("train", finished, *settings.split(), "--out", out_dir, "--json")
    assert code == 0, err
    result = json.loads(out)
    assert result["test_images"] == 33  # no test split there: a sixth of the training images
    assert result["train_images"] == 167
    assert "held out for the test" in err
    names = {path.name for path in out_dir.iterdir()}
    assert {"model.keras", "result.json", "history.csv", "training.png", "genotype.json"} <= names
    assert len((out_dir / "history.csv").read_text().splitlines()) == 3
    model = keras.models.load_model(out_dir / "model.keras", safe_mode=True)
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == result["parameters"]
    accuracy = np.mean(model(dataset.x_val[:100]).numpy().argmax(1) == dataset.y_val[:100])
    assert accuracy == pytest.approx(result["val_accuracy"], abs=0.011)
    code, _, err = invoke("train", "--resume", out_dir, "--recipe.epochs", 3)
    assert code == 2
    assert "recipe.epochs: 2 in the run, 3 now" in err
    code, out, err = invoke("train", "--resume", out_dir, "--json")
    assert code == 0
    assert "resuming behind epoch 2" in err
    again = json.loads(out)
    assert {**again, "seconds": 0} == {**result, "seconds": 0}


@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("suffix", ["svg", "png", "gv"])
def test_draw_writes_every_zoo_cell(name, suffix, tmp_path, invoke):
    path = tmp_path / f"cell.{suffix}"
    code, out, err = invoke("draw", name, "-o", path, "--engine", "own")
    assert (code, err) == (0, "")
    assert out.strip() == str(path)
    assert path.stat().st_size > 500


def test_draw_takes_files_and_trials(finished, genotype_file, tmp_path, invoke):
    for arguments in ([genotype_file], [finished], [finished, "--trial", 1]):
        code, out, _ = invoke("draw", *arguments, "-o", tmp_path / "x.gv", "--json")
        assert code == 0
        assert json.loads(out)["file"] == str(tmp_path / "x.gv")


def test_profile_adds_up(invoke):
    code, out, _ = invoke("profile", "nasnet-a", "--json")
    profile = json.loads(out)
    assert code == 0
    assert profile["total"]["trainable"] == 3_346_538
    assert profile["total"]["parameters"] == 3_383_786
    for field in ("parameters", "trainable", "mult_adds"):
        assert sum(slot[field] for slot in profile["slots"]) == profile["total"][field]
    assert profile["slots"][1]["shape"] == [32, 32, 192]


def test_zoo_and_doctor(invoke):
    code, out, _ = invoke("zoo", "--json")
    rows = {(row["name"], row["preset"]): row for row in json.loads(out)}
    assert code == 0
    assert {name for name, _ in rows} == {*ZOO, *LAYER_ZOO}
    assert {preset for _, preset in rows if preset} == set(PRESETS)
    assert rows["nasnet-a", "cifar"]["parameters"] == 3_346_538
    assert rows["nasnet-a", "imagenet-large"]["parameters"] == 88_753_150
    assert rows["nasnet-a-strict", None]["mult_adds"] < rows["nasnet-a", "cifar"]["mult_adds"]
    for row in rows.values():
        assert row["year"] >= 2016
        assert "arxiv.org" in row["paper"] or "github.com" in row["paper"]
    code, out, _ = invoke("zoo")
    assert code == 0
    assert "88.8M" in out
    code, out, _ = invoke("doctor", "--json")
    assert code == 0
    assert json.loads(out)["ok"] is True


def test_the_doctor_measures_the_pace(invoke, monkeypatch):
    monkeypatch.setattr("nasnet.experiments.searching.pace.children_an_hour", lambda: 240.0)
    code, out, err = invoke("doctor", "--bench", "--json")
    assert code == 0, err
    found = {row["what"]: row["found"] for row in json.loads(out)["checks"]}
    assert found["default children an hour"] == "240"
    assert found["make search"] == "5 min, about 20 children"
    # 240 children, in an hour as many.
    compare = "nasnet compare --evaluator child --controllers random,ppo --budget 40 --runs 3"
    assert found[compare] == "about 1 h 0 min"


@pytest.mark.slow
def test_the_pace_is_that_of_children_that_are_trained(monkeypatch):
    small = SearchSettings(train_images=20, val_images=10, blocks=1, stack=Stack(1, 2))
    monkeypatch.setattr(pace, "SearchSettings", lambda: small)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert pace.children_an_hour(each=1) > 0


def test_dry_run_writes_nothing(tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = invoke("search", "--dry-run")
    plan = json.loads(out)
    assert code == 0
    assert plan["genotypes"] == 2_286_906_949_584_691_200**2
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_stops_reading_is_no_error():
    command = f"{sys.executable} -m nasnet.experiments.cli profile nasnet-a | head -1"
    result = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert result.stderr == ""
