"""`nasnet recurrent`, and what it leaves."""

import dataclasses
import json

import numpy as np
import pytest

from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.cells.spaces.recurrent import RecurrentSpace
from nasnet.controller import make_controller
from nasnet.data.text import read_text
from nasnet.experiments.recurrent.settings import RecurrentSettings
from nasnet.experiments.recurrent.shared import SharedSearch
from nasnet.experiments.recurrent.trainings import contestants
from nasnet.stacking.recurrent.model import parameters
from nasnet.stacking.recurrent.recipe import LanguageRecipe

FLAGS = (
    (
        "--nodes 3 --units 4 --rounds 2 --shared-steps 3 --controller-steps 2 --windows 1 "
        "--samples 4 "
        "--final-windows 1 --best 1 --random 1 --references lstm --seeds 1 "
        "--recipe.batch-size 2 --recipe.steps 4 --controller reinforce,minibatch=1,hidden=4"
    )
    .replace("--recipe.", "--")
    .split()
)
SETTINGS = RecurrentSettings(
    nodes=3,
    units=4,
    rounds=3,
    shared_steps=3,
    controller_steps=2,
    windows=1,
    samples=4,
    final_windows=1,
    controller="reinforce,minibatch=1,hidden=4",
    recipe=LanguageRecipe(batch_size=2, steps=4),
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("she sells sea shells by the sea shore\n" * 50)
    return path


@pytest.mark.slow
def test_cells_are_searched_trained_and_drawn(invoke, file, tmp_path):
    out = tmp_path / "run"
    code, text, messages = invoke("recurrent", "--data", file, *FLAGS, "--out", out)
    assert code == 0, messages
    document = json.loads((out / "results.json").read_text())
    names = {row["name"]: row for row in document["cells"]}
    assert {*names} == {"found-1", "random-1", "lstm"}
    assert names["random-1"]["parameters"] == names["found-1"]["parameters"]
    assert f"nasnet draw {out / 'best.json'}" in text
    assert (out / "best.svg").is_file()
    assert invoke("draw", out, "-o", tmp_path / "again.svg")[0] == 0
    # More seeds: only these are trained.
    stamps = {p: p.stat().st_mtime_ns for p in (out / "trainings").iterdir()}
    code, text, _ = invoke("recurrent", "--resume", out, "--seeds", 2, "--json")
    assert code == 0
    assert {row["seeds"] for row in json.loads(text)["cells"]} == {2}
    assert all(p.stat().st_mtime_ns == stamp for p, stamp in stamps.items())


def test_a_search_that_is_stopped_goes_on_as_if_it_had_not_been(file, tmp_path, monkeypatch):
    text = read_text(file)
    whole = SharedSearch(SETTINGS, text, tmp_path / "whole.npz")
    for _ in range(3):
        whole.step()
    parts = SharedSearch(SETTINGS, text, tmp_path / "parts.npz")
    parts.step()

    def stop(done):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        parts.step(stop)
    for _ in range(2):
        parts = SharedSearch(SETTINGS, text, tmp_path / "parts.npz")
        parts.step()
    assert parts.rounds == whole.rounds
    assert parts.proposals() == whole.proposals() == whole.proposals()


def test_a_policy_learns_which_inputs_and_activations_are_rewarded():
    space = RecurrentSpace(6)
    controller = make_controller("reinforce", space, seed=0, minibatch=10, learning_rate=0.02)

    def worth(choices):
        cell = space.decode(choices)
        pairs = zip(cell.previous, cell.activations[1:], strict=True)
        return np.mean([j == i and name == "tanh" for i, (j, name) in enumerate(pairs)])

    means = []
    for _ in range(150):
        proposals = controller.propose(10)
        rewards = [float(worth(p.choices)) for p in proposals]
        controller.observe(proposals, rewards)
        means.append(np.mean(rewards))
    assert np.mean(means[:5]) < 0.25
    assert np.mean(means[-5:]) > 0.9


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ([], "data is not given, expected --data FILE, a text"),
        (["--data", "missing.txt"], "missing.txt: No such file or directory, expected a text"),
        (["--data", "a.txt", "--nodes", "1"], "nodes is 1, expected at least 2"),
        (["--data", "a.txt", "--references", "gru"], "reference is 'gru', expected one of: lstm"),
        (
            ["--data", "a.txt", "--batch-size", "500"],
            "characters of train, expected at least 16,001",
        ),
    ],
)
def test_wrong_input_is_one_line(invoke, file, monkeypatch, flags, text):
    monkeypatch.chdir(file.parent)
    code, _, messages = invoke("recurrent", *flags)
    assert code == 2
    assert text in " ".join(messages.split())
    assert not (file.parent / "runs").exists()


def test_known_cells_are_as_wide_as_the_found_ones_have_parameters():
    settings = RecurrentSettings(references=("lstm", "nascell", "enas-recurrent"), random=2)
    found = [settings.search_space().decode((0,) * 11)] * 5
    made = {c.name: c for c in contestants(settings, found, 65)}
    assert [*made][:5] == ["found-1", "found-2", "found-3", "random-1", "random-2"]
    counts = {name: parameters(c.recurrence, 65) for name, c in made.items()}
    assert counts["found-1"] == counts["random-2"] == 135_264
    for name in settings.references:
        wider = dataclasses.replace(made[name].recurrence, units=made[name].recurrence.units + 1)
        assert counts[name] <= 135_264 < parameters(wider, 65)
    assert len(made["enas-recurrent"].arc) == 23
    assert len(made["lstm"].arc) == 0


def test_another_text_is_refused(invoke, file, tmp_path):
    out = tmp_path / "run"
    assert invoke("recurrent", "--data", file, *FLAGS, "--out", out)[0] == 0
    file.write_text("something else\n" * 100)
    code, _, messages = invoke("recurrent", "--resume", out)
    assert code == 2
    assert "its images, labels or classes are others" in " ".join(messages.split())


def test_a_state_that_is_none_is_refused(file, tmp_path):
    path = tmp_path / "state.npz"
    np.savez(path, weights=np.zeros(3))
    with pytest.raises(ValueError, match=r"state\.npz cannot be gone on from"):
        SharedSearch(SETTINGS, read_text(file), path)


def test_trees_are_searched_alike(file, tmp_path):
    settings = dataclasses.replace(SETTINGS, space="trees", leaves=2)
    search = SharedSearch(settings, read_text(file), tmp_path / "state.npz")
    search.step()
    (best, perplexity), *_ = search.proposals()
    assert best.leaves == 2
    assert perplexity > 1
    settings = RecurrentSettings(space="trees", references=("nas-recurrent", "darts-recurrent"))
    made = contestants(settings, [], 65)
    assert [len(c.arc) for c in made if c.cell][-2:] == [34, 17]


@pytest.mark.parametrize("name", RECURRENT_ZOO)
def test_published_cells_are_drawn(invoke, tmp_path, name):
    path = tmp_path / "cell.svg"
    assert invoke("draw", name, "-o", path)[0] == 0
    assert "next h" in path.read_text()


def test_rewards_are_near_one_whatever_the_loss_is(file, tmp_path, monkeypatch):
    """The first cell of a round is the measure of the others."""
    search = SharedSearch(SETTINGS, read_text(file), tmp_path / "state.npz")
    seen = []
    monkeypatch.setattr(search._controller, "observe", lambda p, rewards: seen.extend(rewards))
    search.step()
    assert seen[0] == 1
    assert all(0.5 < reward < 2 for reward in seen)
