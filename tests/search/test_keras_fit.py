"""Models of a user's function as children: rewards, stages, and what is wrong with a function."""

from pathlib import Path

import keras
import numpy as np
import pytest

from nasnet.cells.spaces.hyper import Configuration, HyperParameters
from nasnet.search import Stage, Train
from nasnet.search.evaluators.keras_fit import KerasFit, weights_name
from nasnet.search.evaluators.keras_training import (
    FitSettings,
    Training,
    listed,
    load_builder,
    read_splits,
    scaled,
)
from nasnet.stacking.recipe import Diverged
from nasnet.testing import EvaluatorSuite

FILE = Path(__file__).parents[1] / "tuned.py"
FIT = FitSettings(epochs=2, batch_size=8)


def spec(name):
    return f"{FILE}:{name}"


def configuration(**values):
    return Configuration(tuple(values.items()))


ONE = configuration(layers=1, units_0=8, dropout=False, learning_rate=0.05)
TWO = configuration(layers=2, units_0=4, units_1=8, dropout=True, rate=0.3, learning_rate=0.05)
PLAIN = configuration(units=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of 6 x 6 pixels whose brightness is their class."""
    folder, rng = tmp_path_factory.mktemp("fit"), np.random.default_rng(0)
    for split, count in (("train", 48), ("val", 24)):
        y = np.arange(count) % 3
        x = rng.integers(0, 60, (count, 6, 6, 1)) + 80 * y[:, None, None, None]
        np.save(folder / f"x_{split}.npy", x.astype(np.uint8))
        np.save(folder / f"y_{split}.npy", y)
    return folder


def evaluator(folder, name, fit=FIT):
    return KerasFit(spec(name), folder, folder, fit)


class TestKerasFit(EvaluatorSuite):
    @pytest.fixture(scope="class", params=["whole", "in stages"])
    def evaluator(self, folder, request):
        found = evaluator(folder, "build_model")
        return found if request.param == "whole" else found.in_stages(folder)

    @pytest.fixture(scope="class")
    def tasks(self, evaluator):
        cells = [ONE, TWO, configuration(layers=1, units_0=4, dropout=False, learning_rate=1e-3)]
        if evaluator.task is Stage:
            return [Stage(cell, 3, i, 1, last=True) for i, cell in enumerate(cells)]
        return [Train(cell, seed) for seed, cell in enumerate(cells)]


def test_the_weights_that_are_kept_have_the_reward(folder):
    fit = FitSettings(epochs=6, batch_size=8)
    found = evaluator(folder, "build_model", fit)(Train(ONE, 5))
    values = [logs["val_accuracy"] for logs in found.metrics["epochs"]]
    assert found.reward == max(values)
    assert found.metrics["best_epoch"] == 1 + values.index(max(values))
    training = Training(spec("build_model"), fit, ONE, 5)
    with np.load(folder / weights_name(ONE.key, 5), allow_pickle=False) as arrays:
        training.model.set_weights(listed("w", dict(arrays)))
    examples = training.fitted(read_splits(folder, "unit").val)
    assert training.model.evaluate(*examples, verbose=0)[1] == pytest.approx(found.reward)
    assert found.metrics["parameters"] == 36 * 8 + 8 + 8 * 3 + 3


@pytest.mark.parametrize(
    ("name", "cell"), [("build_model", TWO), ("without_input", PLAIN)], ids=["dropout", "unbuilt"]
)
def test_a_stage_goes_on_where_the_last_one_ended(folder, tmp_path, name, cell):
    """In another process, and after a kill: epochs are never repeated, nor any result changed."""
    staged = evaluator(folder, name, FitSettings(epochs=6, batch_size=8)).in_stages(tmp_path)
    first = staged(Stage(cell, 4, 0, 2, last=False))
    kept = (tmp_path / "trial-0.npz").read_bytes()
    whole = staged(Stage(cell, 4, 0, 6, last=True))
    assert len(first.metrics["epochs"]) == 2
    assert len(whole.metrics["epochs"]) == 6
    assert whole.metrics["epochs"][:2] == first.metrics["epochs"]
    assert not (tmp_path / "trial-0.npz").exists()
    (tmp_path / "trial-0.npz").write_bytes(kept)  # killed before the end of the last stage
    assert staged(Stage(cell, 4, 0, 6, last=True)) == whole


def test_a_stage_behind_the_end_trains_nothing_more(folder, tmp_path):
    staged = evaluator(folder, "build_model").in_stages(tmp_path)
    found = staged(Stage(ONE, 4, 0, 2, last=False))
    assert staged(Stage(ONE, 4, 0, 2, last=False)) == found


def test_training_ends_where_it_gets_no_better(folder):
    fit = FitSettings(epochs=40, batch_size=48, objective="val_accuracy", patience=3)
    found = evaluator(folder, "build_model", fit)(Train(ONE, 1)).metrics
    assert len(found["epochs"]) == min(40, found["best_epoch"] + 3)


def test_a_loss_is_made_small(folder):
    fit = FitSettings(epochs=3, batch_size=8, objective="val_loss")
    found = evaluator(folder, "build_model", fit)(Train(ONE, 1))
    assert found.reward == -min(logs["val_loss"] for logs in found.metrics["epochs"])
    assert found.metrics["val_loss"] == -found.reward


def test_inputs_and_targets_are_given_the_form_that_the_model_takes(folder):
    """Flat, without channels, one-hot."""
    found = evaluator(folder, "one_hot")(Train(configuration(activation="softmax"), 0))
    assert np.isfinite(found.metrics["epochs"][0]["loss"])
    training = Training(spec("one_hot"), FIT, configuration(activation="softmax"), 0)
    x, y = training.fitted(read_splits(folder, "unit").val)
    assert (x.shape, y.shape) == ((24, 6, 6), (24, 3))
    texts = np.zeros((3, 7))
    assert training.fitted((texts, np.zeros(3)))[0] is texts  # Keras says that it does not fit


@pytest.mark.parametrize(
    ("pixels", "low", "high"), [("unit", 0, 1), ("signed", -1, 1), ("raw", 0, 255)]
)
def test_pixels(pixels, low, high):
    found = scaled(np.array([0, 255], np.uint8), pixels)
    assert found.dtype == np.float32
    assert found.tolist() == [low, high]
    floats = np.array([0.3])
    assert scaled(floats, pixels) is floats


def test_what_is_asked_for_and_not_in_the_space_is_recorded(folder):
    found = evaluator(folder, "build_model")(Train(configuration(layers=1, dropout=False), 0))
    assert found.metrics["unknown"] == {"units_0": 4, "learning_rate": 0.001}


def test_a_loss_that_is_not_finite_is_diverged(folder):
    with pytest.raises(Diverged, match=r"loss is (nan|inf) in epoch 1"):
        evaluator(folder, "diverges")(Train(configuration(learning_rate=1e38), 0))


@pytest.mark.parametrize(
    ("name", "fit", "error", "text"),
    [
        ("not_compiled", FIT, TypeError, "not_compiled gave <Sequential.*, expected a compiled"),
        ("always_fails", FIT, RuntimeError, "no such kind"),
        (
            "build_model",
            FitSettings(objective="val_f1_score"),
            ValueError,
            "objective is 'val_f1_score', expected one of: accuracy, loss, val_accuracy, val_loss",
        ),
    ],
)
def test_what_is_wrong_with_a_function_is_its_childs_failure(folder, name, fit, error, text):
    with pytest.raises(error, match=text):
        evaluator(folder, name, fit)(Train(ONE, 0))


def test_builders_are_functions_classes_and_objects():
    assert isinstance(load_builder(spec("Builder"))(HyperParameters()), keras.Model)
    for name, text in (
        ("Fitting", "Fitting has a fit of its own, expected build alone"),
        ("keras", "expected a function of hyper-parameters"),
        ("nothing", "has no 'nothing', expected one of: "),
    ):
        with pytest.raises(ValueError, match=text):
            load_builder(spec(name))


@pytest.mark.parametrize(
    ("objective", "metric", "sign"),
    [
        ("val_accuracy", "val_accuracy", 1),
        ("val_sparse_categorical_accuracy", "val_sparse_categorical_accuracy", 1),
        ("val_loss", "val_loss", -1),
        ("val_mean_squared_error", "val_mean_squared_error", -1),
        ("max:val_mine", "val_mine", 1),
        ("min:val_accuracy", "val_accuracy", -1),
    ],
)
def test_objectives_have_a_direction(objective, metric, sign):
    fit = FitSettings(objective=objective)
    assert (fit.metric, fit.sign) == (metric, sign)


@pytest.mark.parametrize("objective", ["val_mine", "up:val_mine", "up:val_loss"])
def test_an_objective_without_a_direction_is_refused(objective):
    name = objective.rpartition(":")[2]
    with pytest.raises(ValueError, match=f"expected min:{name} or max:{name}"):
        FitSettings(objective=objective)
