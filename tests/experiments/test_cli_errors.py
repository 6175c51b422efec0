"""What the command line says to nonsense: one clear line, exit code 2, nothing half-written."""

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from nasnet.cells import NASNET_A


def bad_npz(path, kind):
    images = np.zeros((40, 16, 16, 3), np.uint8)
    labels = np.arange(40) % 4
    arrays = {"x_train": images, "y_train": labels}
    match kind:
        case "shape":
            arrays["x_train"] = images[:, 0, 0]
        case "dtype":
            arrays["x_train"] = images - np.float32(1.5)
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
        ("dtype", "floats from -1.5 to -1.5"),
        ("labels", "-1"),
        ("pickled", "object|pickle"),
        ("corrupt", "bad.npz"),
    ],
)
def test_bad_images_are_one_line_and_write_nothing(kind, text, tmp_path, invoke):
    path = bad_npz(tmp_path / "bad.npz", kind)
    code, out, err = invoke("search", "--data", path, "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    assert re.search(text, err)
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("nasnet: error: ")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags", "text"),
    [("", "val subset of many: number of images asked for is 500, expected at least 600, one for"),
     ("--train-images 99", "train subset of many: number of images asked for is 99, expected at")],
)  # fmt: skip
def test_more_classes_than_images_names_the_flags(flags, text, tmp_path, invoke):
    labels = np.arange(1200) % 600
    x = np.zeros((1200, 8, 8, 1), np.uint8) + labels[:, None, None, None].astype(np.uint8)
    arrays = {"x_train": x, "y_train": labels, "x_val": x, "y_val": labels}
    np.savez(tmp_path / "many.npz", **arrays)
    words = ["search", "--data", tmp_path / "many.npz", *flags.split()]
    code, out, err = invoke(*words, "--out", tmp_path / "run")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert text in err
    assert "--train-images and --val-images say how many" in err
    assert not (tmp_path / "run").exists()


def test_an_empty_class_folder_is_named(tmp_path, invoke):
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(tmp_path / "photos" / "cat" / "1.png")
    code, _, err = invoke("search", "--data", tmp_path / "photos")
    assert code == 2
    assert "dog" in err


@pytest.fixture
def files(tmp_path, finished):
    """Things that are not what they should be, by name."""
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
        ("report {missing}", 3, "does not exist, expected that of a search"),
        ("report {foreign}", 3, "holds no search, expected a folder with config.json"),
        ("report {truncated}", 2, "nasnet.db"),
        ("report {edited}", 2, "settings has an unknown key 'trails'"),
        ("report {garbled}", 2, "config.json is not JSON"),
        ("report {finished} --top 0", 2, "top is 0, expected at least 1"),
        ("report {finished} -o x.pdf", 2, "out is x.pdf, expected a name that ends in .html"),
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
        ("search --controller ppo,clip=-1", 2, "clip is -1.0, expected"),
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
