"""What users of KerasTuner complain about, each as a test of its own."""

import shutil

import keras
import numpy as np
import pytest

from nasnet.experiments.tuning.settings import TUNING
from nasnet.experiments.tuning.tuner import Tuning, open_tuning
from tests.processes import Program
from tests.tunings import FILE, FLAGS, trials_of


def test_seed_0_is_a_seed(tune, tmp_path):
    outcomes = []
    for out, seed in (("a", 0), ("b", 0), ("c", 1)):
        tune("Builder", f"--trials 3 --seed {seed} --no-reuse", out)
        assert TUNING.open(tmp_path / out).settings.seed == seed
        outcomes.append([(t.genotype, t.seed, t.reward) for t in trials_of(tmp_path / out)])
    assert outcomes[0] == outcomes[1] != outcomes[2]


def test_nothing_is_reloaded_in_silence(tuned, tune, tmp_path):
    shutil.copytree(tuned, tmp_path / "run")
    _, err = tune("build_model", "--trials 3", code=2)
    assert "holds a run already, expected a new folder" in " ".join(err.split())
    assert len(trials_of(tmp_path / "run")) == 8


def test_a_changed_space_is_another_search(invoke, images, tmp_path):
    source = tmp_path / "mine.py"
    source.write_text(FILE.read_text())
    words = ["--data", images, "--out", tmp_path / "run", *FLAGS.split(), "--trials", "1"]
    assert invoke("tune", f"{source}:build_model", *words)[0] == 0
    other = tmp_path / "other.py"
    other.write_text(source.read_text().replace('hp.Int("layers", 1, 3)', 'hp.Int("layers", 1, 2)'))
    words = ["tune", f"{other}:build_model", "--resume", tmp_path / "run", "--trials", "2"]
    code, _, err = invoke(*words)
    assert code == 2
    text = " ".join(err.split())
    assert f"space of {other}:build_model has changed, expected that of" in text
    assert "layers (1 to 3) in the run, layers (1 to 2) now" in text
    assert len(trials_of(tmp_path / "run")) == 1


def test_values_that_no_layer_has_are_not_named(tuned):
    """No units_2 of a network of two layers, neither tried nor told."""
    tuning = Tuning(TUNING.open(tuned))
    found = tuning.best_hyperparameters(8)
    assert len(found) == 8
    for hp in found:
        layers, dropout = hp.get("layers"), hp.get("dropout")
        units = {f"units_{i}" for i in range(layers)} | ({"rate"} if dropout else set())
        assert hp.values.keys() == {"layers", "dropout", "learning_rate"} | units


def test_failures_neither_end_the_search_nor_are_among_the_best(tune, tmp_path, invoke):
    """Three in a row and more, and the builds that fail are most of all."""
    text, _ = tune("often_fails", "--trials 12 --no-reuse")
    trials = trials_of(tmp_path / "run")
    states = "".join("x" if trial.failed else "." for trial in trials)
    assert len(states) == 12
    assert "xxx" in states
    complete = states.count(".")
    assert 0 < complete < 5
    tuning = open_tuning(tmp_path / "run")
    assert len(tuning.best_hyperparameters(10)) == complete
    assert all(hp.get("kind") == 1 for hp in tuning.best_hyperparameters(10))
    assert len(tuning.best_models(10)) == complete
    assert trials[states.index("x")].error == "RuntimeError: no such kind"
    assert f"best {complete} models" in text


def test_the_best_models_have_the_scores_of_their_trials(tuned):
    tuning = open_tuning(tuned)
    x = np.load(tuned / "data" / "x_val.npy").reshape(24, 36).astype(np.float32) / 255
    y = np.load(tuned / "data" / "y_val.npy")
    scores = sorted((trial.reward for trial in tuning.trials), reverse=True)
    best = tuning.best_models(3)
    found = [model.evaluate(x, y, verbose=0)[1] for model in best]
    assert found == pytest.approx(scores[:3])
    exported = keras.models.load_model(tuned / "best.keras")
    assert exported.evaluate(x, y, verbose=0)[1] == pytest.approx(scores[0])
    np.testing.assert_array_equal(exported.predict(x, verbose=0), best[0].predict(x, verbose=0))
    with pytest.raises(ValueError, match=r"were not kept in .*, expected one of the best 3"):
        tuning.best_models(4)


def test_hyperband_trains_as_many_epochs_as_it_is_told(tune, tmp_path):
    """KerasTuner takes `epochs` away from its users, and starts models anew where one is killed."""
    tune("build_model", "--epochs 4 --budget.kind hyperband --budget.eta 2")
    settings = TUNING.open(tmp_path / "run").settings
    period = settings.budget.make(4).period
    trials = trials_of(tmp_path / "run")
    assert len(trials) == settings.bound
    assert settings.bound % period == 0
    ended = [trial for trial in trials if trial.state == "complete"]
    assert ended
    for trial in trials:
        epochs, stages = trial.metrics["epochs"], settings.budget.make(4).stages(trial.number)
        assert len(epochs) == stages[len(trial.stages) - 1] <= 4
        assert (len(epochs) == 4) == (trial.state == "complete")
        assert len({logs["loss"] for logs in epochs}) == len(epochs)
    assert not (tmp_path / "run" / "stages").exists()


@pytest.mark.slow
def test_a_search_that_is_killed_is_the_same_search(images, tmp_path):
    """By SIGKILL while models train in stages; a twin that nobody disturbs ends alike."""
    flags = f"{FLAGS} --epochs 4 --budget.kind asha --budget.eta 2 --trials 12".split()

    def tune(*words):
        return Program("nasnet.experiments.cli", "tune", *words)

    def begin(out):
        return tune(f"{FILE}:build_model", "--data", images, "--out", out, *flags)

    def five_done():
        path = tmp_path / "killed"
        return (path / "config.json").is_file() and sum(t.done for t in trials_of(path)) >= 5

    begin(tmp_path / "whole").finish()
    killed = begin(tmp_path / "killed")
    killed.wait_for(five_done)
    killed.kill()
    tune("--resume", tmp_path / "killed").finish()
    results = [
        [(t.genotype, t.state, t.reward, t.metrics["epochs"]) for t in trials_of(tmp_path / name)]
        for name in ("whole", "killed")
    ]
    assert results[0] == results[1]
    assert len(results[0]) == 12
