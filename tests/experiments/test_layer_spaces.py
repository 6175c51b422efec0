"""Spaces of layers on the command line: every command takes what they give."""

import json
import re

import keras
import numpy as np
import pytest

from nasnet.cells import LAYER_ZOO, Layers
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search import TrialStore

SPACES = {
    "layers": "layers,layers=4,start=2,step=1,every=2,kernels=1/3,filters=4/6",
    "chain": "chain,max_layers=3,filters=4/6,units=8,image_size=12",
    "conv-pool": "conv-pool,dimensions=1,filters=4/6",
}
CONTROLLERS = {"layers": "reinforce,minibatch=2,hidden=8", "chain": "q_learning,models=4"}
CHILD = "--recipe.batch-size 12 --recipe.learning-rate 0.01 --recipe.augmentation none"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file of small grey images in three classes."""
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("images") / "small.npz"
    x = rng.integers(0, 256, (90, 12, 12, 1), dtype=np.uint8)
    np.savez(path, x_train=x, y_train=np.arange(90) % 3)
    return path


def words(name, images):
    controller = CONTROLLERS.get(name, "random")
    text = f"search --space {SPACES[name]} --controller {controller} --workers 1 --trials 5 {CHILD}"
    return [*text.split(), "--data", images]


@pytest.mark.parametrize("name", SPACES)
def test_from_a_search_to_a_network(name, images, tmp_path, invoke):
    run = tmp_path / "run"
    code, out, err = invoke(*words(name, images), "--out", run)
    assert code == 0, err
    assert "5 complete" in out
    with TrialStore(run / "nasnet.db") as store:
        trials = store.trials()
    if name == "layers":  # they grow as the search goes on
        assert [len(Layers.from_json(t.genotype).layers) for t in trials] == [2, 2, 3, 3, 4]
    best = Layers.from_json((run / "best.json").read_text())
    assert {"best.svg", "best.png", "best.gv", "search.png"} <= {p.name for p in run.iterdir()}
    code, out, err = invoke("best", run)
    assert code == 0, err
    assert best.layers[-1].name.lower() in out
    assert json.loads(invoke("best", run, "--json")[1])[0]["genotype"]["format"] == "nasnet-layers"

    drawing = tmp_path / "best.svg"
    assert invoke("draw", run, "-o", drawing)[0] == 0
    assert "Softmax" in drawing.read_text()
    profile = json.loads(invoke("profile", run, "--json")[1])
    assert profile["input_shape"] == [12, 12, 1]
    assert profile["stack"] is None

    trained = tmp_path / "trained"
    train = ["train", run, "--recipe.epochs", 1, "--recipe.batch-size", 12, "--out", trained]
    code, _, err = invoke(*train)
    assert code == 0, err
    assert Layers.from_json((trained / "genotype.json").read_text()) == best
    model = keras.models.load_model(trained / "model.keras", compile=False)
    assert model.count_params() >= profile["total"]["trainable"]
    assert not [la for la in model.layers if isinstance(la, keras.layers.Dropout)]
    code, _, err = invoke("export", trained, "-o", tmp_path / "exported")
    assert code == 0, err
    assert "Softmax" in (tmp_path / "exported" / "cell.svg").read_text()


def test_a_search_that_goes_on_proposes_what_it_would_have(images, tmp_path, invoke):
    for trials, out in ((5, "whole"), (2, "parts")):
        flags = ["--evaluator", "parameters", "--trials", trials, "--out", tmp_path / out]
        assert invoke(*words("layers", images), *flags)[0] == 0
    assert invoke("search", "--resume", tmp_path / "parts", "--trials", 5)[0] == 0
    found = []
    for out in ("whole", "parts"):
        with TrialStore(tmp_path / out / "nasnet.db") as store:
            found.append([trial.proposal.choices for trial in store.trials()])
    assert found[0] == found[1]


def test_known_layers_can_be_started_from(images, tmp_path, invoke):
    known = tmp_path / "known.json"
    space = SearchSettings(space=SPACES["conv-pool"]).search_space()
    known.write_text(space.decode((0,) * len(space.decisions)).to_json(indent=2))
    flags = ["--evaluator", "parameters", "--start-from", known, "--out", tmp_path / "run"]
    code, _, err = invoke(*words("conv-pool", images), *flags)
    assert code == 0, err
    with TrialStore(tmp_path / "run" / "nasnet.db") as store:
        assert store.trials()[0].origin == "known"


def test_a_comparison_trains_the_best_layers_again(images, tmp_path, invoke):
    text = f"compare --evaluator child --controllers random ppo,minibatch=2 --budget 2 --runs 1 \
        --retrain 1 --search.space {SPACES['conv-pool']} --search.workers 1 \
        --search.recipe.batch-size 12 --final.recipe.epochs 1 --final.recipe.batch-size 12"
    code, out, err = invoke(*text.split(), "--data", images, "-o", tmp_path / "c", "--json")
    assert code == 0, err
    rows = json.loads(out)["retrained"]
    assert [row["name"] for row in rows] == ["random-1", "ppo-1"]
    assert [row["filters"] for row in rows] == [None, None]
    assert (tmp_path / "c" / "retrained.png").is_file()


@pytest.mark.parametrize("name", ["metaqnn-5", "mnist-hand-1d"])
def test_published_networks_are_named_like_cells(name, tmp_path, invoke):
    found = json.loads(invoke("profile", name, "--json")[1])
    assert found["input_shape"] == list(LAYER_ZOO[name].input_shape)
    code, out, _ = invoke("draw", name, "-o", tmp_path / "picture.svg", "--json")
    assert (code, json.loads(out)["cell"]) == (0, name)
    assert name in {row["name"] for row in json.loads(invoke("zoo", "--json")[1])}


def test_spaces_are_listed_with_size_paper_and_drawing(tmp_path, invoke):
    code, out, err = invoke("spaces", "--json", "-o", tmp_path)
    assert code == 0, err
    rows = {row["space"]: row for row in json.loads(out)}
    networks = ["cells", "growing-cells", "layers", "macro", "chain", "conv-pool"]
    assert [*rows] == [*networks, "recurrent", "recurrent-trees"]
    assert rows["chain"]["architectures"] == 53_501_710_400_882
    assert rows["chain"]["example"].startswith("image → conv")
    assert all("http" in row["paper"] for row in rows.values())
    assert {path.stem for path in tmp_path.iterdir()} == {*rows}
    code, out, _ = invoke("spaces")
    assert code == 0
    assert "5.02e+58" in out
    code, out, _ = invoke("spaces", "layers,layers=2")
    assert "8,192" in out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--space layer", "space is 'layer', expected one of: cells, growing-cells, layers"),
        ("--space chain,depth=3", "setting of chain is 'depth', expected one of: max_layers"),
        ("--space layers --stack.filters 4", "beside space layers, expected none: it is a plan"),
        ("--space layers --blocks 3", "blocks is 3 beside a space, expected 5"),
        ("--space chain --controller progressive", "controller is 'progressive' with"),
        (
            "--space chain --evaluator shared",
            "evaluator is 'shared' with space chain, expected c",
        ),
        ("--space recurrent-trees", "space recurrent-trees is of recurrent cells, expected `nasne"),
        ("--space recurrent", "space recurrent is of recurrent cells, expected `nasnet recurrent`"),
        ("--space layers --start-from nasnet-a", "start_from nasnet-a is not in the space: it is"),
        ("--start-from metaqnn-1", "start_from metaqnn-1 is not in the space: it is of layers"),
    ],
)
def test_what_is_wrong_with_a_search_is_one_clear_line(invoke, flags, message):
    code, _, err = invoke("search", *flags.split(), "--dry-run")
    assert code == 2
    assert message in " ".join(err.split())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("draw metaqnn-1 --stack.filters 8", "filters is set for a network of layers, expected"),
        ("profile metaqnn-1 --preset cifar", "is set for a network of layers, expected cells|pres"),
        ("profile enas-recurrent", "cell is 'enas-recurrent', a recurrent one, expected one of im"),
        ("transfer plan metaqnn-1 --mult-adds 600M", "cell is 'metaqnn-1', a network of layers"),
    ],
)
def test_what_needs_cells_says_so(invoke, command, message):
    code, _, err = invoke(*command.split())
    assert code == 2
    assert re.search(message, " ".join(err.split())), err


def test_the_rules_of_a_space_are_for_one_size(images, tmp_path, invoke):
    text = "search --space chain --controller random --workers 1 --trials 1"
    code, _, err = invoke(*text.split(), "--data", images, "--out", tmp_path / "run")
    assert code == 2
    assert "image_size of the space is 28, but images are 12 x 12; expected --image-size 28" in err
    assert not (tmp_path / "run").exists()


def test_layers_have_no_plan_to_train_by(images, tmp_path, invoke):
    code, _, err = invoke(
        "train", "mnist-hand", "--stack.filters", 4, "--data", images, "--out", tmp_path / "run"
    )
    assert code == 2
    assert "is set for a network of layers, expected cells with a plan" in err
