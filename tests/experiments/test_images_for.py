"""Images that a network is checked with: the run's own, divided as there, or others."""

import shutil

import keras
import numpy as np
import pytest
from PIL import Image

from nasnet.cells import NASNET_A
from nasnet.experiments.exporting.images import images_for
from nasnet.experiments.networks.trained import find_network
from nasnet.experiments.training import driver
from nasnet.experiments.training.data import reopen_data
from nasnet.experiments.training.settings import TrainSettings
from nasnet.transfer.serving.photos import show
from nasnet.transfer.serving.predicting import predict
from tests.experiments.test_predict import colour_network
from tests.pictures import write_folder
from tests.transfer_runs import TINY

CLASSES = ("ant", "bee", "cat")


def pooling_network(shape):
    image = keras.Input(shape)
    return keras.Model(image, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(image)))


@pytest.fixture
def photos(tmp_path):
    return write_folder(tmp_path / "photos", side=33, train=dict.fromkeys(CLASSES, 8))


@pytest.fixture
def run(photos, tmp_path):
    """A training that has, as far as is seen, ended."""
    settings = TrainSettings(data=str(photos), image_size=8, seed=5)
    run = driver.begin(settings, "x", NASNET_A, tmp_path / "run")
    colour_network().save(run.path / "model.keras")
    return run


def shown(run, data):
    """The images that calibrate and those that check, in order."""
    network = find_network(run.path)
    found = show(images_for(network, data, (8, 8)), network, (8, 8, 3), 3, limit=1000)
    checked = np.concatenate([images for images, _ in found.validation()])
    return found.calibration, checked


def test_the_run_s_own_images_are_taken_and_said(run, capsys):
    own = reopen_data(run).dataset
    capsys.readouterr()
    calibration, checked = shown(run, None)
    np.testing.assert_array_equal(calibration, own.x_train)
    np.testing.assert_array_equal(checked, own.x_val)
    said = capsys.readouterr().err.splitlines()
    assert said == run.facts.text()
    assert said[0].startswith("data: photos, images of ")


def test_the_same_images_elsewhere_are_divided_alike(run, photos, tmp_path):
    own = reopen_data(run).dataset
    shutil.move(photos, tmp_path / "moved")
    _, checked = shown(run, str(tmp_path / "moved"))
    np.testing.assert_array_equal(checked, own.x_val)
    with pytest.raises(ValueError, match=r"photos'.*; --data says where the images of .*run are n"):
        shown(run, None)


def test_images_that_have_changed_are_named(run, photos):
    (photos / "train" / "ant" / "0.png").unlink()
    with pytest.raises(ValueError, match=r"expected the images of .*run, photos, .* are others"):
        shown(run, None)


def test_a_network_of_no_run_needs_data(tmp_path):
    colour_network().save(tmp_path / "n.keras")
    with pytest.raises(ValueError, match=r"n\.keras is of no run .*, expected --data"):
        images_for(find_network(tmp_path / "n.keras"), None, (8, 8))


def test_photos_of_a_transfer_are_its_run_s(tmp_path, photos, cell, invoke):
    flags = [*TINY.split(), "--recipe.batch-size", 8, "--recipe.epochs", 1]
    out = tmp_path / "run"
    assert invoke("transfer", "train", cell, "--data", photos, *flags, "--out", out)[0] == 0
    network = find_network(out)
    assert not network.antialias
    images = images_for(network, None, (16, 16))
    assert images.classes == CLASSES
    (photos / "train" / "ant" / "0.png").unlink()
    with pytest.raises(ValueError, match=r"expected the images of .*run.* are others; --data says"):
        images_for(network, None, (16, 16))


def test_a_network_of_other_channels_is_exported_and_shows_no_files(tmp_path, invoke):
    pooling_network((8, 8, 4)).save(tmp_path / "n.keras")
    code, _, err = invoke("export", tmp_path / "n.keras", "-o", tmp_path / "out")
    assert code == 0, err
    assert "[N, 8, 8, 4] float32, 4 channels" in (tmp_path / "out" / "README.md").read_text()
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    code, _, err = invoke("predict", tmp_path / "out", tmp_path / "x.png")
    assert code == 2
    assert "takes images of 4 channels, expected 1 or 3, which image files have" in err


@pytest.mark.parametrize("size", [(8, 8), (12, 20)])
def test_folders_are_read_at_the_network_s_height_and_width(run, photos, size):
    network = find_network(run.path)
    dataset = images_for(network, str(photos), size)
    assert dataset.image_shape == (*size, 3)


def test_an_export_keeps_how_images_are_shown(run, tmp_path, invoke, rng):
    code, _, err = invoke("export", run.path, "-o", tmp_path / "out")
    assert code == 0, err
    network = find_network(tmp_path / "out")
    assert (network.crop, network.antialias) == (1.0, True)
    assert find_network(run.path / "model.keras") == find_network(run.path)
    about = tmp_path / "out" / "preprocessing.json"
    about.write_text(about.read_text().replace('  "antialias": true,\n', ""))
    assert not find_network(tmp_path / "out").antialias  # of version 0.1


def test_a_network_of_a_shape_that_is_not_known_shows_no_files(tmp_path):
    pooling_network((8, 12, 3)).save(tmp_path / "n.keras")
    Image.new("RGB", (12, 8)).save(tmp_path / "x.png")
    with pytest.raises(ValueError, match=r"takes images of 8 x 12 .* expected square ones, or the"):
        predict(find_network(tmp_path / "n.keras"), [tmp_path / "x.png"])
