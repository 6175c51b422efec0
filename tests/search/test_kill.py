"""A driver killed at any moment loses nothing and goes on with the very same sequence."""

import contextlib
import sqlite3
import time

import numpy as np
import pytest

from nasnet.cells import Genotype
from nasnet.search import TrialStore
from tests.fakes import separable_share
from tests.processes import Program

TRIALS = 54  # six cohorts of nine


def start(path, kind):
    driver = Program("tests.killable", path, TRIALS, kind)
    driver.wait_for("searching")
    return driver


def stored(path):
    with TrialStore(path, create=False) as store:
        return store.trials()


def done(path):
    """How many trials have ended, without a touch to the store, which may be a half one yet."""
    query = "select count(*) from nasnet_trials where state not in ('waiting', 'running', 'paused')"
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            return store.execute(query).fetchone()[0]
    except sqlite3.OperationalError:  # no file, no table
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fixed", "asha", "halving"])
def test_kill_minus_nine_at_random_moments_changes_nothing(tmp_path, kind):
    start(tmp_path / "whole.db", kind).finish()
    rng = np.random.default_rng()
    counts = [0]
    for _ in range(4):
        driver = start(tmp_path / "parts.db", kind)
        target = counts[-1] + rng.integers(1, 9)
        driver.wait_for(lambda: done(tmp_path / "parts.db") >= target)  # noqa: B023
        time.sleep(rng.uniform(0, 0.02))
        driver.kill()
        counts.append(done(tmp_path / "parts.db"))
    assert counts == sorted(counts)
    start(tmp_path / "parts.db", kind).finish()
    parts, expected = stored(tmp_path / "parts.db"), stored(tmp_path / "whole.db")
    assert len(parts) == TRIALS
    assert [t.proposal for t in parts] == [t.proposal for t in expected]
    assert [t.seed for t in parts] == [t.seed for t in expected]
    assert [(t.state, t.reward, t.stages) for t in parts] == [
        (t.state, t.reward, t.stages) for t in expected
    ]
    for trial in parts:
        assert trial.observed
        if kind == "fixed":
            assert trial.state == "complete"
            assert trial.reward == separable_share(Genotype.from_json(trial.genotype))


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        "--controller ppo,minibatch=2",
        "--controller evolution --recipe.epochs 4 --budget.kind asha --budget.eta 2",
    ],
)
def test_a_killed_command_ends_as_one_that_was_left_alone(tmp_path, more):
    """The real thing: real children, killed in mid-training, resumed by the command line."""

    def search(*arguments):
        return Program("nasnet.experiments.cli", "search", *arguments)

    settings = "--data shapes10 --trials 6 --workers 1 --train-images 200 --val-images 100"
    settings += " --stack.filters 4 --blocks 2"
    new = [*settings.split(), *more.split(), "--out"]
    search(*new, tmp_path / "whole").finish()
    driver = search(*new, tmp_path / "parts")
    store = tmp_path / "parts" / "nasnet.db"
    for count in (1, 3):
        driver.wait_for(lambda: done(store) >= count)  # noqa: B023
        driver.kill()
        driver = search("--resume", tmp_path / "parts")
    driver.finish()
    parts, whole = stored(store), stored(tmp_path / "whole" / "nasnet.db")
    assert [t.proposal for t in parts] == [t.proposal for t in whole]
    assert [t.reward for t in parts] == [t.reward for t in whole]


@pytest.mark.slow
def test_ctrl_c_lets_children_end_and_says_how_to_go_on(tmp_path):
    settings = "--data shapes10 --trials 50 --workers 1 --train-images 200 --blocks 2"
    settings += " --stack.filters 4"
    driver = Program(
        "nasnet.experiments.cli", "search", *settings.split(), "--out", tmp_path / "run"
    )
    store = tmp_path / "run" / "nasnet.db"
    driver.wait_for(lambda: done(store) > 0)
    driver.interrupt()
    _, err = driver.finish(code=130)
    assert "running children may end" in err
    assert f"go on with: nasnet search --resume {tmp_path / 'run'}" in " ".join(err.split())
    trials = stored(store)
    assert all(trial.done and trial.observed for trial in trials)
    assert 0 < len(trials) < 50
