"""Time as a limit by the command line: ends well, is said, and can be raised.

Limits are so short or so long that the machine's speed is of no importance.
"""

import json

import pytest

from nasnet.experiments.searching.settings import SEARCH, SearchSettings
from tests.searches import TINY

UNTRAINED = [*TINY.split(), "--controller", "random", "--evaluator", "parameters"]
BOUND = UNTRAINED.index("--trials")
UNBOUND = [*UNTRAINED[:BOUND], *UNTRAINED[BOUND + 2 :]]
SOON = ["--minutes", "1e-6"]


@pytest.fixture
def over(tmp_path, invoke):
    """The folder of a search whose time was up when its first child ended, and what it said."""
    code, out, err = invoke("search", *UNBOUND, *SOON, "--out", tmp_path / "run")
    assert code == 0, err
    return tmp_path / "run", out, err


def test_the_end_of_the_time_is_a_success(over, invoke):
    path, out, err = over
    assert "results are in" in out
    assert f"next: nasnet train {path}" in " ".join(out.split())
    assert "stopped" not in err
    assert "1 done · 0 running" in err
    code, out, _ = invoke("status", path)
    assert code == 0
    assert "1 children done" in out
    assert "of 0 s, the time is up" in out
    assert "next: nasnet best" in out
    status = json.loads(invoke("status", path, "--json")[1])
    assert (status["trials"], status["done"], status["over"]) == (None, 1, True)
    assert status["seconds"] >= status["time_limit"] == pytest.approx(6e-5)


def test_it_goes_on_with_more_time_in_any_unit_and_ends_by_what_comes_first(over, invoke):
    path, _, _ = over
    assert invoke("search", "--resume", path)[0] == 0
    assert json.loads(invoke("status", path, "--json")[1])["done"] == 1
    code, _, err = invoke("search", "--resume", path, "--hours", 100, "--trials", 3)
    assert code == 0, err
    assert "resuming: 1 of 3 trials are done" in err
    settings = SEARCH.open(path).settings
    assert (settings.minutes, settings.hours, settings.bound) == (None, 100, 3)
    code, out, _ = invoke("status", path)
    assert "3 of 3 children done" in out
    assert "of 100 h 0 min, 99 h 59 min are left" in out or "of 100 h 0 min, 100 h" in out
    code, _, err = invoke("search", "--resume", path, "--minutes", 9000, "--trials", 4)
    assert code == 0, err
    assert SEARCH.open(path).settings.seconds == 9000 * 60


def test_trials_have_no_bound_where_time_has():
    assert SearchSettings().bound == 70
    assert SearchSettings(minutes=5).bound is None
    assert SearchSettings(minutes=5, trials=9).bound == 9
    assert SearchSettings(hours=2).seconds == 7200
    assert SearchSettings(minutes=0.5).loop(2).seconds == 30


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ("--minutes 5 --hours 1", "minutes is 5.0 beside hours 1.0, expected one of the two"),
        ("--minutes 0", "minutes is 0.0, expected above 0"),
        ("--hours -1", "hours is -1.0, expected above 0"),
        ("--minutes nan", "minutes is nan, expected above 0"),
        ("--shared-time 1", "shared_time is 1.0, expected between 0 and 1"),
    ],
)
def test_a_time_that_is_none_is_refused(flags, text, invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = invoke("search", *flags.split())
    assert code == 2
    assert text in " ".join(err.split())
    assert list(tmp_path.iterdir()) == []
