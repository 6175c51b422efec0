"""Whole fine-tunings by the command: cells that thaw one by one, and weights of Keras' network."""

import json
import shutil

import keras
import numpy as np
import pytest

from nasnet.cells import Genotype, network_cost
from nasnet.experiments.cli import run as run_cli
from nasnet.experiments.transfer.settings import TRANSFER
from nasnet.stacking.flat.backend import FlatLayout
from nasnet.stacking.network import CellNetwork
from nasnet.transfer import weights
from nasnet.transfer.training.checkpoints import Checkpoints, read_checkpoint
from nasnet.transfer.training.history import read_history
from nasnet.transfer.weights import read_weights
from tests.keras_networks import randomise, save, small_nasnet
from tests.transfer_runs import TINY, finetune, train

pytestmark = pytest.mark.slow
STEPS = 3  # of an epoch


@pytest.fixture(scope="module")
def thawing(cell, photos, tmp_path_factory):
    """A fine-tuning of five epochs: two cells and the stem are frozen, and thaw one by one.

    Returns:
        Its run directory, with the checkpoints of all steps.
    """
    folder = tmp_path_factory.mktemp("runs")
    given = ["--data", str(photos), "--batch-size", "8", "--size", "32"]
    trained = train(cell, *given, *TINY.split(), "--epochs", "1", "--out", str(folder / "trained"))
    assert run_cli(trained.run) == 0
    command = finetune(
        "--weights", str(folder / "trained"), *given, "--epochs", "5", "--freeze", "2",
        "--unfreeze-every", "1", "--recipe.ema-decay", "0.9", "--checkpoint-every", "1",
        "--keep", "99", "--out", str(folder / "fine"),
    )  # fmt: skip
    assert run_cli(command.run) == 0
    return folder / "fine"


def states(run):
    """Every array of the network at the end of each epoch by its path, and that of its average."""
    settings = TRANSFER.open(run).settings
    genotype = Genotype.from_json((run / "genotype.json").read_text())
    cost, _ = network_cost(CellNetwork(genotype, settings.stack, (32, 32, 3), 2))
    layout = FlatLayout(cost.parameters)
    for epoch in range(1, settings.recipe.epochs + 1):
        arrays = read_checkpoint(Checkpoints(run / "checkpoints").path(STEPS * epoch))
        yield [
            layout.unpack(arrays[f"{prefix}weights"], arrays[f"{prefix}moving"])
            for prefix in ("", "average_")
        ]


def test_in_every_epoch_exactly_what_has_thawed_moves(thawing):
    """From the plan by hand: two cells frozen, then one, then the stem, then nothing."""
    frozen = [("stem_", "cell_0_", "reduction_cell_0_"), ("stem_", "cell_0_"), ("stem_",), (), ()]
    found = list(states(thawing))
    for epoch in range(1, 5):
        for before, after in zip(found[epoch - 1], found[epoch], strict=True):
            still = {path for path in after if np.array_equal(before[path], after[path])}
            assert still == {path for path in after if path.startswith(frozen[epoch] or "no")}
    first = read_weights(thawing.parent / "trained").arrays
    for arrays in found[0]:
        still = {path for path in arrays if np.array_equal(first[path], arrays[path])}
        assert still == {path for path in arrays if path.startswith(frozen[0])}


@pytest.mark.parametrize("step", [4, 6])
def test_a_fine_tuning_that_stopped_while_it_thaws_goes_on_to_the_bit(thawing, tmp_path, step):
    """Stopped in an epoch, and at the end of one, behind which another part is trained."""
    run = tmp_path / "fine"
    shutil.copytree(thawing, run)
    for name in ("result.json", "model.keras"):
        (run / name).unlink()
    for path in Checkpoints(run / "checkpoints").paths():
        if path > Checkpoints(run / "checkpoints").path(step):
            path.unlink()
    assert run_cli(finetune("--resume", str(run)).run) == 0
    assert (run / "history.csv").read_bytes() == (thawing / "history.csv").read_bytes()
    whole, resumed = (
        read_checkpoint(Checkpoints(folder / "checkpoints").path(5 * STEPS))
        for folder in (thawing, run)
    )
    for name in whole.keys() - {"seconds"}:
        np.testing.assert_array_equal(resumed[name], whole[name], err_msg=name)


def test_each_kind_of_file_of_keras_has_the_same_weights(keras_mobile):
    names = ("net.weights.h5", "model.h5", "net.keras")
    first, *others = [read_weights(keras_mobile.file(name)) for name in names]
    assert (len(others), first.conventions, first.epsilon) == (2, "keras", 1e-3)
    for other in others:
        assert other.arrays.keys() == first.arrays.keys()
        for path, array in first.arrays.items():
            np.testing.assert_array_equal(other.arrays[path], array, err_msg=path)


def test_fine_tuning_begins_with_the_function_of_keras_own_network(
    photos, tmp_path, capsys, monkeypatch, rng
):
    """All cells are frozen, so the network that is saved has the features that it began with."""
    monkeypatch.setattr(keras.applications, "Tiny", small_nasnet, raising=False)
    monkeypatch.setattr(weights, "_PEERS", {8: ("Tiny", 1)})
    theirs = small_nasnet((64, 64, 3), weights=None)
    randomise(theirs, rng)
    path = save(theirs, tmp_path / "net.keras")
    command = finetune(
        "nasnet-a", "--weights", str(path), "--data", str(photos),
        "--size", "64", "--epochs", "1", "--batch-size", "8", "--freeze", "Cell_2",
        "--out", str(tmp_path / "r"),
    )  # fmt: skip
    assert run_cli(command.run) == 0
    assert "fresh 2 arrays of 386 values" in " ".join(capsys.readouterr().err.split())
    result = json.loads((tmp_path / "r" / "result.json").read_text())
    assert (result["steps"], result["classes"], result["images"]) == (3, 2, 8)
    kinds = [row["kind"] for row in read_history(tmp_path / "r" / "history.csv")]
    assert kinds == ["train", "validation"]
    ours = keras.models.load_model(tmp_path / "r" / "model.keras")
    assert ours.output_shape == (None, 2)
    images = np.random.default_rng(1).uniform(-1, 1, (2, 64, 64, 3)).astype(np.float32)
    expected = keras.Model(theirs.input, theirs.layers[-2].output)(images).numpy()
    pixels = (images + 1) * 127.5
    features = keras.Model(ours.input, ours.get_layer("logits_dense").input)(pixels).numpy()
    assert expected.std() > 0.1
    np.testing.assert_allclose(features, expected, atol=1e-5 * np.abs(expected).max())
