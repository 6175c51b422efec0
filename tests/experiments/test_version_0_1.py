"""Runs that the first release wrote: settings of a controller stood apart from its name."""

import json
import shutil

import pytest


@pytest.fixture
def old(finished, tmp_path):
    """A finished search as version 0.1 would have left it, and a way to change its settings."""
    path = tmp_path / "old"
    shutil.copytree(finished, path)

    def rewrite(**changes):
        config = json.loads((path / "config.json").read_text())
        settings = config["settings"]
        assert settings.pop("controller") == "ppo,minibatch=2"
        settings.pop("space")
        policy = {"learning_rate": None, "minibatch": 2, "cell": None}
        config["settings"] = {**settings, "controller": "ppo", "policy": policy, **changes}
        (path / "config.json").write_text(json.dumps(config))
        return path

    return rewrite


def test_it_is_read_and_goes_on(old, invoke):
    run = old()
    status = json.loads(invoke("status", run, "--json")[1])
    assert (status["done"], status["controller"]) == (3, "ppo,minibatch=2")
    assert len(json.loads(invoke("best", run, "--json")[1])) == 3
    code, _, err = invoke("search", "--resume", run, "--trials", 4)
    assert code == 0, err
    assert json.loads(invoke("status", run, "--json")[1])["done"] == 4


def test_one_of_cells_that_grow_is_read_but_does_not_go_on(old, invoke):
    run = old(grow=True)
    assert invoke("status", run)[0] == 0
    code, _, err = invoke("search", "--resume", run, "--trials", 4)
    assert code == 2
    assert "was begun by version 0.1 with cells that grow, which this version draws" in err
    assert err.count("\n") == 1
