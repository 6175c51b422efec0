"""Runs of version 0.1, as it wrote them: commands read them, and go on with them where exact."""

import dataclasses
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from nasnet.experiments.searching.cell_argument import resolve_cell
from nasnet.experiments.searching.settings import SEARCH, SearchSettings
from nasnet.experiments.training.settings import TRAINING, TrainSettings

RECORDED = Path(__file__).parents[1] / "golden" / "run-0.1"
REWARDS = [0.15, 0.1, 0.1]


@pytest.fixture
def old(tmp_path):
    """The run directory of three children, but for the images and the weights of the policy."""
    run = tmp_path / "old"
    run.mkdir()
    (run / "config.json").write_bytes((RECORDED / "search.json").read_bytes())
    with sqlite3.connect(run / "nasnet.db") as database:
        database.executescript((RECORDED / "nasnet.sql").read_text())
    database.close()
    return run


def edit(run, **settings):
    """Other settings, in the form of version 0.1."""
    config = json.loads((run / "config.json").read_text())
    config["settings"] |= settings
    (run / "config.json").write_text(json.dumps(config))


def test_its_settings_are_read_in_the_form_of_today(old):
    settings = SEARCH.open(old).settings
    assert settings.controller == "reinforce,learning_rate=0.001,minibatch=4"
    assert (settings.trials, settings.blocks, settings.stack.filters) == (3, 2, 2)
    assert settings.recipe == SearchSettings().recipe


def test_status_best_report_and_draw_read_it(old, tmp_path, invoke):
    code, out, err = invoke("status", old, "--json")
    status = json.loads(out)
    assert (code, err, status["done"], status["states"]) == (0, "", 3, {"complete": 3})
    code, out, _ = invoke("best", old, "--json")
    assert code == 0
    assert [row["reward"] for row in json.loads(out)] == REWARDS
    code, out, err = invoke("report", old)
    assert (code, err) == (0, "")
    assert f"{REWARDS[0]:.4f}, trial 0" in (old / "report.html").read_text()
    code, out, _ = invoke("draw", old, "-o", tmp_path / "best.svg", "--engine", "own")
    assert (code, out.strip()) == (0, str(tmp_path / "best.svg"))


def test_its_best_cell_can_be_trained(old):
    name, genotype = resolve_cell(str(old))
    assert name == "old-trial-0"
    assert len(genotype.normal.blocks) == 2


@pytest.mark.parametrize("evaluator", ["child", "grad_norm", "parameters"])
def test_a_search_that_draws_and_scores_as_before_goes_on(old, evaluator):
    edit(old, evaluator=evaluator)
    settings = dataclasses.replace(SEARCH.open(old).settings, trials=5)
    assert SEARCH.reopen(old, settings).settings.trials == 5
    assert "policy" not in SEARCH.open(old).read_config()["settings"]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"grow": True}, "was begun by version 0.1 with cells that grow"),
        ({"evaluator": "shared"}, "was begun by version 0.1 with evaluator shared"),
        ({"evaluator": "jacob_cov"}, "was begun by version 0.1 with evaluator jacob_cov"),
    ],
)
def test_one_that_would_be_another_search_is_refused_in_a_line(old, invoke, settings, text):
    edit(old, **settings)
    before = (old / "config.json").read_bytes()
    code, out, err = invoke("search", "--resume", old)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert text in err
    assert "expected a search that this version began" in err
    assert (old / "config.json").read_bytes() == before
    assert invoke("status", old)[0] == 0


def test_its_children_are_not_made_again(finished, tmp_path, invoke):
    """A search of today in the form of then, since a recorded one has no images."""
    run = tmp_path / "old"
    shutil.copytree(finished, run)
    config = json.loads((run / "config.json").read_text())
    settings = config["settings"]
    assert settings.pop("controller") == "ppo,minibatch=2"
    settings.pop("space")
    settings |= {"controller": "ppo", "policy": {"minibatch": 2, "cell": None}}
    (run / "config.json").write_text(json.dumps(config))
    code, _, err = invoke("search", "--resume", run, "--trials", 4)
    assert code == 0, err
    assert "resuming: 3 of 4 trials are done" in err
    assert json.loads(invoke("status", run, "--json")[1])["done"] == 4


def test_a_training_goes_on(tmp_path):
    (tmp_path / "config.json").write_bytes((RECORDED / "training.json").read_bytes())
    settings = TRAINING.open(tmp_path).settings
    assert settings == dataclasses.replace(TrainSettings(), data="shapes10")
    assert TRAINING.reopen(tmp_path, settings).settings == settings
