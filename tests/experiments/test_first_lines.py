"""Every command that reads images says first what it has understood of them."""

import numpy as np
import pytest

from nasnet.data import sources
from nasnet.data.photos.images import open_images
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.runs.run import Run
from nasnet.experiments.transfer.settings import TRANSFER, preset_settings
from nasnet.stacking import Stack, build_network
from nasnet.stacking.network import CellNetwork
from tests.experiments.test_predict import colour_network
from tests.pictures import write_folder
from tests.transfer_task import GENOTYPE

SMALL = "--stack.repeats 1 --stack.filters 4 --recipe.batch-size 4 --out {tmp}/run"
WORK = "nasnet.experiments.commands"
# What is typed, what then takes long, and what reads the images.
COMMANDS = {
    "search": (f"search --data {{npz}} {SMALL}", f"{WORK}.search.SearchCommand.work", "arrays"),
    "train": (
        f"train nasnet-a --data {{npz}} {SMALL}",
        f"{WORK}.train.TrainCommand.work",
        "arrays",
    ),
    "compare": (
        "compare --evaluator child --data {npz} --controllers random --out {tmp}/run",
        f"{WORK}.compare.CompareCommand.work",
        "arrays",
    ),
    "bench-table": (
        f"bench-table --data {{npz}} {SMALL}",
        f"{WORK}.bench_table.BenchTableCommand.work",
        "arrays",
    ),
    "proxy-quality": (
        f"proxy-quality --data {{npz}} {SMALL}",
        f"{WORK}.proxy_quality.ProxyQualityCommand.work",
        "arrays",
    ),
    "data": ("data {npz}", "nasnet.data.inspection.inspect", "arrays"),
    "data --json": ("data {npz} --json", "nasnet.data.inspection.inspect", "arrays"),
    "export": (
        "export {tmp}/n.keras --data {folder} -o {tmp}/out",
        "nasnet.transfer.serving.export.export_network",
        "photos",
    ),
    "transfer train": (
        f"transfer train {{cell}} --preset small --data {{folder}} {SMALL}",
        f"{WORK}.transfer.base.TrainingCommand.work",
        "photos",
    ),
    "transfer finetune": (
        f"transfer finetune {{cell}} --weights {{weights}} --data {{folder}} {SMALL}",
        f"{WORK}.transfer.base.TrainingCommand.work",
        "photos",
    ),
    "transfer evaluate": (
        "transfer evaluate {tmp}/trained --data {folder}",
        "nasnet.experiments.transfer.evaluation.Replicas",
        "photos",
    ),
    "transfer convert": (
        "transfer convert {folder} -o {tmp}/records",
        "nasnet.data.photos.records.write_shards",
        "photos",
    ),
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file with those of a small network."""
    path = tmp_path_factory.mktemp("weights") / "w.keras"
    build_network(CellNetwork(GENOTYPE, Stack(1, 4), (16, 16, 3), 3)).save(path)
    return path


@pytest.fixture
def places(tmp_path, cell, weights, rng):
    """Images, and a network of photos that is trained on some."""
    npz = tmp_path / "mine.npz"
    arrays = {}
    for split, count in (("train", 40), ("test", 9)):
        arrays[f"{split}_images"] = rng.integers(0, 256, (count, 8, 8, 1), np.uint8)
        arrays[f"{split}_labels"] = np.arange(count) % 3 + 1
    np.savez(npz, **arrays)
    classes = dict.fromkeys(("ant", "bee", "cat"), 4)
    folder = write_folder(tmp_path / "photos", train=classes, val=classes)
    (folder / "train" / "ant" / "Thumbs.db").write_text("nothing")
    colour_network().save(tmp_path / "n.keras")
    (tmp_path / "trained").mkdir()
    facts = DataFacts.of(open_images(folder))
    Run(tmp_path / "trained", TRANSFER).write_config(preset_settings("small"), facts)
    return {"tmp": tmp_path, "npz": npz, "folder": folder, "cell": cell, "weights": weights}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_understood_of_images_is_said_before_long_work(name, places, invoke, monkeypatch):
    words, work, kind = COMMANDS[name]
    reached = []

    def stop(*_, **__):
        reached.append(True)
        raise KeyboardInterrupt

    monkeypatch.setattr(work, stop)
    code, out, err = invoke(*(word.format(**places) for word in words.split()))
    assert (code, reached) == (130, [True]), err
    if kind == "arrays":
        first, *notes = sources.load(str(places["npz"])).describe()
    else:
        first, *notes = open_images(places["folder"]).describe()
    lines = (out if name == "data" else err).splitlines()
    assert lines[: 1 + len(notes)] == [f"data: {first}", *(f"  {note}" for note in notes)]
    assert len(notes) >= 1
