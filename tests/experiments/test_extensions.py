"""What a user adds in one file of their own: it passes our suites, and commands take it."""

import functools
import json
import shutil
from pathlib import Path

import pytest

from nasnet.cells import Genotype
from nasnet.controller import make_controller, parse_controller
from nasnet.runtime.loading import load_object
from nasnet.search import TrialStore
from nasnet.testing import ControllerSuite, SpaceSuite

FOLDER = Path(__file__).parents[1] / "extensions"
CONTROLLER, SPACE = f"{FOLDER}/controller.py:Annealing", f"{FOLDER}/space.py:SPACE"
TINY = """
    --data shapes10 --workers 1 --train-images 64 --val-images 40 --stack.filters 2
    --evaluator parameters
"""


class TestController(ControllerSuite):
    @pytest.fixture
    def make(self):
        return functools.partial(make_controller, CONTROLLER, cooling=0.5)


class TestSpace(SpaceSuite):
    @pytest.fixture
    def space(self):
        return load_object(SPACE)


def proposals(run):
    with TrialStore(run / "nasnet.db") as store:
        return [trial.proposal.choices for trial in store.trials()]


def test_a_search_with_both_goes_on_as_if_it_had_never_stopped(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(FOLDER)
    words = ["search", *TINY.split(), "--space", "space.py:SPACE"]
    words += ["--controller", "controller.py:Annealing,cooling=0.9"]
    code, _, err = invoke(*words, "--trials", 8, "--out", tmp_path / "whole")
    assert code == 0, err
    assert invoke(*words, "--trials", 3, "--out", tmp_path / "parts")[0] == 0
    monkeypatch.chdir(tmp_path)
    code, _, err = invoke("search", "--resume", "parts", "--trials", 8)
    assert code == 0, err
    assert proposals(tmp_path / "whole") == proposals(tmp_path / "parts")
    found = Genotype.from_json((tmp_path / "whole" / "best.json").read_text())
    assert len(found.normal.blocks) in (1, 2)
    plan = json.loads(invoke(*words[:-4], "--space", SPACE, "--dry-run")[1])
    assert plan["genotypes"] == 3 + 9


def test_a_comparison_takes_the_controller(invoke, tmp_path):
    table = tmp_path / "t.csv"
    rows = [f"{a},{b},{a + b},{a - b}" for a in range(4) for b in range(4)]
    table.write_text("\n".join(["a,b,valid,test", *rows]) + "\n")
    words = f"--table {table} --decisions a b --search-on valid --report test --runs 2 --budget 6"
    names = f"random {CONTROLLER},temperature=1"
    code, out, err = invoke(
        "compare", *words.split(), "--controllers", *names.split(), "-o", tmp_path / "c", "--json"
    )
    assert code == 0, err
    assert {row["controller"] for row in json.loads(out)["standings"]} == {"random", "Annealing"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{CONTROLLER},heat=3", "setting of .* is 'heat', expected one of: temperature, cooling"),
        (f"{CONTROLLER},cooling=cold", "cooling of .* is 'cold', expected float"),
        (SPACE, "is <.*SmallCells object at .*, expected a subclass of BaseController"),
        ("none.py:Mine", "none.py:Mine is in .*none.py, expected a file that exists"),
    ],
)
def test_what_is_wrong_with_a_controller_is_one_clear_line(text, message):
    with pytest.raises(ValueError, match=message):
        parse_controller(text)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (f"--space {CONTROLLER}", "expected a value of a SearchSpace class"),
        (f"--space {SPACE} --blocks 3", "blocks is 3 beside a space, expected 5"),
        (f"--space {SPACE} --controller progressive", "controller is 'progressive' with"),
        (
            f"--space {SPACE} --evaluator shared",
            "evaluator is 'shared' with space ",
        ),
        ("--space space.py", "space is 'space.py', expected one of: cells, growing-cells"),
    ],
)
def test_what_is_wrong_with_a_space_is_one_clear_line(invoke, flags, message):
    code, _, err = invoke("search", *flags.split(), "--dry-run")
    assert code == 2
    assert message in " ".join(err.split())


@pytest.mark.parametrize("command", ["status", "best", "report"])
@pytest.mark.parametrize("key", ["evaluator", "controller", "space"])
def test_looking_at_a_run_runs_no_files_of_users(invoke, finished, tmp_path, key, command):
    run, mine, mark = tmp_path / "run", tmp_path / "mine.py", tmp_path / "was-run"
    shutil.copytree(finished, run)
    mine.write_text(f"open({str(mark)!r}, 'w')")
    config = json.loads((run / "config.json").read_text())
    config["settings"][key] = f"{mine}:Mine"
    (run / "config.json").write_text(json.dumps(config))
    code, out, err = invoke(command, run)
    assert (code, err) == (0, "")
    assert out
    assert not mark.exists()
    mine.unlink()
    assert invoke(command, run)[0] == 0
