"""`nasnet export`: files that compute what the network computes, with all that belongs to them."""

import importlib.util
import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from nasnet.cells import NASNET_A, network_cost
from nasnet.experiments.commands.export import ExportCommand
from nasnet.experiments.errors import FAILURE, NotFoundError
from nasnet.experiments.networks.trained import find_network
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.run import Run
from nasnet.experiments.training.settings import TRAINING, TrainSettings
from nasnet.runtime.files import write_atomically
from nasnet.runtime.libraries import MissingLibraryError
from nasnet.stacking import Stack, build_network, preprocess_input
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.recipe import Recipe
from nasnet.transfer.serving.export import (
    Agreement,
    accuracy,
    compare,
    export_network,
    gives_probabilities,
    mult_adds,
)
from nasnet.transfer.serving.model_card import Facts, model_card
from nasnet.transfer.serving.runners import load_runner, run_keras
from nasnet.transfer.serving.trained import TrainedNetwork
from tests.keras_networks import randomise
from tests.needed import need
from tests.pictures import write_folder
from tests.strategies import TWO_BLOCKS

SHAPE, CLASSES = (16, 16, 3), ("ant", "bee", "cat")
STACK = Stack(1, 2)
FILES = {"keras": "model.keras", "saved_model": "saved_model"}


@pytest.fixture(scope="module")
def model():
    """A small network of two plain layers: exports of whole networks are in test_export.py."""
    keras.utils.set_random_seed(0)
    image = keras.Input(SHAPE)
    x = keras.layers.SeparableConv2D(5, 3, strides=2, padding="same", use_bias=False)(image)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Conv2D(4, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3)(x))


@pytest.fixture
def run(model, tmp_path):
    """The run directory of a training."""
    path = tmp_path / "mine"
    path.mkdir()
    settings = TrainSettings(data="photos", recipe=Recipe(epochs=3))
    Run(path, TRAINING).write_config(settings, DataFacts("", "photos of a|b", CLASSES))
    write_atomically(path / "genotype.json", NASNET_A.to_json())
    result = {"test_accuracy": 0.625, "test_images": 2000, "val_accuracy": 0.5, "val_images": 80}
    write_atomically(path / "result.json", json.dumps(result))
    model.save(path / "model.keras")
    return path


@pytest.fixture
def images(rng):
    """Pixels."""
    return rng.integers(0, 256, (5, *SHAPE), np.uint8)


def outputs_of(model, pixels):
    """Of a bare network."""
    return model(preprocess_input(pixels)).numpy()


@pytest.fixture
def photos(tmp_path):
    counts = dict.fromkeys(CLASSES, 6)
    return write_folder(tmp_path / "photos", train=counts, val=counts)


@pytest.mark.parametrize("form", ["keras", "saved_model", "onnx", "litert"])
def test_an_export_computes_what_the_network_computes(model, form, images, tmp_path):
    if form == "onnx":
        need("tf2onnx", "onnx", "onnxruntime")
    if form == "litert":
        need("ai_edge_litert")
    path = export_network(model, tmp_path, form)
    runner = load_runner(path)
    assert runner.input_shape == SHAPE
    expected = outputs_of(model, images)
    np.testing.assert_allclose(runner(images, batch_size=2), expected, atol=1e-5)
    agreement = compare(runner, run_keras(model), images)
    assert agreement.close
    assert (agreement.images, agreement.same_class) == (5, 1.0)


def test_a_difference_above_the_tolerance_is_not_close():
    assert Agreement(8, 0.99e-3, 10.0, 1.0).close
    assert not Agreement(8, 1.01e-3, 10.0, 1.0).close


def test_a_folder_holds_all_that_belongs_to_the_network(run, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert ExportCommand(run, "saved_model", out=out).run() == 0
    printed = capsys.readouterr().out
    assert "largest difference of an output to the Keras network" in printed
    assert "on 8 images of noise" in printed
    assert f"next: nasnet predict {out} IMAGE" in printed
    names = {path.name for path in out.iterdir()}
    beside = {"labels.txt", "preprocessing.json", "README.md", "cell.svg", "usage.py"}
    assert names == {"saved_model"} | beside
    assert (out / "labels.txt").read_text() == "ant\nbee\ncat\n"
    about = json.loads((out / "preprocessing.json").read_text())
    assert (about["size"], about["crop"], about["outputs"]) == (16, 1.0, "logits")
    card = (out / "README.md").read_text()
    for text in (
        "# mine",
        "![The cells of the network](cell.svg)",
        "| test accuracy | 0.6250 | 2,000 |",
        "| val accuracy | 0.5000 | 80 |",
        "photos of a|b",
        '"epochs": 3',
        "[N, 16, 16, 3] float32, RGB, pixels from 0 to 255",
        "logits of 3 classes",
        "| keras |",
    ):
        assert text in card
    network = find_network(out)
    assert (network.classes, network.crop) == (CLASSES, 1.0)
    assert network.path == out / "saved_model"
    assert find_network(out / "saved_model") == network
    assert not [path for path in out.parent.iterdir() if path != out]


def test_a_keras_file_alone_can_be_exported(model, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model.save("alone.keras")
    (tmp_path / "names.txt").write_text("x\ny\nz\n")
    command = ExportCommand(
        tmp_path / "alone.keras", "keras", labels=tmp_path / "names.txt", json=True
    )
    assert command.run() == 0
    document = json.loads(capsys.readouterr().out)
    assert document["agreement"]["difference"] == 0
    assert document["file"] == "alone-keras/model.keras"
    card = (tmp_path / "alone-keras" / "README.md").read_text()
    assert card.count("Not recorded.") == 3
    assert "cell.svg" not in card
    assert (tmp_path / "alone-keras" / "labels.txt").read_text() == "x\ny\nz\n"


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_without_what_runs_it_the_file_is_written_and_not_checked(
    run, form, tmp_path, monkeypatch, capsys
):
    if form == "onnx":
        need("tf2onnx", "onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    out = tmp_path / "out"
    assert ExportCommand(run, form, out=out).run() == 0
    printed = capsys.readouterr().out
    package = {"onnx": "onnxruntime", "litert": "ai-edge-litert"}[form]
    assert f"not checked: {package} is not installed" in printed
    assert f"pip install {package}" in printed
    assert (out / {"onnx": "model.onnx", "litert": "model.tflite"}[form]).stat().st_size > 1000
    assert "not checked" in (out / "README.md").read_text()


def test_what_onnx_needs_is_named(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(MissingLibraryError, match="tf2onnx is not installed, expected it to expor"):
        export_network(model, tmp_path, "onnx")


@pytest.mark.slow
def test_int8_is_calibrated_and_its_loss_is_measured(run, photos, tmp_path, capsys):
    need("ai_edge_litert")
    small = tmp_path / "small"
    command = ExportCommand(run, "litert", int8=True, data=str(photos), out=small, json=True)
    assert command.run() == 0
    document = json.loads(capsys.readouterr().out)
    assert document["images"] == 18
    assert 0 <= document["accuracy_after"] <= 1
    assert 0 < document["agreement"]["difference"] < 0.2 * document["agreement"]["largest"]
    assert "before" in (small / "README.md").read_text()
    details = [f["dtype"] for f in tensor_details(small / "model.tflite")]
    assert np.int8 in details


def tensor_details(path):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    return interpreter.get_tensor_details()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"int8": True}, "int8 is set with format 'keras', expected 'litert'"),
        ({"int8": True, "format": "litert"}, "data set is '.*photos'.*; --data says where the ima"),
        ({"limit": 0}, "limit is 0, expected at least 1"),
    ],
)
def test_flags_that_do_not_fit_are_refused(run, tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        ExportCommand(run, out=tmp_path / "out", **change).run()
    assert not (tmp_path / "out").exists()


def test_other_files_are_not_overwritten(run, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes").write_text("mine")
    with pytest.raises(ValueError, match="out is there already, expected a new or an empty folder"):
        ExportCommand(run, out=out).run()
    assert [path.name for path in out.iterdir()] == ["notes"]


def test_data_of_other_classes_is_refused(run, tmp_path):
    other = write_folder(tmp_path / "other", train={"dog": 2, "emu": 2, "fox": 2})
    with pytest.raises(ValueError, match=r"are dog, emu, fox, expected ant, bee, cat"):
        ExportCommand(run, data=str(other), out=tmp_path / "out").run()


def test_what_is_no_network_is_not_found(run, tmp_path):
    (run / "model.keras").unlink()
    with pytest.raises(NotFoundError, match=r"holds no model\.keras, expected a training that has"):
        ExportCommand(run).run()
    with pytest.raises(NotFoundError, match="gone', expected a run that has ended"):
        ExportCommand(tmp_path / "gone").run()


def test_a_damaged_network_is_one_line(tmp_path):
    (tmp_path / "x.keras").write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"x\.keras cannot be loaded, expected a whole network"):
        ExportCommand(tmp_path / "x.keras", out=tmp_path / "out").run()


def test_an_export_that_differs_fails(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("nasnet.transfer.serving.export.TOLERANCE", -1.0)
    assert ExportCommand(run, out=tmp_path / "out").run() == FAILURE
    assert "differs from the Keras network" in capsys.readouterr().err


def test_multiply_adds_are_those_of_the_cost_model():
    network = build_network(CellNetwork(NASNET_A, STACK, (32, 32, 3), 10))
    cost, _ = network_cost(CellNetwork(NASNET_A, STACK, (32, 32, 3), 10))
    assert mult_adds(network) == cost.mult_adds


def test_probabilities_are_told_from_logits(model, images):
    logits = outputs_of(model, images)
    assert not gives_probabilities(logits)
    assert gives_probabilities(keras.ops.convert_to_numpy(keras.ops.softmax(logits)))


def test_right_classes_are_counted_over_batches(model, images):
    labels = outputs_of(model, images).argmax(1)
    wrong = (labels + np.arange(5) // 4) % 3
    assert accuracy(run_keras(model), [(images, labels)]) == (1.0, 5)
    assert accuracy(run_keras(model), [(images[:3], wrong[:3]), (images[3:], wrong[3:])]) == (
        0.8,
        5,
    )


def facts_of(network, channels):
    shape = (8, 8, channels)
    return Facts(network, "f", "onnx", shape, False, "logits", 2, 5, 7, None, "-", "pass", {})


def test_a_card_quotes_a_transfers_result():
    result = {"top1": 0.74, "top5": 0.916, "images": 50_000, "loss": 1.0}
    network = TrainedNetwork(Path("n.keras"), "n", crop=1.0, result=result)
    card = model_card(facts_of(network, 3))
    assert "| validation accuracy, top 1 | 0.7400 | 50,000 |" in card
    assert "| validation accuracy, top 5 | 0.9160 | 50,000 |" in card


def test_a_card_without_facts_says_so():
    network = TrainedNetwork(Path("n.keras"), "n", crop=0.875)
    card = model_card(facts_of(network, 1))
    assert card.count("Not recorded.") == 3
    assert "[N, 8, 8, 1] float32, grayscale, values from -1 to 1" in card
    assert "pixels / 127.5 - 1" in card
    assert "grayscale" in card
    assert "87.5% of the shorter side" in card


@pytest.fixture(scope="module")
def network_run(tmp_path_factory):
    """A run directory whose network is that of its genotype and plan."""
    path = tmp_path_factory.mktemp("runs") / "cells"
    path.mkdir()
    settings = TrainSettings(data="photos", stack=STACK, recipe=Recipe(batch_norm_epsilon=1e-3))
    Run(path, TRAINING).write_config(settings, DataFacts("", "photos", CLASSES))
    write_atomically(path / "genotype.json", TWO_BLOCKS.to_json())
    network = CellNetwork(TWO_BLOCKS, STACK, SHAPE, len(CLASSES))
    model = build_network(network, settings.recipe)
    randomise(model, np.random.default_rng(0))
    model.save(path / "model.keras")
    return path


@pytest.mark.slow
def test_an_export_for_pytorch_is_a_module_and_its_weights(network_run, tmp_path, capsys):
    need("safetensors")
    out = tmp_path / "out"
    assert ExportCommand(network_run, "torch", out=out).run() == 0
    printed = capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert {"model.py", "model.safetensors", "labels.txt", "README.md", "cell.svg"} <= names
    assert "eps=0.001" in (out / "model.py").read_text()
    assert "probabilities of 3 classes" in (out / "README.md").read_text()
    if importlib.util.find_spec("torch") is None:
        assert "not checked: torch is not installed" in printed
    else:
        assert "same class 100%" in printed
    with pytest.raises(
        ValueError, match=r"model\.py', expected a \.keras, \.onnx or \.tflite file"
    ):
        load_runner(find_network(out).path)


def test_weights_in_a_run_become_safetensors(network_run, tmp_path, invoke):
    need("safetensors")
    from safetensors.numpy import load_file

    words = ["--framework", "torch", "--repeats", 1, "--filters", 2, "--size", 16, "--classes", 3]
    command = ["code", network_run / "genotype.json", *words, "-o", tmp_path / "net.py"]
    code, out, _ = invoke(*command, "--weights", network_run)
    assert (code, out) == (0, f"{tmp_path / 'net.safetensors'}\n{tmp_path / 'net.py'}\n")
    arrays = load_file(tmp_path / "net.safetensors")
    stem = keras.models.load_model(network_run / "model.keras").get_layer("stem_conv").kernel
    np.testing.assert_array_equal(arrays["stem_conv.weight"], stem.numpy().transpose(3, 2, 0, 1))
    (tmp_path / "net.py").unlink()
    (tmp_path / "net.safetensors").unlink()
    code, _, err = invoke(*command, "--weights", network_run, "--filters", 4)
    assert code == 2
    assert "has shape" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["run", "alone"])
def test_what_is_not_of_known_cells_has_no_module(run, name, tmp_path):
    (run / "model.keras").rename(run / f"{name}.keras")
    path = run / "alone.keras"
    message = "whose cells are not known, expected a run"
    if name == "run":  # with layers that are not those of its cells
        (run / "run.keras").rename(run / "model.keras")
        path, message = run, "weight .* is (missing|unknown), expected those of the network alone"
    with pytest.raises(ValueError, match=message):
        ExportCommand(path, "torch", out=tmp_path / "out").run()
    assert not (tmp_path / "out").exists()
