"""The command line: what it prints, where, with which exit code, and what it says to nonsense."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from cells import NASNET_A, ZOO, CellSpace, Genotype
from experiments import cli
from experiments.data import load
from experiments.run_directory import SEARCH, RunDirectory
from search import TrialStore
from stacking.presets import PRESETS
from tests.strategies import random_genotypes

ROOT = Path(__file__).parent.parent
TINY = """
    --data shapes10 --trials 3 --workers 1 --train-images 64 --val-images 40 --blocks 2
    --stack.filters 2 --policy.minibatch 2
"""


@pytest.fixture
def invoke(capsys):
    def call(*arguments):
        try:
            code = cli.run(lambda: cli.parse([str(a) for a in arguments]).run())
        except SystemExit as exit:  # the parser's own way out
            code = exit.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The run directory of a small search that has ended."""
    path = tmp_path_factory.mktemp("runs") / "finished"
    assert cli.run(lambda: cli.parse(["search", *TINY.split(), "--out", str(path)]).run()) == 0
    return path


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
    with RunDirectory(finished, SEARCH).lock():
        code, _, err = invoke("search", "--resume", finished)
    assert code == 2
    assert f"run directory {finished} is in use by another process, expected it to be free" in err


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
    images = dataset.x_val[:100].astype(np.float32) / 127.5 - 1
    accuracy = np.mean(model.predict(images, verbose=0).argmax(1) == dataset.y_val[:100])
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
    assert {name for name, _ in rows} == set(ZOO)
    assert {preset for _, preset in rows if preset} == set(PRESETS)
    assert rows["nasnet-a", "cifar"]["parameters"] == 3_346_538
    assert rows["nasnet-a", "imagenet-large"]["parameters"] == 88_753_150
    assert rows["nasnet-a-strict", None]["mult_adds"] < rows["nasnet-a", "cifar"]["mult_adds"]
    for row in rows.values():
        assert row["year"] >= 2017
        assert "arxiv.org" in row["paper"]
    code, out, _ = invoke("zoo")
    assert code == 0
    assert "88.8M" in out
    code, out, _ = invoke("doctor", "--json")
    assert code == 0
    assert json.loads(out)["ok"] is True


def test_dry_run_writes_nothing(tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = invoke("search", "--dry-run")
    plan = json.loads(out)
    assert code == 0
    assert plan["genotypes"] == 2_286_906_949_584_691_200**2
    assert list(tmp_path.iterdir()) == []


def bad_npz(path, kind):
    images = np.zeros((40, 16, 16, 3), np.uint8)
    labels = np.arange(40) % 4
    arrays = {"x_train": images, "y_train": labels}
    match kind:
        case "shape":
            arrays["x_train"] = images[:, 0, 0]
        case "dtype":
            arrays["x_train"] = images.astype(np.float32)
        case "labels":
            arrays["y_train"] = labels - 1
        case "pickled":
            arrays["x_train"] = np.array([{"a": 1}] * 40, dtype=object)
    np.savez(path, **arrays)
    if kind == "corrupt":
        path.write_bytes(path.read_bytes()[:200])
    return path


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("shape", "x_train"),
        ("dtype", "float32"),
        ("labels", "-1"),
        ("pickled", "object|pickle"),
        ("corrupt", "bad.npz"),
    ],
)
def test_bad_images_are_one_line_and_write_nothing(kind, text, tmp_path, invoke):
    import re

    path = bad_npz(tmp_path / "bad.npz", kind)
    code, out, err = invoke("search", "--data", path, "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    assert re.search(text, err)
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("nasnet: error: ")
    assert not (tmp_path / "run").exists()


def test_an_empty_class_folder_is_named(tmp_path, invoke):
    from PIL import Image

    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(tmp_path / "photos" / "cat" / "1.png")
    code, _, err = invoke("search", "--data", tmp_path / "photos")
    assert code == 2
    assert "dog" in err


@pytest.fixture
def files(tmp_path, finished):
    """Things that are not what they should be, by name."""
    import shutil

    made = {name: tmp_path / name for name in ("json", "unknown", "state", "operation", "zero")}
    data = json.loads(NASNET_A.to_json())
    made["json"].write_text("{")
    made["unknown"].write_text(json.dumps(data | {"colour": "red"}))
    data["normal"]["blocks"][0]["inputs"] = [0, 7]
    made["state"].write_text(json.dumps(data))
    data["normal"]["blocks"][0] |= {"inputs": [0, 1], "operations": ["identity", "conv_9x9"]}
    made["operation"].write_text(json.dumps(data))
    data["normal"]["blocks"] = []
    made["zero"].write_text(json.dumps(data))
    made["foreign"] = tmp_path / "foreign"
    made["foreign"].mkdir()
    (made["foreign"] / "diary.txt").write_text("dear diary")
    for name in ("truncated", "edited", "garbled", "trained"):
        made[name] = tmp_path / name
        shutil.copytree(finished, made[name])
    store = made["truncated"] / "nasnet.db"
    store.write_bytes(store.read_bytes()[:5000])
    config = made["edited"] / "config.json"
    config.write_text(config.read_text().replace('"trials"', '"trails"'))
    (made["garbled"] / "config.json").write_text("{")
    made["finished"] = finished
    made["missing"] = tmp_path / "missing"
    return made


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("draw {json}", 2, "json: genotype is not JSON"),
        ("draw {unknown}", 2, "genotype has an unknown key 'colour', expected only"),
        ("draw {state}", 2, "normal cell: block 0 reads state 7, expected 0 to 1"),
        ("profile {operation}", 2, "operation is 'conv_9x9', expected one of"),
        ("train {zero}", 2, "cell has 0 blocks, expected at least 1"),
        (
            "draw nasnet-z",
            3,
            "cell is 'nasnet-z', expected a JSON file, a run directory, or one of",
        ),
        ("draw {finished} --trial 99", 3, "trial is 99, expected 0 to 2"),
        ("draw nasnet-a --trial 1", 2, "trial is 1, but 'nasnet-a' is not a run directory"),
        ("draw nasnet-a -o x.gif", 2, "gif"),
        ("draw nasnet-a -o {json}/x.svg", 2, "json"),
        ("profile nasnet-a --repeats 0", 2, "repeats is 0, expected a whole number from 1"),
        ("profile nasnet-a --size 0", 2, "input shape is (0, 0, 3)"),
        ("profile nasnet-a --classes 0", 2, "classes is 0, expected at least 1"),
        ("status {missing}", 3, "does not exist, expected that of a search"),
        ("status {foreign}", 3, "holds no search, expected a folder with config.json"),
        ("status {truncated}", 2, "nasnet.db"),
        ("status {edited}", 2, "settings has an unknown key 'trails'"),
        ("status {garbled}", 2, "config.json is not JSON"),
        ("best {missing}", 3, "does not exist"),
        ("best {finished} --top 0", 2, "top is 0, expected at least 1"),
        ("search --resume {missing}", 3, "does not exist, expected that of a search"),
        ("search --resume {foreign}", 3, "holds no search"),
        ("search --resume {truncated}", 2, "nasnet.db"),
        ("search --resume {edited}", 2, "settings has an unknown key 'trails'"),
        ("search --resume {finished} --out x", 2, "out is x beside --resume, expected one"),
        ("search --data shapes10 --out {foreign}", 2, "is there already, expected a new or an"),
        ("search --data shapes10 --out {finished}", 2, "holds a run already, expected a new"),
        ("search --data shapes10 --out {foreign}/diary.txt/x", 2, "diary.txt"),
        ("search --data {missing}", 2, "missing"),
        ("search --trials 0", 2, "trials is 0, expected at least 1"),
        ("search --trials many", 2, "many"),
        ("search --no-such-flag", 2, "no-such-flag"),
        ("search --blocks 0", 2, "blocks is 0, expected at least 1"),
        ("search --operations conv_9x9", 2, "conv_9x9"),
        ("search --recipe.augmentation mixup", 2, "mixup"),
        ("search --policy.clip -1", 2, "clip is -1.0, expected"),
        ("train", 2, "cell is None and resume is None, expected one of the two"),
        (
            "train --resume {finished}",
            2,
            "is 'nasnet-search' version 1, expected 'nasnet-training'",
        ),
        ("train nasnet-a --data {missing}", 2, "missing"),
        ("frobnicate", 2, "frobnicate"),
        ("", 2, "search"),
    ],
)
def test_bad_input_is_one_clear_error(command, code, text, files, tmp_path, invoke, monkeypatch):
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    found, _, err = invoke(*command.format(**files).split())
    assert found == code, err
    assert text in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err
    assert list((tmp_path / "cwd").iterdir()) == []


def test_help_and_version_are_quick():
    for arguments in (["--help"], ["search", "--help"], ["--version"]):
        before = os.times()
        result = subprocess.run(
            [sys.executable, "-m", "experiments.cli", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        after = os.times()
        spent = after.children_user + after.children_system
        # Of work, below 1 on a machine that does nothing else.
        assert spent - before.children_user - before.children_system < 3
        assert result.stdout
        assert result.stderr == ""


def test_a_reader_that_stops_reading_is_no_error():
    command = f"{sys.executable} -m experiments.cli profile nasnet-a | head -1"
    result = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True)
    assert result.stderr == ""
