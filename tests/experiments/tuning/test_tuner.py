"""`tune` in Python: with arrays, with functions of files and of scripts."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from nasnet.experiments.tuning.settings import TUNING, TuneSettings
from nasnet.experiments.tuning.tuner import changed, function_name, tune
from nasnet.runtime.loading import load_object
from tests.tunings import FILE


@pytest.fixture(scope="module")
def arrays():
    """Inputs of 36 numbers, two dozen and one dozen."""
    rng = np.random.default_rng(0)
    found = []
    for count in (24, 12):
        y = np.arange(count) % 3
        found.append(((rng.random((count, 36)) + y[:, None]).astype(np.float32), y))
    return found


@pytest.mark.slow
def test_the_three_steps(arrays, tmp_path, capsys):
    build = load_object(f"{FILE}:without_input")
    settings = {"epochs": 2, "batch_size": 8, "controller": "grid", "workers": 1}
    tuner = tune(build, *arrays, out=tmp_path / "run", **settings)
    tuner.search_space_summary()
    assert "1 hyper-parameters, 2 configurations" in capsys.readouterr().out
    tuner.results_summary(2)
    assert "best 2 models" in capsys.readouterr().out
    (hp,), models = tuner.best_hyperparameters(1), tuner.best_models(2)
    assert hp.get("units") in (4, 8)
    x, y = arrays[1]
    scores = sorted((trial.reward for trial in tuner.trials), reverse=True)
    found = [model.evaluate(x, y, verbose=0)[1] for model in models]
    assert found == pytest.approx(scores)
    assert tuner.retrain(epochs=1).count_params() == models[0].count_params()
    assert json.loads((tmp_path / "run" / "retrained.json").read_text())["examples"] == 36
    run = TUNING.open(tmp_path / "run")
    assert run.settings.model == f"{FILE}:without_input"
    assert "arrays given in Python: 36, 24 train + 12 val examples" in run.source
    with pytest.raises(ValueError, match="holds a run already"):
        tune(build, *arrays, out=tmp_path / "run", **settings)
    more = tune(build, resume=tmp_path / "run", trials=3)
    assert [trial.reused_from for trial in more.trials] == [None, None, 0]


SCRIPT = """
import sys
import numpy as np
sys.path.insert(0, {folder!r})
from tuned import linear
from nasnet.experiments.tuning.tuner import tune

def build_model(hp):
    return linear(hp.Choice("learning_rate", [0.1, 0.01]))

def main():
    x, y = np.random.default_rng(0).random((24, 36)), np.arange(24) % 3
    settings = {{"epochs": 1, "trials": 2, "workers": 1, "controller": "grid"}}
    tuner = tune(build_model, (x, y), (x, y), out="run", **settings)
    print("models", len(tuner.best_models(2)))

{call}
"""


@pytest.mark.slow
@pytest.mark.parametrize("call", ["main()", 'if __name__ == "__main__":\n    main()'])
def test_a_script_may_be_guarded_or_not(tmp_path, call):
    """Where it is not, nothing else can load its function, and it is called in its own process."""
    (tmp_path / "script.py").write_text(SCRIPT.format(folder=str(FILE.parent), call=call))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("models 2\n")
    model = TUNING.open(tmp_path / "run").settings.model
    assert model == (
        f"{tmp_path}/script.py:build_model" if "if" in call else "__main__:build_model"
    )


def test_settings_are_those_of_both():
    found = changed(TuneSettings(), {"epochs": 9, "trials": 3, "seed": 0, "objective": "val_loss"})
    assert (found.fit.epochs, found.trials, found.fit.sign) == (9, 3, -1)
    assert changed(found, {"budget": "asha"}).budget.kind == "asha"
    with pytest.raises(ValueError, match="setting is 'max_trials', expected one of: batch_size, "):
        changed(found, {"max_trials": 3})


def test_functions_that_no_process_can_load_are_refused():
    for build in (lambda hp: None, json.JSONEncoder().encode):
        with pytest.raises(
            ValueError, match=r"build_model is <.*, expected a function of a module"
        ):
            function_name(build)
    assert function_name(json.dumps).endswith("json/__init__.py:dumps")


@pytest.mark.parametrize(
    ("train", "val", "text"),
    [
        ((np.zeros((3, 2)), np.zeros(3)), None, "validation_data is None beside arrays, expected"),
        ((np.zeros((3, 2)), np.zeros(2)), (np.zeros(1),) * 2, "train has 3 inputs and 2 targets"),
        ((np.zeros((3, 36)), np.zeros(3)), (np.zeros(0),) * 2, "val has 0 inputs and 0 targets"),
    ],
)
def test_arrays_must_be_whole(tmp_path, train, val, text):
    with pytest.raises(ValueError, match=text):
        tune(f"{FILE}:build_model", train, val, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_out_and_resume_are_one_of_two(tmp_path):
    with pytest.raises(ValueError, match="beside resume, expected one of the two"):
        tune(f"{FILE}:build_model", out="a", resume=tmp_path)


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "keras_tuner":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from nasnet.cells.spaces.hyper import HyperParameters, explore
from nasnet.search.evaluators.keras_training import load_builder
build = load_builder("mine.py:Mine")
assert build(HyperParameters()) == 8
assert [d.name for d in explore(build).decisions] == ["units"]
assert "keras_tuner" not in sys.modules
"""


def test_files_that_import_keras_tuner_do_not_need_it(tmp_path):
    """For an annotation or the base class; both are ours then, and for this file alone."""
    (tmp_path / "mine.py").write_text(
        "import keras_tuner as kt\n\n\n"
        "class Mine(kt.HyperModel):\n"
        "    def build(self, hp: kt.HyperParameters):\n"
        '        return hp.Int("units", 8, 16, step=8)\n'
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WITHOUT]
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
