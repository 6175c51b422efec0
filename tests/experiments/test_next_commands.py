"""Commands that are printed can be typed, wherever the run is."""

import ast
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nasnet.experiments.console.lines import command
from tests.searches import TINY

PRINTED = re.compile(r"(?:next|or|to go on|go on with): (nasnet .*)$", re.MULTILINE)
NAME = "a [b] $HOME :star: $x_1$"
ROOT = Path(__file__).parents[2]


def commands(text):
    """The printed commands, as words; console output never breaks them."""
    return [shlex.split(line) for line in PRINTED.findall(text)]


def test_words_with_spaces_are_quoted():
    assert command("train", Path("my runs/a")) == "nasnet train 'my runs/a'"
    assert shlex.split(command("train", "it's [b] $HOME"))[2] == "it's [b] $HOME"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A search in a folder whose name a shell and Rich would both take apart."""
    from nasnet.experiments import cli

    folder = tmp_path_factory.mktemp("my runs")
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (40, 8, 8, 1), np.uint8), np.arange(40) % 2
    np.savez(folder / "my data.npz", x_train=images, y_train=labels)
    path = folder / NAME
    words = [*TINY.replace("shapes10", "DATA").split(), "--image-size", "8", "--blocks", "1"]
    words[words.index("DATA")] = str(folder / "my data.npz")
    assert cli.run(lambda: cli.parse(["search", *words, "--out", str(path)]).run()) == 0
    return path


def test_each_command_of_a_chain_names_the_run(run, tmp_path, invoke):
    for words in (["status", run], ["best", run]):
        code, out, _ = invoke(*words)
        assert code == 0
        [found] = commands(out)
        assert found[2] == str(run)
    code, out, _ = invoke("search", "--resume", run)
    assert (code, commands(out)) == (0, [["nasnet", "train", str(run)]])
    training = tmp_path / "my training [c]"
    plan = ["--stack.repeats", "1", "--stack.filters", "2", "--recipe.epochs", "1"]
    code, out, err = invoke(*commands(out)[0][1:], *plan, "--out", training)
    assert code == 0
    # The search has seen all images that there are.
    assert "no test images, and none that the search has not seen" in " ".join(err.split())
    assert out.startswith("test accuracy: no test images; validation ")
    result = json.loads((training / "result.json").read_text())
    assert (result["test_accuracy"], result["test_images"]) == (None, 0)
    exporting, predicting = commands(out)
    assert exporting == ["nasnet", "export", str(training)]
    assert predicting == ["nasnet", "predict", str(training), "IMAGE"]
    code, out, _ = invoke(*exporting[1:], "-o", tmp_path / "it's exported")
    assert code == 0
    [predicting] = commands(out)
    assert predicting == ["nasnet", "predict", str(tmp_path / "it's exported"), "IMAGE"]
    Image.new("L", (8, 8)).save(tmp_path / "grey.png")
    assert invoke(*predicting[1:3], tmp_path / "grey.png")[0] == 0


def test_names_are_shown_and_drawn_as_they_are(run, tmp_path, invoke):
    def words(*command):
        code, out, err = invoke(*command)
        assert code == 0, err
        return " ".join(out.split())

    assert f"{NAME}-trial-" in words("profile", run)
    words("draw", run, "--engine", "own", "-o", tmp_path / "cell.svg")
    assert f">{NAME}-trial-" in (tmp_path / "cell.svg").read_text()
    assert NAME in words("best", run)
    assert NAME in words("status", run)
    invoke("draw", run, "-o", tmp_path / "cell.png")
    with Image.open(tmp_path / "cell.png") as image:
        assert image.format == "PNG"
    assert (run / "search.png").is_file()


def test_no_command_is_put_together_without_quoting():
    """An f-string that says `nasnet VERB {path}` would not survive a space in it."""
    for path in sorted((ROOT / "experiments").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
                )
                assert not re.search(r"nasnet [a-z-]+ (--\S+ )?\{\}", text), f"{path}: {text}"
