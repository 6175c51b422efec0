"""`nasnet tune` from the command line: what it leaves, what it says, what it refuses."""

import json
import shutil

import keras
import numpy as np
import pytest

from nasnet.cells.spaces.hyper import HyperParameters
from nasnet.experiments.tuning.settings import WEIGHTS, TuneSettings
from nasnet.experiments.tuning.tuner import open_tuning
from nasnet.search.budgets import BudgetSettings
from nasnet.search.evaluators.keras_training import FitSettings
from tests.tunings import FILE, FLAGS, trials_of


def test_a_run_has_all_that_is_said_of_it(tuned):
    names = {path.name for path in tuned.iterdir()}
    assert names >= {"best.json", "best.keras", "config.json", "data", "nasnet.db", "search.png"}
    trials = trials_of(tuned)
    assert [trial.state for trial in trials] == ["complete"] * 8
    best = max(trials, key=lambda trial: (trial.reward, -trial.number))
    assert json.loads((tuned / "best.json").read_text()) == json.loads(best.genotype)
    assert len(list((tuned / WEIGHTS).iterdir())) == 3


def test_best_status_and_their_json(tuned, invoke):
    code, out, _ = invoke("best", tuned, "--top", 3, "--json")
    found = json.loads(out)
    assert (code, len(found)) == (0, 3)
    values = [row["value"] for row in found]
    assert values == sorted(values, reverse=True)
    assert found[0]["hyperparameters"].keys() >= {"layers", "units_0", "dropout", "learning_rate"}
    assert found[0]["objective"] == "val_accuracy"
    text = " ".join(invoke("best", tuned, "--top", 2)[1].split())
    assert f"{values[0]:.4f}" in text
    assert "best 2 models" in text
    assert "next: nasnet retrain" in text
    code, out, _ = invoke("status", tuned)
    assert code == 0
    assert "8 of 8 models done" in out
    assert f"best: val_accuracy {values[0]:.4f}, trial {found[0]['trial']}" in out
    summary = json.loads(invoke("status", tuned, "--json")[1])
    assert (summary["done"], summary["best"]["trial"]) == (8, found[0]["trial"])
    code, _, err = invoke("best", tuned, "--pareto")
    assert code == 2
    assert "expected it for a search of cells" in " ".join(err.split())


def test_retraining_takes_all_data_and_the_epochs_of_the_best(tuned, invoke, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(tuned, run)
    code, out, err = invoke("retrain", run, "--json")
    assert code == 0, err
    found, best = json.loads(out), json.loads(invoke("best", run, "--json")[1])[0]
    assert (found["trial"], found["examples"]) == (best["trial"], 48 + 24)
    assert found["epochs"] == best["best_epoch"]
    assert found["hyperparameters"] == best["hyperparameters"]
    model = keras.models.load_model(run / "retrained.keras")
    y = np.load(run / "data" / "y_test.npy")
    x = np.load(run / "data" / "x_test.npy").reshape(12, 36).astype(np.float32) / 255
    assert model.evaluate(x, y, verbose=0)[1] == pytest.approx(found["test_accuracy"])
    out = invoke("retrain", run, "--trial", 0, "--epochs", 1)[1]
    assert "trial 0, 1 epochs on 72 examples: test_accuracy" in out
    assert invoke("retrain", run, "--trial", 99)[0] == 3


def test_the_space_is_said_first_and_a_dry_run_writes_nothing(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = invoke("tune", f"{FILE}:build_model", "--dry-run", "--points", 5)
    assert code == 0, err
    text = " ".join(out.split())
    # 3 + 9 + 27 networks, without dropout or with one of 3 rates, 5 learning rates
    assert "7 hyper-parameters, 780 configurations (of rate, learning_rate some values)" in text
    assert "units_2 │ Int │ 4 to 12, step 4 │ 3 │ layers is 3" in text
    assert list(tmp_path.iterdir()) == []


def test_a_grid_is_the_whole_space(invoke, images, tmp_path):
    words = ["tune", f"{FILE}:Builder", "--data", images, "--out", tmp_path / "run"]
    code, _, err = invoke(*words, *FLAGS.replace("random", "grid").split())
    assert code == 0, err
    rates = [json.loads(t.genotype)["values"]["learning_rate"] for t in trials_of(tmp_path / "run")]
    assert rates == [0.1, 0.01]


@pytest.mark.parametrize("controller", ["tpe", "evolution", "ppo,minibatch=2", "q_learning"])
def test_every_controller_will_do(invoke, images, tmp_path, controller):
    words = ["tune", f"{FILE}:build_model", "--data", images, "--out", tmp_path / "run"]
    flags = FLAGS.replace("random", controller).replace("epochs 2", "epochs 1").split()
    code, _, err = invoke(*words, *flags, "--trials", 3)
    assert code == 0, err
    assert [trial.state for trial in trials_of(tmp_path / "run")] == ["complete"] * 3


@pytest.mark.parametrize(
    ("name", "flags", "text"),
    [
        ("nothing", "", "tuned.py has no 'nothing', expected one of: "),
        ("always_fails", "", "always_fails: the function fails with all of 3 choices of values"),
        ("not_compiled", "", "expected a compiled keras.Model"),
        ("build_model", "--objective val_f1_score", "objective is 'val_f1_score', expected one of"),
        ("build_model", "--objective mine", "objective is 'mine', expected min:mine or max:mine"),
        ("build_model", "--patience 2 --budget.kind asha --epochs 9", "patience is 2 with budget"),
        ("build_model", "--points 1", "points is 1, expected at least 2"),
        ("build_model", "--epochs 9 --budget.kind halving --trials 4", "expected a multiple of"),
        ("build_model", "--controller progressive", "number of decisions that may end a sequence"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(tune, tmp_path, name, flags, text):
    _, err = tune(name, flags, code=2)
    assert text in " ".join(err.split())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("", "model is left out, expected file.py:NAME of a function"),
        ("model.py", "model is 'model.py', expected file.py:NAME of a function"),
        ("none.py:f", "none.py, expected a file that exists"),
    ],
)
def test_no_function_is_one_line(invoke, tmp_path, monkeypatch, words, text):
    monkeypatch.chdir(tmp_path)
    code, _, err = invoke("tune", *words.split())
    assert code == 2
    assert text in " ".join(err.split())


def test_settings_of_time_have_no_bound():
    assert TuneSettings(minutes=5).bound is None
    assert TuneSettings().bound == 20
    halving = TuneSettings(fit=FitSettings(epochs=9), budget=BudgetSettings("halving"))
    assert halving.bound == 27


def test_hyper_parameters_of_the_best_build_the_model_again(tuned):
    """KerasTuner's third step."""
    from nasnet.runtime.loading import load_object

    (hp,) = open_tuning(tuned).best_hyperparameters()
    model = load_object(f"{FILE}:build_model")(hp)
    assert isinstance(hp, HyperParameters)
    assert len(model.layers) == hp.get("layers") + hp.get("dropout") + 1
