import dataclasses
import json
import math

import numpy as np
import pytest

from nasnet.data.sources import load
from nasnet.experiments.runs.values import from_json
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.experiments.training.settings import TRAINING, TrainSettings
from nasnet.stacking import RECIPES, Recipe


def test_the_learning_rate_is_one_cosine():
    recipe = Recipe(learning_rate=0.1)
    rates = [recipe.learning_rate_at(i / 4) for i in range(5)]
    assert rates == pytest.approx([0.1, 0.0853553, 0.05, 0.0146447, 0.0], abs=1e-7)


def test_the_exponential_schedule_falls_in_steps():
    """Slim's: 0.97 every 2.4 epochs; 24 of 100 steps of 10 epochs are such a span."""
    recipe = Recipe(epochs=10, learning_rate=0.1, schedule="exponential")
    rates = [recipe.learning_rate_at(step / 100) for step in (0, 23, 24, 47, 48, 99)]
    expected = [0.1, 0.1, 0.097, 0.097, 0.09409, 0.1 * 0.97**4]
    assert rates == pytest.approx(expected)


def test_a_warm_up_rises_along_a_line():
    recipe = Recipe(epochs=8, learning_rate=0.1, schedule="constant", warmup_epochs=2)
    rates = [recipe.learning_rate_at(epoch / 8) for epoch in (0, 0.5, 1.5, 2, 7)]
    assert rates == pytest.approx([0, 0.025, 0.075, 0.1, 0.1])
    recipe = Recipe(epochs=8, learning_rate=0.1, warmup_epochs=2)
    assert recipe.learning_rate_at(0.25) == pytest.approx(0.05 * (1 + math.cos(math.pi / 4)))


def test_early_averages_are_short():
    recipe = Recipe(ema_decay=0.9)
    decays = [recipe.ema_decay_at(step) for step in (0, 1, 80, 81, 5000)]
    assert decays == pytest.approx([0.1, 2 / 11, 0.9, 0.9, 0.9])
    assert Recipe().ema_decay_at(10**6) == 0


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("epochs", 0, "epochs is 0, expected at least 1"),
        ("batch_size", 1, "batch_size is 1, expected at least 2"),
        ("learning_rate", -1.0, "learning_rate is -1.0, expected at least 0"),
        ("learning_rate", float("nan"), "learning_rate is nan, expected at least 0"),
        ("momentum", 1.0, "momentum is 1.0, expected at least 0 and below 1"),
        ("weight_decay", -1e-4, "weight_decay is -0.0001, expected at least 0"),
        ("label_smoothing", 1.5, "label_smoothing is 1.5, expected at least 0 and below 1"),
        ("batch_norm_epsilon", 0.0, "batch_norm_epsilon is 0.0, expected above 0"),
        (
            "augmentation",
            "mixup",
            "augmentation is 'mixup', expected one of: none, flip, crop-flip",
        ),
        ("optimizer", "adam", "optimizer is 'adam', expected one of: momentum, rmsprop"),
        ("schedule", "step", "schedule is 'step', expected one of: cosine, exponential, constant"),
        ("cutout", -1, "cutout is -1, expected at least 0"),
        ("aux_weight", -0.1, "aux_weight is -0.1, expected at least 0"),
        ("warmup_epochs", float("inf"), "warmup_epochs is inf, expected at least 0"),
        ("ema_decay", 1.0, "ema_decay is 1.0, expected at least 0 and below 1"),
        ("drop_path_keep", 0.0, "drop_path_keep is 0.0, expected above 0 and at most 1"),
        ("dropout_keep", 1.5, "dropout_keep is 1.5, expected above 0 and at most 1"),
        ("rmsprop_epsilon", 0.0, "rmsprop_epsilon is 0.0, expected above 0"),
        ("rmsprop_epsilon", 0.1, "rmsprop_epsilon is 0.1 where optimizer is 'momentum', expected"),
        ("decay_rate", 0.9, "decay_rate is 0.9 where schedule is 'cosine', expected it with 'expo"),
        ("drop_path_schedule", "time", "drop_path_schedule is 'time' where drop_path_keep is 1"),
    ],
)
def test_values_out_of_range_are_refused(field, value, text):
    with pytest.raises(ValueError, match=text):
        Recipe(**{field: value})


@pytest.mark.parametrize(
    ("name", "steps", "peak", "fields"),
    [  # by hand, from the reference code's hparams and the papers
        (
            "paper-cifar",
            937_500,
            0.025,
            "momentum cosine wd 0.0005 clip 5 ls 0 bn 0.9/1e-05 path 0.6 aux 0.4 cutout 16 ema 0",
        ),
        (
            "paper-imagenet-mobile",
            50 * 250_000,
            0.04,
            "rmsprop exponential wd 4e-05 clip 10 ls 0.1 bn 0.9997/0.001 path 1 aux 0.4 cutout 0 "
            "ema 0.9999",
        ),
        (
            "paper-imagenet-large",
            100 * 250_000,
            0.015,
            "rmsprop exponential wd 5e-05 clip 10 ls 0.1 bn 0.9997/0.001 path 0.7 aux 0.4 cutout 0 "
            "ema 0.9999",
        ),
        (
            "pnas",
            100 * 250_000,
            0.015,
            "rmsprop exponential wd 4e-05 clip 10 ls 0.1 bn 0.9997/0.001 path 0.6 aux 0.4 cutout 0 "
            "ema 0.9999",
        ),
        (
            "amoebanet-cifar",
            600 * 50_000 / 128,
            0.024,
            "momentum cosine wd 0.0005 clip 5 ls 0 bn 0.9/1e-05 path 0.7 aux 0.5 cutout 0 ema 0",
        ),
        (
            "amoebanet-imagenet",
            48 * 1_281_167 / 256,
            0.64,
            "rmsprop exponential wd 4e-05 clip 10 ls 0.1 bn 0.9/1e-05 path 1 aux 0.4 cutout 0 "
            "ema 0.9999",
        ),
        (
            "darts",
            600 * 50_000 / 96,
            0.025,
            "momentum cosine wd 0.0003 clip 5 ls 0 bn 0.9/1e-05 path 0.8 aux 0.4 cutout 16 ema 0",
        ),
    ],
)
def test_the_published_recipes(name, steps, peak, fields):
    recipe = RECIPES[name]
    images = 50_000 if recipe.schedule == "cosine" else 1_281_167
    assert recipe.epochs * images / recipe.batch_size == pytest.approx(steps, rel=2e-3)
    assert recipe.learning_rate == peak
    assert fields == (
        f"{recipe.optimizer} {recipe.schedule} wd {recipe.weight_decay:g} clip {recipe.clip_norm:g}"
        f" ls {recipe.label_smoothing:g} bn {recipe.batch_norm_momentum:g}/"
        f"{recipe.batch_norm_epsilon:g} path {recipe.drop_path_keep:g} aux {recipe.aux_weight:g}"
        f" cutout {recipe.cutout} ema {recipe.ema_decay:g}"
    )


def test_every_recipe_has_a_row():
    names = test_the_published_recipes.pytestmark[0].args[1]
    assert [row[0] for row in names] == list(RECIPES)


def test_darts_drops_by_time_alone():
    """Its code: probability 0.2 * epoch / 600, in all cells alike."""
    for depth in (0.05, 1.0):
        keep = [RECIPES["darts"].path_keep_at(depth, epoch / 600) for epoch in (0, 150, 600)]
        assert keep == pytest.approx([1, 0.95, 0.8])


@pytest.mark.parametrize("settings", [SearchSettings(), TrainSettings()])
def test_settings_written_before_there_were_these_fields_still_load(settings):
    old = json.loads(json.dumps(dataclasses.asdict(settings)))
    kept = [field.name for field in dataclasses.fields(Recipe)][:10]
    assert kept[-1] == "batch_norm_epsilon"
    old["recipe"] = {name: old["recipe"][name] for name in kept}
    assert from_json(type(settings), old) == settings


def test_every_field_is_a_flag(invoke):
    flags = (
        "--recipe.optimizer rmsprop --recipe.drop-path-keep 0.7 --recipe.aux-weight 0.4 "
        "--recipe.cutout 8 --recipe.ema-decay 0.99 --recipe.warmup-epochs 0.5"
    )
    code, out, _ = invoke("search", *flags.split(), "--dry-run")
    assert code == 0
    expected = dataclasses.replace(
        SearchSettings().recipe,
        optimizer="rmsprop",
        drop_path_keep=0.7,
        aux_weight=0.4,
        cutout=8,
        ema_decay=0.99,
        warmup_epochs=0.5,
    )
    assert json.loads(out)["settings"]["recipe"] == dataclasses.asdict(expected)


@pytest.mark.slow
def test_training_by_a_preset_saves_the_averages_in_stock_layers(
    invoke, cell, tmp_path, monkeypatch
):
    import keras

    tiny = dataclasses.replace(
        RECIPES["paper-imagenet-large"], epochs=2, batch_size=20, batch_norm_momentum=0.9, cutout=8
    )
    monkeypatch.setattr("nasnet.experiments.training.settings.RECIPES", {"tiny": tiny})
    dataset, out = load("shapes10"), tmp_path / "run"
    x, y = dataset.x_train[:120], dataset.y_train[:120]
    np.savez(tmp_path / "small.npz", x_train=x, y_train=y, x_val=x[:50], y_val=y[:50])
    flags = f"--data {tmp_path}/small.npz --stack.repeats 1 --stack.filters 4"
    arguments = ["train", cell, *flags.split(), "--recipe-preset", "tiny", "--out", out]
    code, text, err = invoke(*arguments, "--json")
    assert code == 0, err
    assert TRAINING.open(out).settings.recipe == tiny
    model = keras.models.load_model(out / "model.keras", safe_mode=True)
    assert {type(layer).__module__.split(".")[0] for layer in model.layers} == {"keras"}
    with np.load(out / "checkpoint.npz") as state:
        expected = state["average_weights"]
    kernel = next(v for v in model.trainable_variables if v.path == "stem_conv/kernel").numpy()
    np.testing.assert_array_equal(kernel.ravel(), expected[: kernel.size])
    logits = model(x[:50]).numpy()
    accuracy = np.mean(logits.argmax(1) == y[:50])
    assert accuracy == pytest.approx(json.loads(text)["val_accuracy"], abs=0.021)
    code, again, _ = invoke("train", "--resume", out, "--json")
    assert code == 0
    assert {**json.loads(again), "seconds": 0} == {**json.loads(text), "seconds": 0}
    code, _, err = invoke("train", "--resume", out, "--recipe-preset", "tiny")
    assert code == 2
    assert "recipe preset is 'tiny' beside --resume, expected one of the two" in err
