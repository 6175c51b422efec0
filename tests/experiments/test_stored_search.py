"""Searches whose record is in a database, copied there, or mirrored for a dashboard."""

import json

import optuna
import pytest

from nasnet.cells import CellSpace
from nasnet.experiments.searching import driver
from nasnet.search import InlineExecutor, TrialStore
from nasnet.search.mirror import OptunaMirror
from tests.fakes import SPACE, Share
from tests.searches import TINY


@pytest.fixture
def quick(monkeypatch):
    """Children are worth what they are made of, in this process; nothing is drawn."""
    monkeypatch.setattr(driver, "make_evaluator", lambda *_: Share())
    monkeypatch.setattr(driver, "start_pool", lambda evaluator, *_: InlineExecutor(evaluator))
    monkeypatch.setattr(driver, "draw_results", lambda *_: None)


def test_a_search_in_a_database_is_seen_by_its_address(invoke, quick, postgresql, tmp_path):
    address, run = f"{postgresql.url}#seen", tmp_path / "run"
    code, _, err = invoke("search", *TINY.split(), "--store", address, "--out", run)
    assert code == 0, err
    assert not (run / "nasnet.db").exists()
    code, text, err = invoke("status", address, "--json")
    assert code == 0, err
    status = json.loads(text)
    assert (status["run"], status["done"], status["trials"]) == (address, 3, 3)
    assert json.loads(invoke("status", run, "--json")[1]) == {**status, "run": str(run)}
    code, text, _ = invoke("status", address)
    assert f"run directory: {run} on " in text
    best = json.loads(invoke("best", address, "--json")[1])
    assert best == json.loads(invoke("best", run, "--json")[1])
    code, text, err = invoke("profile", address, "--json")
    assert code == 0, err
    # It goes on from its directory, and only there is a second one refused.
    code, _, err = invoke("search", "--resume", run, "--trials", "5")
    assert code == 0, err
    assert json.loads(invoke("status", address, "--json")[1])["done"] == 5
    code, _, err = invoke("search", *TINY.split(), "--store", address, "--out", tmp_path / "b")
    assert code == 2
    assert f"store {address} holds a search already, expected a new name" in err
    assert not (tmp_path / "b").exists()


def test_images_that_are_on_another_machine_are_not_looked_for_here(
    invoke, quick, postgresql, tmp_path
):
    address, run = f"{postgresql.url}#elsewhere", tmp_path / "run"
    assert invoke("search", *TINY.split(), "--store", address, "--out", run)[0] == 0
    run.rename(tmp_path / "moved")
    assert invoke("best", address)[0] == 0
    for command in (["profile", address], ["train", address, "--out", tmp_path / "trained"]):
        code, _, err = invoke(*command)
        assert code == 3
        assert f"run directory of {address} is {run} on " in err
        assert "expected it here: its images are there" in err
    assert not (tmp_path / "trained").exists()


def test_a_search_that_is_not_there_is_not_found(invoke, postgresql):
    for command in ("status", "best"):
        code, _, err = invoke(command, f"{postgresql.url}#nobody")
        assert code == 3
        assert "#nobody holds no such search" in err


@pytest.mark.parametrize("there", ["database", "file"])
def test_a_record_is_copied_and_back_again(invoke, quick, request, tmp_path, there):
    run, back = tmp_path / "run", tmp_path / "back.db"
    target = tmp_path / "copy.db"
    if there == "database":
        target = f"{request.getfixturevalue('postgresql').url}#copied"
    assert invoke("search", *TINY.split(), "--out", run)[0] == 0
    code, _, err = invoke("store", "copy", run, target)
    assert code == 0, err
    assert f"3 trials copied to {target}" in err
    code, _, err = invoke("store", "copy", target, back)
    assert code == 0, err
    with TrialStore(run / "nasnet.db") as one, TrialStore(back) as other:
        assert one.trials() == other.trials()
        assert one.controller_state() == other.controller_state()
        assert one.seconds() == other.seconds() > 0
    if there == "database":
        status = json.loads(invoke("status", target, "--json")[1])
        assert (status["done"], status["run"]) == (3, target)
        (run / "nasnet.db").rename(tmp_path / "moved.db")  # what is asked for is in the database
        assert json.loads(invoke("status", target, "--json")[1]) == status
        (tmp_path / "moved.db").rename(run / "nasnet.db")
    code, _, err = invoke("store", "copy", run, target)
    assert code == 2
    assert "expected a new" in err
    code, _, err = invoke("store", "copy", tmp_path / "none", target)
    assert code == 3
    assert f"source {tmp_path / 'none'} is missing, expected a run or its nasnet.db" in err


def test_a_search_is_mirrored_into_optuna(invoke, quick, tmp_path):
    url, run = f"sqlite:///{tmp_path}/optuna.db", tmp_path / "seen"
    more = ["--mirror-optuna", url, "--controller", "random"]
    assert invoke("search", *TINY.split(), *more, "--out", run)[0] == 0
    assert invoke("search", "--resume", run, "--trials", "6")[0] == 0
    study = optuna.load_study(study_name="seen", storage=url)
    with TrialStore(run / "nasnet.db") as store:
        trials = store.trials()
    found = {trial.user_attrs["number"]: trial for trial in study.get_trials()}
    assert len(study.get_trials()) == len(found) == len(trials) == 6
    space = CellSpace(2)
    for trial in trials:
        assert found[trial.number].value == trial.reward
        chosen = [found[trial.number].params[decision.name] for decision in space.decisions]
        options = zip(space.decisions, trial.proposal.choices, strict=True)
        assert chosen == [decision.options[choice] for decision, choice in options]
    assert study.best_value == max(trial.reward for trial in trials)


def test_a_mirror_that_is_none_is_refused(invoke, quick, tmp_path):
    more = ["--mirror-optuna", "nothing", "--out", tmp_path / "run"]
    code, _, err = invoke("search", *TINY.split(), *more)
    assert code == 2
    assert "mirror_optuna is 'nothing'" in err


def test_a_mirror_that_goes_away_is_warned_of(tmp_path, caplog, monkeypatch):
    mirror = OptunaMirror(f"sqlite:///{tmp_path}/optuna.db", "a", SPACE)

    def fails(trials):
        raise OSError("disk full")

    monkeypatch.setattr(mirror._study, "add_trials", fails)
    from nasnet.controller import Proposal
    from nasnet.search import Trial

    choices = SPACE.canonical([0] * len(SPACE.decisions))
    mirror.write([Trial(0, Proposal(choices), "", "k", 1, "complete", reward=0.5)], now=True)
    assert "the mirror cannot be written (disk full)" in caplog.text


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ("--store mysql://h/d#a", "store is 'mysql://h/d#a', expected postgresql://HOST/DATABASE"),
        ("--address host:1", "address is 'host:1', expected the like of tcp://host:8786"),
        ("--address tcp://a:1 --scheduler-file f", "expected one of the two"),
    ],
)
def test_places_that_are_none_are_refused(invoke, flags, text):
    code, _, err = invoke("search", *flags.split(), "--dry-run")
    assert code == 2
    assert text in " ".join(err.split())
