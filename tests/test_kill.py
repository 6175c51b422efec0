"""A driver killed at any moment loses nothing and goes on with the very same sequence."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cells import Genotype
from search import TrialStore
from tests.fakes import separable_share

ROOT = Path(__file__).parent.parent
TRIALS = 54  # six cohorts of nine


def start(path, kind):
    command = [sys.executable, "-m", "tests.killable", str(path), str(TRIALS), kind]
    driver = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert driver.stdout.readline() == "searching\n"
    return driver


def finish(driver):
    with driver.stdout:
        assert driver.wait() == 0


def stored(path):
    with TrialStore(path, create=False) as store:
        return store.trials()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fixed", "asha", "halving"])
def test_kill_minus_nine_at_random_moments_changes_nothing(tmp_path, kind):
    began = time.monotonic()
    whole = start(tmp_path / "whole.db", kind)
    after_start = time.monotonic()
    finish(whole)
    seconds = time.monotonic() - after_start
    rng = np.random.default_rng(int(began * 1000) % 2**32)
    counts = []
    for _ in range(4):
        driver = start(tmp_path / "parts.db", kind)
        time.sleep(rng.uniform(0, seconds / 3))
        os.kill(driver.pid, signal.SIGKILL)
        with driver.stdout:
            assert driver.wait() == -signal.SIGKILL
        counts.append(sum(trial.done for trial in stored(tmp_path / "parts.db")))
    assert counts == sorted(counts)
    finish(start(tmp_path / "parts.db", kind))
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
@pytest.mark.parametrize("more", ["", "--recipe.epochs 4 --budget.kind asha --budget.eta 2"])
def test_a_killed_command_ends_as_one_that_was_left_alone(tmp_path, more):
    """The real thing: real children, killed in mid-training, resumed by the command line."""

    def command(*arguments):
        return [sys.executable, "-m", "experiments.cli", "search", *arguments]

    settings = "--data shapes10 --trials 6 --workers 1 --train-images 200 --val-images 100"
    settings += " --stack.filters 4 --blocks 2 --policy.minibatch 2"
    new = [*settings.split(), *more.split(), "--out"]
    subprocess.run(command(*new, str(tmp_path / "whole")), cwd=ROOT, check=True)
    driver = subprocess.Popen(command(*new, str(tmp_path / "parts")), cwd=ROOT)
    store = tmp_path / "parts" / "nasnet.db"
    kills = 0
    for done in (1, 3):
        while not (store.exists() and sum(t.done for t in stored(store)) >= done):
            assert driver.poll() is None
            time.sleep(0.2)
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        kills += 1
        resume = command("--resume", str(tmp_path / "parts"))
        driver = subprocess.Popen(resume, cwd=ROOT)
    assert driver.wait() == 0
    assert kills == 2
    parts, whole = stored(store), stored(tmp_path / "whole" / "nasnet.db")
    assert [t.proposal for t in parts] == [t.proposal for t in whole]
    assert [t.reward for t in parts] == [t.reward for t in whole]


@pytest.mark.slow
def test_ctrl_c_lets_children_end_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "experiments.cli", "search", "--data", "shapes10"]
    command += ["--trials", "50", "--workers", "1", "--train-images", "200", "--blocks", "2"]
    command += ["--stack.filters", "4", "--out", str(tmp_path / "run")]
    driver = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    store = tmp_path / "run" / "nasnet.db"
    while not (store.exists() and any(trial.done for trial in stored(store))):
        assert driver.poll() is None
        time.sleep(0.2)
    driver.send_signal(signal.SIGINT)
    _, err = driver.communicate()
    assert driver.returncode == 130
    assert "running children may end" in err
    assert f"go on with: nasnet search --resume {tmp_path / 'run'}" in " ".join(err.split())
    trials = stored(store)
    assert all(trial.done and trial.observed for trial in trials)
    assert 0 < len(trials) < 50
