"""`nasnet transfer train`, `evaluate` and `finetune` from the command line to the files."""

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from nasnet.cells import ZOO
from nasnet.experiments.cli import run as run_cli
from nasnet.experiments.commands.transfer.evaluate import TransferEvaluateCommand
from nasnet.experiments.transfer.settings import (
    TRANSFER,
    FinetuneSettings,
    TransferSettings,
    preset_settings,
    with_batch,
)
from nasnet.stacking import PRESETS, RECIPES
from nasnet.transfer.training.history import read_history
from tests.transfer_runs import TINY, finetune, train


@pytest.fixture(scope="module")
def trained(cell, photos, tmp_path_factory):
    """The run directory of a short training."""
    out = tmp_path_factory.mktemp("runs") / "run"
    command = train(
        cell, "--data", str(photos), *TINY.split(), "--batch-size", "8", "--epochs", "2",
        "--validate-every", "1", "--checkpoint-every", "2", "--out", str(out),
    )  # fmt: skip
    assert run_cli(command.run) == 0
    return out


def test_a_training_leaves_what_it_says(trained, photos):
    names = {"config.json", "genotype.json", "labels.txt", "history.csv", "model.keras"}
    names |= {"README.md", "usage.py", "cell.svg", "preprocessing.json"}
    assert names | {"result.json", "checkpoints"} <= {path.name for path in trained.iterdir()}
    assert "usage.py" in (trained / "README.md").read_text()
    assert (trained / "labels.txt").read_text() == "bright\ndark\n"
    result = json.loads((trained / "result.json").read_text())
    assert (result["steps"], result["images"], result["top5"]) == (6, 8, 1.0)
    settings = TRANSFER.open(trained).settings
    small = preset_settings("small").recipe
    assert settings.recipe.learning_rate == pytest.approx(
        small.learning_rate * 8 / small.batch_size
    )
    last = read_history(trained / "history.csv")[-1]
    assert last["kind"] == "validation"
    assert float(last["top1"]) == pytest.approx(result["top1"], abs=1e-5)


def test_the_saved_network_gives_the_logits_that_were_validated(trained, photos):
    from nasnet.data.photos.images import open_images
    from nasnet.data.photos.pipeline import evaluation_batches

    model = keras.models.load_model(trained / "model.keras")
    batch = next(iter(evaluation_batches(open_images(photos).validation, 32, 8)))
    logits = model((batch["image"] + 1) * 127.5).numpy()
    loss = keras.losses.sparse_categorical_crossentropy(batch["label"], logits, from_logits=True)
    result = json.loads((trained / "result.json").read_text())
    assert float(np.mean(loss)) == pytest.approx(result["loss"], rel=1e-3)
    assert model.count_params() > result["parameters"]


@pytest.mark.parametrize("checkpoint", [None, 6])
def test_evaluation_repeats_the_last_validation(trained, photos, capsys, checkpoint):
    arguments = [str(trained), "--data", str(photos)]
    if checkpoint is not None:
        arguments += ["--checkpoint", str(checkpoint)]
    command = TransferEvaluateCommand.parse(arguments, "nasnet transfer evaluate")
    assert run_cli(command.run) == 0
    found = json.loads(capsys.readouterr().out)
    result = json.loads((trained / "result.json").read_text())
    for name in ("top1", "top5", "images"):
        assert found[name] == pytest.approx(result[name])
    assert found["loss"] == pytest.approx(result["loss"], rel=1e-3)


def test_a_finished_training_can_be_resumed_and_says_the_same(trained, capsys):
    command = train("--resume", str(trained), "--json")
    before = (trained / "history.csv").read_bytes()
    assert run_cli(command.run) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.items() >= {"steps": 6, "run": str(trained)}.items()
    assert (trained / "history.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--recipe.weight-decay 0.1", "recipe.weight_decay: 0.0005 in the run, 0.1 now"),
        ("--precision mixed_float16", "precision: float32 in the run, mixed_float16 now"),
        ("--epochs 9", "recipe.epochs: 2 in the run, 9 now"),
        ("--preset large", "preset is 'large' beside --resume, expected one of the two"),
        ("--accumulate 2", "micro-batch is 4, expected 8 as in the run"),
        ("--data nowhere", "data is nowhere, which does not exist, expected a folder"),
    ],
)
def test_changed_settings_are_refused(trained, capsys, arguments, text):
    command = train("--resume", str(trained), *arguments.split())
    assert run_cli(command.run) == 2
    assert text in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("nasnet-a", "data is '', expected --data DIR"),
        ("", "cell is None and resume is None, expected one of the two"),
        ("nasnet-a --data {data} --batch-size 9 --accumulate 2", "batch size is 9, expected a mul"),
        ("nasnet-a --data {data} --batch-size 64", "batch size is 64, expected at most the 24"),
        ("nasnet-a --data {data} --plan 4x3", "plan is '4x3', expected N@P such as 4@1056"),
        ("nasnet-a --data {data} --distribution multi-worker", "TF_CONFIG is '', expected the li"),
    ],
)
def test_wrong_settings_are_refused_in_a_line(photos, tmp_path, capsys, arguments, text):
    given = arguments.format(data=photos).split()
    command = train(*given, *TINY.split(), "--out", str(tmp_path / "run"))
    assert run_cli(command.run) == 2
    assert text in " ".join(capsys.readouterr().err.split())


def test_a_loss_that_is_not_finite_ends_with_one_line_and_code_1(cell, photos, tmp_path, capsys):
    command = train(
        cell, "--data", str(photos), *TINY.split(), "--batch-size", "8", "--epochs", "4",
        "--recipe.learning-rate", "1e30", "--recipe.clip-norm", "0", "--out", str(tmp_path / "r"),
    )  # fmt: skip
    assert run_cli(command.run) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("nasnet: error: ")
    assert "at step" in line
    assert "checkpoint" in line


def test_presets_are_the_papers():
    for name, network, recipe in (
        ("mobile", "imagenet-mobile", "paper-imagenet-mobile"),
        ("large", "imagenet-large", "paper-imagenet-large"),
    ):
        settings = preset_settings(name)
        assert settings.stack == PRESETS[network].stack
        assert settings.size == PRESETS[network].size
        assert dataclasses.replace(settings.recipe, augmentation="crop-flip") == RECIPES[recipe]
    with pytest.raises(ValueError, match="preset is 'tiny', expected one of: mobile, large, small"):
        preset_settings("tiny")


def test_the_learning_rate_grows_with_the_batch():
    settings = preset_settings("mobile")
    larger = with_batch(settings, 1600, settings.recipe)
    assert larger.recipe.learning_rate == pytest.approx(0.04 * 50)
    chosen = dataclasses.replace(settings.recipe, learning_rate=0.3)
    kept = with_batch(dataclasses.replace(settings, recipe=chosen), 64, settings.recipe)
    assert (kept.recipe.learning_rate, kept.recipe.batch_size) == (0.3, 64)


def test_a_plan_as_the_papers_write_it(photos, tmp_path, monkeypatch):
    from nasnet.experiments.transfer import training

    seen = []
    monkeypatch.setattr(training, "train", seen.append)
    command = train(
        "nasnet-a", "--data", str(photos), "--plan", "4@1056", "--batch-size", "8",
        "--out", str(tmp_path / "r"),
        preset="mobile",
    )  # fmt: skip
    assert command.run() == 130  # nothing has come of it
    stack = seen[0].network.stack
    assert (stack.repeats, stack.filters, stack.stem) == (4, 44, "imagenet")


def test_fine_tuning_takes_weights_cells_and_plan_from_a_run(trained, photos, tmp_path, capsys):
    from nasnet.transfer.weights import read_weights

    out = tmp_path / "fine"
    command = finetune(
        "--weights", str(trained), "--data", str(photos), "--size", "32", "--epochs", "2",
        "--batch-size", "8", "--freeze", "1", "--out", str(out),
    )  # fmt: skip
    assert run_cli(command.run) == 0
    err = " ".join(capsys.readouterr().err.split())
    assert "carried" in err
    settings = TRANSFER.open(out).settings
    assert isinstance(settings, FinetuneSettings)
    assert settings.stack == TRANSFER.open(trained).settings.stack
    before, after = (read_weights(folder).arrays for folder in (trained, out))
    frozen = [path for path in before if path.startswith(("stem_", "cell_0_"))]
    assert frozen
    for path in before:
        assert np.array_equal(before[path], after[path]) == (path in frozen), path
    again = finetune("--resume", str(out))
    assert run_cli(again.run) == 0
    with pytest.raises(ValueError, match="is a training, expected a fine-tuning"):
        finetune("--resume", str(trained))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--data {data}", "weights is '', expected --weights FILE or a run directory"),
        ("--data {data} --weights nowhere.h5", "nowhere.h5, which does not exist, expected a file"),
        ("--data {data} --weights {run} --freeze 40", "freeze is '40', expected 0 to 5 cells or"),
    ],
)
def test_fine_tuning_refuses_in_a_line(trained, photos, tmp_path, capsys, arguments, text):
    given = arguments.format(data=photos, run=trained).split()
    command = finetune(*given, "--out", str(tmp_path / "fine"))
    assert run_cli(command.run) == 2
    assert text in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "fine").exists()


def test_without_tensorboard_the_error_names_it(monkeypatch):
    import importlib.util

    from nasnet.experiments.transfer.progress import check_tensorboard

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="tensorboard is not installed, expected it"):
        check_tensorboard()


def test_settings_out_of_range_are_refused():
    for name, value in (("size", 4), ("accumulate", 0), ("image_limit", 0), ("seed", -1)):
        with pytest.raises(ValueError, match=f"{name} is {value}, expected"):
            TransferSettings(**{name: value})


@pytest.mark.slow
def test_real_photos_are_learned(real_data: Path, tmp_path):
    """Three of the small preset's epochs on 2,000 photos: far better than a guess."""
    assert "nasnet-a" in ZOO
    command = train(
        "nasnet-a", "--data", str(real_data / "imagenette224_mini"), "--size", "64",
        "--epochs", "3", "--out", str(tmp_path / "run"),
    )  # fmt: skip
    assert run_cli(command.run) == 0
    assert json.loads((tmp_path / "run" / "result.json").read_text())["top1"] > 0.25
