"""The experiments that go from small images to photos: killed at every step, and resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasnet.cells import NASNET_A
from nasnet.experiments.curve import trainings
from nasnet.experiments.published import imagenet, transfer_comparison
from nasnet.experiments.published.imagenet import Mission, begin

SEARCH = "--train-images 64 --val-images 32 --blocks 2 --stack.filters 4 --controller random"
TRAIN = "--preset small --recipe.epochs 2 --recipe.batch-size 8 --checkpoint-every 2"


@pytest.fixture
def photos(tmp_path, rng):
    """Two classes of noisy photos, dark and bright."""
    for split, count in (("train", 24), ("val", 8)):
        for name, level in (("dark", 40), ("bright", 190)):
            folder = tmp_path / "photos" / split / name
            folder.mkdir(parents=True)
            for i in range(count // 2):
                pixels = rng.integers(level, level + 60, (72, 80, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.jpg")
    return tmp_path / "photos"


def flags(photos, out):
    given = ["--data", str(photos), "--out", str(out), "--trials", "3", "--size", "32"]
    given += [
        "--classes",
        "2",
        "--mult-adds",
        "3M",
        "--repeats",
        "1",
        "1",
        "--search-data",
        "shapes10",
    ]
    return [*given, "--format", "keras", f"--search={SEARCH}", f"--train={TRAIN}"]


@pytest.mark.slow
def test_the_mission_survives_a_kill_in_every_step(photos, tmp_path):
    """Each round is killed as soon as its file appears; what has ended is never done again."""
    out = tmp_path / "mission"
    command = [sys.executable, "-m", "nasnet.experiments.published.imagenet", *flags(photos, out)]
    steps = ["search/nasnet.db", "plan.json", "train/history.csv", "evaluation.json"]
    made: dict[Path, int] = {}
    for step in steps:
        process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        while not (out / step).exists() and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for path in (out / "plan.json", out / "train" / "result.json"):
            if path.exists():
                assert made.setdefault(path, path.stat().st_mtime_ns) == path.stat().st_mtime_ns
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found = json.loads((out / "evaluation.json").read_text())
    assert found["images"] == 8
    assert f"top-1 {found['top1']:.4f}" in ended.stdout
    assert list((out / "export").glob("*.keras"))
    again = subprocess.run(command, capture_output=True, text=True)
    assert (again.returncode, again.stdout) == (0, ended.stdout[-len(again.stdout) :])
    assert "$ nasnet" not in again.stderr


def test_another_experiment_is_not_mixed_in(tmp_path):
    begin(tmp_path / "a", Mission("photos"))
    begin(tmp_path / "a", Mission("photos"))
    with pytest.raises(ValueError, match=r"settings have changed.*size: 224 in the run, 96 now"):
        begin(tmp_path / "a", Mission("photos", size=96))
    (tmp_path / "a" / "imagenet.json").write_text('{"data": "photos", "colour": 1}')
    with pytest.raises(ValueError, match="has an unknown key 'colour'"):
        begin(tmp_path / "a", Mission("photos"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is there already, expected a new or an empty folder"):
        begin(tmp_path / "b", Mission("photos"))


def test_each_step_is_one_command(tmp_path, monkeypatch):
    """The commands, and their order, with the commands themselves replaced."""
    said = []

    def run(arguments, output=None):
        said.append(arguments)
        if arguments[:2] == ["transfer", "plan"]:
            output.write_text('[{"plan": "2@96"}]')
        if arguments[:2] == ["transfer", "train"]:
            folder = Path(arguments[arguments.index("--out") + 1])
            folder.mkdir()
            (folder / "result.json").write_text("{}")
        return 0

    monkeypatch.setattr(imagenet, "run_nasnet", run)
    steps = begin(tmp_path / "run", Mission("photos", train="--preset small"))
    assert steps.run() == 0
    assert [words[0] for words in said] == ["search", "transfer", "transfer", "transfer", "export"]
    train = said[2]
    assert train[train.index("--plan") + 1] == "2@96"
    assert train[-2:] == ["--preset", "small"]


def test_a_step_that_fails_ends_it(tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet, "run_nasnet", lambda arguments, output=None: 2)
    assert begin(tmp_path / "run", Mission("photos")).run() == 2


def test_the_comparison_trains_each_cell_with_each_seed(tmp_path, monkeypatch, capsys):
    """Means and intervals by hand: 0.5 and 0.7 have the mean 0.6 and a t of 12.706."""
    said = []

    def run(arguments, output=None):
        said.append(arguments)
        if output is not None:
            output.write_text(json.dumps([{"plan": "2@96", "parameters": 10, "mult_adds": 20}]))
            return 0
        folder = Path(arguments[arguments.index("--out") + 1])
        folder.mkdir()
        seed = int(arguments[arguments.index("--seed") + 1])
        result = {"top1": 0.5 + 0.2 * seed, "top5": 1.0, "images": 50, "seconds": 3.2}
        (folder / "result.json").write_text(json.dumps(result))
        return 0

    for module in (transfer_comparison, trainings):
        monkeypatch.setattr(module, "run_nasnet", run)
    (tmp_path / "mine.json").write_text(NASNET_A.to_json())
    out = tmp_path / "out"
    settings = transfer_comparison.TransferComparison(
        "photos", ("nasnet-a", str(tmp_path / "mine.json")), seeds=2, out=out
    )
    assert settings.run() == 0
    assert len(said) == 2 * (1 + 2)
    row = json.loads((out / "comparison.json").read_text())["cells"][1]
    assert (row["cell"], row["images"]) == ("mine", 50)
    assert row["top1_mean"] == pytest.approx(0.6)
    assert row["top1_interval"] == pytest.approx([0.6 - 12.706 * 0.1, 0.6 + 12.706 * 0.1], abs=1e-3)
    assert row["top1"] == pytest.approx([0.5, 0.7])
    assert "0.6000 (-0.6706 to 1.8706)" in capsys.readouterr().out
    said.clear()
    assert settings.run() == 0
    assert said == []
