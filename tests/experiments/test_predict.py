"""`nasnet predict`: the classes that a network sees, and one line for each bad image."""

import json

import keras
import numpy as np
import pytest

from nasnet.experiments.commands.export import ExportCommand
from nasnet.experiments.commands.predict import PredictCommand
from nasnet.experiments.errors import NotFoundError
from nasnet.experiments.networks.trained import find_network
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.run import Run
from nasnet.experiments.training.settings import TRAINING, TrainSettings
from nasnet.runtime.files import write_atomically
from nasnet.transfer.serving.predicting import predict
from tests.pictures import BAD, encoded

COLOURS = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200)}


def colour_network(*, channels=3, activation=None):
    """Tells red, green and blue: the logits are 4 times the mean of each channel."""
    image = keras.Input((8, 8, channels))
    mean = keras.layers.GlobalAveragePooling2D()(image)
    dense = keras.layers.Dense(3, use_bias=False, activation=activation)
    model = keras.Model(image, dense(mean))
    dense.set_weights([4 * np.eye(3)[:channels]])
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "colours"
    path.mkdir()
    Run(path, TRAINING).write_config(TrainSettings(), DataFacts("", "colours", tuple(COLOURS)))
    colour_network().save(path / "model.keras")
    return path


@pytest.fixture
def files(tmp_path):
    found = []
    for name, colour in COLOURS.items():
        path = tmp_path / f"{name}.png"
        path.write_bytes(encoded(np.full((30, 40, 3), colour, np.uint8)))
        found.append(path)
    return found


def test_the_classes_of_images_are_named(run, files):
    found = predict(find_network(run), files)
    assert [p.guesses[0].name for p in found] == ["red", "green", "blue"]
    assert [p.guesses[0].label for p in found] == [0, 1, 2]
    logits = 4 * (np.array(COLOURS["red"]) / 127.5 - 1)
    expected = np.exp(logits) / np.exp(logits).sum()
    probabilities = {guess.label: guess.probability for guess in found[0].guesses}
    np.testing.assert_allclose([probabilities[i] for i in range(3)], expected, rtol=1e-4)


def test_a_network_of_probabilities_is_not_normalised_twice(files, tmp_path):
    colour_network(activation="softmax").save(tmp_path / "soft.keras")
    colour_network().save(tmp_path / "plain.keras")
    soft, plain = (predict(find_network(tmp_path / f"{n}.keras"), files) for n in ("soft", "plain"))
    for a, b in zip(soft, plain, strict=True):
        assert [g.name for g in a.guesses] == [g.name for g in b.guesses]
        np.testing.assert_allclose(
            [g.probability for g in a.guesses], [g.probability for g in b.guesses], rtol=1e-4
        )
    assert soft[0].guesses[0].name == "0"  # no names are known


def test_the_table_has_a_row_for_each_guess(run, files, capsys):
    assert PredictCommand(run, files, top=2).run() == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.count("0.") == 6
    assert "green" in captured.out


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_image_is_one_line(files, kind, capsys, tmp_path):
    """Of a network of photos, whose images TensorFlow decodes."""
    name, data, reason = BAD[kind]
    bad = tmp_path / f"bad-{name}"
    bad.write_bytes(data)
    colour_network().save(tmp_path / "n.keras")
    assert PredictCommand(tmp_path / "n.keras", [files[0], bad]).run() == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"nasnet: {bad}: ")
    assert reason in line


# What Pillow says of a header that goes on nowhere.
_SHORT = dict.fromkeys(
    ("only-a-signature", "only-a-png-signature", "huge-png"), "it is no image of a known format"
)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_image_is_one_line_and_the_others_are_classified(run, files, kind, capsys, tmp_path):
    name, data, reason = BAD[kind]
    reason = _SHORT.get(kind, reason)
    bad = tmp_path / f"bad-{name}"
    bad.write_bytes(data)
    assert PredictCommand(run, [files[0], bad, files[1]]).run() == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"nasnet: {bad}: ")
    assert reason in captured.err
    assert captured.err.count("\n") == 1
    assert PredictCommand(run, [files[0], bad, files[1]], json=True).run() == 2
    document = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in document] == [str(files[0]), str(bad), str(files[1])]
    assert reason in document[1]["error"]
    assert document[2]["predictions"][0]["name"] == "green"
    assert set(document[2]["predictions"][0]) == {"label", "name", "probability"}


def test_missing_files_are_bad_images(run, tmp_path, capsys):
    assert PredictCommand(run, [tmp_path / "gone.jpg"]).run() == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("gone.jpg: it cannot be read: No such file or directory")


def test_a_folder_is_all_images_in_it_and_below(run, files, tmp_path, capsys):
    (tmp_path / "more").mkdir()
    files[1].rename(tmp_path / "more" / "no-suffix")
    (tmp_path / "notes.txt").write_text("mine")
    assert PredictCommand(run, [tmp_path], top=1, json=True).run() == 0
    captured = capsys.readouterr()
    found = [(row["image"], row["predictions"][0]["name"]) for row in json.loads(captured.out)]
    expected = [("blue.png", "blue"), ("red.png", "red"), ("more/no-suffix", "green")]
    assert found == [(str(tmp_path / place), name) for place, name in expected]
    assert captured.err == f"{tmp_path}: 1 file that is no image was passed over: notes.txt\n"


def test_a_folder_without_images_is_refused(run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"number of images in .* is 0, expected at least 1"):
        PredictCommand(run, [tmp_path]).run()


def test_an_export_is_used_as_the_run_is(run, files, tmp_path, capsys):
    assert ExportCommand(run, "saved_model", out=tmp_path / "out").run() == 0
    whole = predict(find_network(run), files)
    for path in (tmp_path / "out", tmp_path / "out" / "saved_model"):
        again = predict(find_network(path), files)
        assert [p.guesses[0].name for p in again] == [p.guesses[0].name for p in whole]
        assert again[0].guesses[0].probability == pytest.approx(whole[0].guesses[0].probability)


def test_the_crop_shows_the_middle(run, tmp_path):
    image = np.full((40, 40, 3), COLOURS["red"], np.uint8)
    image[10:30, 10:30] = COLOURS["blue"]
    file = tmp_path / "framed.png"
    file.write_bytes(encoded(image))
    network = find_network(run)
    assert predict(network, [file])[0].guesses[0].name == "red"
    assert predict(network, [file], crop=0.5)[0].guesses[0].name == "blue"


def test_grayscale_networks_are_shown_gray(files, tmp_path):
    colour_network(channels=1).save(tmp_path / "gray.keras")
    found = predict(find_network(tmp_path / "gray.keras"), files[:1], crop=1.0)
    luma = np.dot(np.array(COLOURS["red"]) / 127.5 - 1, (0.299, 0.587, 0.114))
    logits = np.array([4 * luma, 0, 0])
    first = next(g.probability for g in found[0].guesses if g.label == 0)
    assert first == pytest.approx(np.exp(logits[0]) / np.exp(logits).sum(), rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"top": 0}, "top is 0, expected at least 1"),
        ({"crop": 0.0}, r"crop is 0\.0, expected above 0 and at most 1"),
        ({"images": []}, "number of images is 0, expected at least 1"),
    ],
)
def test_arguments_out_of_range_are_refused(run, files, arguments, message):
    with pytest.raises(ValueError, match=message):
        PredictCommand(**{"model": run, "images": files, **arguments}).run()


def test_labels_that_do_not_fit_are_refused(run, files, tmp_path):
    labels = tmp_path / "labels.txt"
    write_atomically(labels, "a\nb\n")
    with pytest.raises(ValueError, match="number of class names is 2, expected 3"):
        PredictCommand(run, files, labels=labels).run()
    with pytest.raises(NotFoundError, match=r"labels are .*gone', expected a file of class names"):
        PredictCommand(run, files, labels=tmp_path / "gone").run()


def test_what_is_no_network_is_refused(files, tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"no network")
    with pytest.raises(ValueError, match=r"x\.onnx cannot be loaded|onnxruntime is not installed"):
        PredictCommand(tmp_path / "x.onnx", files).run()
    (tmp_path / "x.txt").write_bytes(b"no network")
    with pytest.raises(ValueError, match=r"model is '.*expected a \.keras, \.onnx or \.tflite"):
        PredictCommand(tmp_path / "x.txt", files).run()
