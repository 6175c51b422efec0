"""An evaluator in a user's own file: it passes our suite, and searches take it."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from nasnet.cells import CellSpace
from nasnet.experiments.searching import driver
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search import Conditions, Train, TrialStore
from nasnet.search.budgets import BudgetSettings
from nasnet.search.evaluators import find_evaluator
from nasnet.stacking import CellFrame, Recipe, Stack
from nasnet.testing import EvaluatorSuite

FOLDER = Path(__file__).parents[1] / "extensions"
FRUGAL = f"{FOLDER}/evaluator.py:Frugal"
SPACE = CellSpace(1, operations=("identity", "max_pool_3x3"))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file of small images, and the folder that a search makes of it."""
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 16), ("val", 10)):
        arrays[f"x_{split}"] = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        arrays[f"y_{split}"] = np.arange(count) % 3
    np.savez(folder / "images.npz", **arrays)
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    return folder


class TestFrugal(EvaluatorSuite):
    @pytest.fixture(scope="class")
    def evaluator(self, images):
        frame, recipe = CellFrame(Stack(1, 2), (8, 8, 3), 3), Recipe(batch_size=8)
        return find_evaluator(FRUGAL).make(Conditions(images, images, frame, SPACE, recipe))

    @pytest.fixture(scope="class")
    def tasks(self):
        rng = np.random.default_rng(0)
        return [Train(SPACE.decode(SPACE.sample(rng)), seed) for seed in range(3)]


def test_a_search_with_it_goes_on_from_anywhere(invoke, images, tmp_path, monkeypatch):
    """With budgets, so that its children are trained in stages, by worker processes."""
    monkeypatch.chdir(FOLDER)
    monkeypatch.setattr(driver, "draw_results", lambda *_: None)
    words = f"search --data {images}/images.npz --evaluator evaluator.py:Frugal --workers 1"
    words += " --blocks 1 --stack.filters 2 --controller random --seed 1"
    words += " --budget.kind halving --budget.eta 2 --recipe.epochs 2"
    code, out, err = invoke(*words.split(), "--trials", 2, "--out", tmp_path / "run")
    assert code == 0, err
    assert "accuracy less size" in out
    monkeypatch.chdir(tmp_path)
    code, out, err = invoke("search", "--resume", "run", "--trials", 4)
    assert code == 0, err
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["settings"]["evaluator"] == FRUGAL
    with TrialStore(tmp_path / "run" / "nasnet.db") as store:
        trials = store.trials()
    assert len(trials) == 4
    for trial in trials:
        size = 0.01 * math.log2(trial.metrics["parameters"])
        assert trial.reward == pytest.approx(trial.metrics["val_accuracy"] - size)


def test_what_an_evaluator_can_do_is_what_its_class_says():
    assert SearchSettings(evaluator=FRUGAL).evaluator == FRUGAL
    SearchSettings(
        evaluator=FRUGAL, recipe=Recipe(epochs=9), budget=BudgetSettings("asha"), trials=4
    )
    with pytest.raises(ValueError, match=r"evaluator is 'synflow' with budget.kind asha, expected"):
        SearchSettings(evaluator="synflow", recipe=Recipe(epochs=9), budget=BudgetSettings("asha"))


@pytest.mark.parametrize(
    ("evaluator", "text"),
    [
        (f"{FOLDER}/evaluator.py:Thrifty", "evaluator.py has no 'Thrifty', expected one of: "),
        (f"{FOLDER}/none.py:Frugal", "none.py, expected a file that exists"),
        ("json:dumps", "json:dumps is <function dumps at .*, expected a subclass of search.Eval"),
        ("flops", "evaluator is 'flops', expected one of: child, shared, "),
    ],
)
def test_what_is_no_evaluator_is_one_line_on_the_command_line(invoke, evaluator, text):
    code, _, err = invoke("search", "--evaluator", evaluator, "--dry-run")
    assert code == 2
    assert re.search(text, " ".join(err.split())), err
