"""A trained network in every format: the same outputs for the same 8-bit images, nothing to know.

`python -m nasnet.experiments.published.round_trip` measures more of them, for docs/export.md.
"""

import json
import runpy
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from nasnet.experiments.exporting.source import with_source
from nasnet.experiments.networks.trained import find_network
from nasnet.experiments.runs.pictures import draw_architecture
from nasnet.transfer.serving.describing import Card
from nasnet.transfer.serving.export import compare
from nasnet.transfer.serving.exporting import Target, export
from nasnet.transfer.serving.photos import show
from nasnet.transfer.serving.predicting import predict
from nasnet.transfer.serving.runners import load_runner
from tests.needed import need

# What writes and runs each format; what is not TensorFlow's own takes seconds.
LIBRARIES = {
    "keras": (),
    "saved_model": (),
    "onnx": ("tf2onnx", "onnx", "onnxruntime"),
    "litert": ("ai_edge_litert",),
    "torch": ("torch", "safetensors"),
}
TARGETS = [
    pytest.param(Target(form), id=form, marks=[] if form == "keras" else [pytest.mark.slow])
    for form in LIBRARIES
    if form != "torch"
]
TARGETS.append(pytest.param(Target("keras", pixels=False), id="bare"))
TORCH = pytest.param(Target("torch"), id="torch", marks=pytest.mark.slow)


@pytest.fixture(scope="module")
def data(trained_run):
    from nasnet.data import sources

    return sources.load(str(trained_run.parent / "colours.npz"))


@pytest.fixture(scope="module")
def exported(trained_run, data, tmp_path_factory):
    """`exported(target)` is the folder of an export."""
    made = {}

    def make(target):
        if target not in made:
            need(*LIBRARIES[target.form])
            out = tmp_path_factory.mktemp("exports") / "out"
            card = Card(draw_architecture, {"python": "3"})
            photos = (lambda size: data) if target.int8 else None
            export(with_source(find_network(trained_run)), target, out, card, photos=photos)
            made[target] = out
        return made[target]

    return make


def file_of(folder):
    return folder / json.loads((folder / "preprocessing.json").read_text())["file"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_format_has_the_outputs_of_the_training(target, trained_run, data, exported):
    runner = load_runner(file_of(exported(target)))
    assert runner.takes_pixels == target.pixels
    original = load_runner(trained_run / "model.keras")
    assert compare(runner, original, data.x_test).close
    right = np.mean(original(data.x_test).argmax(1) == data.y_test)
    result = json.loads((trained_run / "result.json").read_text())
    assert right == result["test_accuracy"] > 0.9


@pytest.mark.slow
def test_int8_is_calibrated_by_what_it_is_given(trained_run, data, exported):
    runner = load_runner(file_of(exported(Target("litert", int8=True))))
    agreement = compare(runner, load_runner(trained_run / "model.keras"), data.x_test)
    assert agreement.same_class >= 0.9
    assert 0 < agreement.difference < 0.2


def test_keras_alone_is_right_on_8_bit_images(trained_run, data):
    model = keras.saving.load_model(trained_run / "model.keras")
    for images in (data.x_test, data.x_test.astype(np.float32)):
        right = np.mean(model.predict(images, verbose=0).argmax(1) == data.y_test)
        assert right == json.loads((trained_run / "result.json").read_text())["test_accuracy"]


@pytest.mark.parametrize("target", [pytest.param(None, id="run"), *TARGETS, TORCH])
def test_the_example_beside_it_runs_as_it_stands(
    target, trained_run, data, exported, tmp_path, monkeypatch, capsys
):
    """It sees a photo of another shape as `nasnet predict` does, without a line of ours."""
    folder = trained_run if target is None else exported(target)
    photo = tmp_path / "photo.png"
    Image.fromarray(np.kron(data.x_test[1], np.ones((3, 2, 1), np.uint8))).save(photo)
    text = (folder / "usage.py").read_text()
    assert "nasnet" not in text
    monkeypatch.setattr(sys, "argv", ["usage.py", str(photo)])
    monkeypatch.syspath_prepend(folder)  # as Python does for a script
    names = runpy.run_path(str(folder / "usage.py"), run_name="__main__")
    [prediction] = predict(find_network(trained_run), [photo], top=3)
    assert capsys.readouterr().out.strip() == prediction.guesses[0].name == "green"
    expected = {guess.label: guess.probability for guess in prediction.guesses}
    found = dict(enumerate(np.asarray(names["outputs"]).tolist()))
    assert found == pytest.approx(expected, abs=1e-4)
    assert f"```python\n{text}```" in (folder / "README.md").read_text()


def test_a_training_leaves_what_explains_its_network(trained_run):
    assert (trained_run / "labels.txt").read_text() == "red\ngreen\nblue\n"
    about = json.loads((trained_run / "preprocessing.json").read_text())
    assert (about["range"], about["file"]) == ([0, 255], "model.keras")
    card = (trained_run / "README.md").read_text()
    result = json.loads((trained_run / "result.json").read_text())
    for text in (
        "# run",
        "![The cells of the network](cell.svg)",
        "[N, 12, 16, 3] float32, RGB, pixels from 0 to 255",
        f"| test accuracy | {result['test_accuracy']:.4f} | 30 |",
        "probabilities of 3 classes",
        "| trained with |",
    ):
        assert text in card
    assert (trained_run / "cell.svg").is_file()


def test_images_of_a_run_are_shown_as_they_are(trained_run, data):
    shown = show(data, find_network(trained_run), (12, 16, 3), 3, limit=1000)
    np.testing.assert_array_equal(shown.calibration, data.x_train)
