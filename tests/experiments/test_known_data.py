"""What a run knows of its data, later commands use."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from nasnet.cells import NASNET_A
from nasnet.controller import Proposal
from nasnet.data import sources
from nasnet.data.sources import DataError
from nasnet.experiments.networks.chosen import PlanFlags, choose_network
from nasnet.experiments.searching import driver as searching
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.experiments.training import data as training_data
from nasnet.experiments.training import driver as training
from nasnet.experiments.training.settings import TRAINING, TrainSettings
from nasnet.search import Trial, TrialStore
from tests.transfer_runs import TINY as TINY_TRANSFER

SHAPE = (12, 16, 1)


def write_images(path, rng, *, count=60, classes=3, shape=SHAPE, test=0):
    """Noise, every class in equal number; no two images are the same."""
    arrays = {}
    for split, size in (("train", count), ("test", test)):
        if size:
            arrays[f"x_{split}"] = rng.integers(0, 256, (size, *shape), np.uint8)
            arrays[f"y_{split}"] = np.arange(size) % classes
    np.savez(path, **arrays)
    return path


def searched(path, data, **settings):
    """A search that has begun, with one cell that is done."""
    run = searching.begin(SearchSettings(data=str(data), **settings), path)
    with TrialStore(run.store) as store:
        proposal = Proposal((0,) * 40)
        trial = Trial(0, proposal, NASNET_A.to_json(), NASNET_A.key, 0, "complete", reward=0.5)
        store.save([trial])
    return run


def digests(*arrays):
    return [image.tobytes() for images in arrays for image in images]


def begin(settings, path, search):
    return training.begin(settings, "x", NASNET_A, path, searched=[search])


def test_a_search_s_cell_is_trained_on_the_search_s_data(tmp_path, rng):
    data = write_images(tmp_path / "mine.npz", rng, test=9)
    search = searched(tmp_path / "search", data, image_size=8, train_images=20, seed=3)
    run = begin(TrainSettings(), tmp_path / "train", search)
    assert (run.settings.data, run.settings.image_size) == (str(data), 8)
    dataset = training_data.reopen_data(run).dataset
    whole = sources.load(str(data), seed=3, image_size=8)
    for name in ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(dataset, name), getattr(whole, name))


def test_the_first_lines_say_what_the_data_are(tmp_path, rng, capsys):
    data = write_images(tmp_path / "mine.npz", rng)
    search = searched(tmp_path / "search", data, train_images=20, val_images=6)
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"data: mine.npz, arrays of {data}")
    assert "12 x 16 x 1, 3 classes, values 0 to 255, 50 train + 10 val images" in said[0]
    assert said[-1].strip() == "children train on 20 images and are judged by 6"
    run = begin(TrainSettings(), tmp_path / "train", search)
    assert "8 of the training images are held out for the test" in capsys.readouterr().err
    TRAINING.reopen(run.path, run.settings)
    assert "8 of the training images are held out for the test" in capsys.readouterr().err


def test_a_network_of_a_run_has_the_run_s_images_and_classes(tmp_path, rng):
    search = searched(tmp_path / "search", write_images(tmp_path / "mine.npz", rng))
    network = choose_network(str(search.path), PlanFlags()).network
    assert (network.input_shape, network.classes) == (SHAPE, 3)
    network = choose_network(str(search.path), PlanFlags(), size=24, channels=3, classes=5).network
    assert (network.input_shape, network.classes) == ((24, 24, 3), 5)


@pytest.mark.parametrize("other_file", [False, True])
@pytest.mark.parametrize(("train_images", "val_images"), [(9, 6), (20, 3), (30, 10), (45, 0)])
@pytest.mark.parametrize("seed", [0, 7])
def test_no_image_that_a_search_has_seen_is_a_test_image(
    seed, train_images, val_images, other_file, tmp_path, rng
):
    data = write_images(tmp_path / "mine.npz", rng)
    search = searched(
        tmp_path / "search", data, seed=1, train_images=train_images, val_images=val_images
    )
    given = None
    if other_file:  # the same images under another name: the seed of the training divides them
        given = str(shutil.copy(data, tmp_path / "copy.npz"))
    run = begin(TrainSettings(data=given, seed=seed), tmp_path / "train", search)
    dataset = training_data.reopen_data(run).dataset
    seen = sources.read_arrays(search.data)
    tested = digests(dataset.x_test)
    assert 3 <= len(tested) <= 10
    assert not {*tested} & {*digests(seen.x_train, seen.x_val)}
    whole = sources.load(str(data))
    everything = digests(whole.x_train, whole.x_val)
    assert sorted(digests(dataset.x_train, dataset.x_val, dataset.x_test)) == sorted(everything)


def test_another_image_size_keeps_the_division(tmp_path, rng):
    data = write_images(tmp_path / "mine.npz", rng)
    search = searched(tmp_path / "search", data, image_size=8, train_images=20)
    small = begin(TrainSettings(image_size=8), tmp_path / "small", search)
    large = begin(TrainSettings(image_size=16), tmp_path / "large", search)
    splits = [json.loads((run.path / "split.json").read_text()) for run in (small, large)]
    assert splits[0] == splits[1]
    assert training_data.reopen_data(large).dataset.image_shape == (16, 16, 1)


@pytest.mark.parametrize("change", ["pixel", "label", "order", "gone"])
def test_data_that_are_no_longer_the_search_s_are_named(change, tmp_path, rng, invoke):
    data = write_images(tmp_path / "mine.npz", rng)
    search = searched(tmp_path / "search", data)
    changed(data, change)
    code, out, err = invoke("train", search.path, "--out", tmp_path / "train")
    assert (code, out) == (2, "")
    if change == "gone":
        assert f"they are those of {search.path}, --data names others" in err
    else:
        assert f"expected the images of {search.path} (--data takes others), mine.npz" in err
    assert not (tmp_path / "train").exists()


@pytest.mark.parametrize("change", ["pixel", "label", "order", "gone"])
def test_data_that_are_no_longer_the_training_s_are_named(change, tmp_path, rng, invoke):
    data = write_images(tmp_path / "mine.npz", rng)
    run = training.begin(TrainSettings(data=str(data)), "x", NASNET_A, tmp_path / "train")
    before = run.config.read_bytes()
    changed(data, change)
    code, out, err = invoke("train", "--resume", run.path)
    assert (code, out) == (2, "")
    if change == "gone":
        assert f"--data says where the images of {run.path} are now" in err
    else:
        assert f"expected the images of {run.path}, mine.npz" in err
    assert run.config.read_bytes() == before


def changed(path, change):
    with np.load(path) as file:
        arrays = dict(file)
    if change == "pixel":
        arrays["x_train"][17, 3, 2] ^= 1
    elif change == "label":
        arrays["y_train"][17] = (arrays["y_train"][17] + 1) % 3
    elif change == "order":
        arrays = {name: array[::-1] for name, array in arrays.items()}
    np.savez(path, **arrays)
    if change == "gone":
        path.unlink()


def test_a_training_goes_on_where_its_data_have_moved(tmp_path, rng):
    data = write_images(tmp_path / "mine.npz", rng)
    run = training.begin(TrainSettings(data=str(data)), "x", NASNET_A, tmp_path / "train")
    before = training_data.reopen_data(run).dataset
    settings = dataclasses.replace(run.settings, data=str(tmp_path / "renamed.npz"))
    moved = shutil.move(run.path, tmp_path / "elsewhere")
    shutil.move(data, tmp_path / "renamed.npz")
    again = training.reopen(moved, settings)
    assert again.settings == settings
    found = training_data.reopen_data(again).dataset
    np.testing.assert_array_equal(found.x_test, before.x_test)
    np.testing.assert_array_equal(found.x_train, before.x_train)


def test_a_training_does_not_go_on_with_other_data(tmp_path, rng, invoke):
    data = write_images(tmp_path / "mine.npz", rng)
    other = write_images(tmp_path / "other.npz", rng)
    run = training.begin(TrainSettings(data=str(data)), "x", NASNET_A, tmp_path / "train")
    before = run.config.read_bytes()
    code, _, err = invoke("train", "--resume", run.path, "--data", other)
    assert code == 2
    assert f"data is other.npz, arrays of {other}" in err
    assert f"expected the images of {run.path}, mine.npz" in err
    assert run.config.read_bytes() == before


def test_a_path_means_the_same_in_another_folder(tmp_path, rng, monkeypatch):
    write_images(tmp_path / "mine.npz", rng)
    monkeypatch.chdir(tmp_path)
    search = searched(tmp_path / "search", "mine.npz")
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    run = begin(TrainSettings(), tmp_path / "train", search)
    assert training_data.reopen_data(run).dataset.image_shape == SHAPE
    assert training.reopen(run.path, run.settings).settings == run.settings


def test_a_data_set_that_cannot_be_divided_is_refused(tmp_path):
    np.savez(tmp_path / "few.npz", x_train=np.full((3, 8, 8, 3), 200, np.uint8), y_train=[0, 1, 1])
    with pytest.raises(DataError, match="number of training images with label 0 is 1"):
        training.begin(
            TrainSettings(data=str(tmp_path / "few.npz")), "x", NASNET_A, tmp_path / "train"
        )


def test_a_transfer_with_other_photos_is_named(tmp_path, photos, cell, invoke):
    flags = [*TINY_TRANSFER.split(), "--recipe.batch-size", 8, "--recipe.epochs", 1]
    out = tmp_path / "run"
    code, _, _ = invoke("transfer", "train", cell, "--data", photos, *flags, "--out", out)
    assert code == 0
    same = shutil.copytree(photos, tmp_path / "moved" / photos.name)
    other = shutil.copytree(photos, tmp_path / "other")
    (other / "train" / "dark" / "0.jpg").unlink()
    assert invoke("transfer", "train", "--resume", out, "--data", same)[0] == 0
    code, _, err = invoke("transfer", "train", "--resume", out, "--data", other)
    assert code == 2
    assert f"data is {other}" in err
    assert f"expected the images of {out}, {photos}" in err
