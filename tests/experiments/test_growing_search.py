"""Searches of cells that grow, by the command line."""

import json
from pathlib import Path

import pytest

from nasnet.cells import Genotype
from nasnet.experiments import cli
from nasnet.search import TrialStore

TINY = """
    --data shapes10 --workers 1 --train-images 64 --val-images 40 --blocks 3 --grow
    --stack.filters 2
"""
PROGRESSIVE = "--controller progressive,initial=3,beam=2"


def search(*words) -> None:
    assert cli.run(lambda: cli.parse(["search", *(str(word) for word in words)]).run()) == 0


def trials(run: Path):
    with TrialStore(run / "nasnet.db") as store:
        return store.trials()


def sizes(run: Path):
    return [len(Genotype.from_json(trial.genotype).normal.blocks) for trial in trials(run)]


def test_a_progressive_search_within_limits(tmp_path, capsys):
    run, limits = tmp_path / "run", "--limits.parameters 2000"
    search(*TINY.split(), *PROGRESSIVE.split(), *limits.split(), "--trials", 6, "--out", run)
    assert sizes(run) == [1, 1, 1, 2, 2, 3]
    states = [trial.state for trial in trials(run)]
    assert states[:3] == ["rejected", "complete", "complete"]
    assert {"best.json", "best.svg", "best.png", "search.png"} <= {p.name for p in run.iterdir()}
    capsys.readouterr()
    assert cli.run(lambda: cli.parse(["best", str(run), "--json"]).run()) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == min(5, states.count("complete"))
    assert max(row["parameters"] for row in rows) <= 2000


@pytest.mark.slow
def test_going_on_is_as_if_it_had_never_stopped(tmp_path):
    words = [*TINY.split(), *PROGRESSIVE.split(), "--evaluator", "parameters"]
    search(*words, "--trials", 12, "--out", tmp_path / "whole")
    search(*words, "--trials", 4, "--out", tmp_path / "parts")
    search("--resume", tmp_path / "parts", "--trials", 12)
    whole, parts = trials(tmp_path / "whole"), trials(tmp_path / "parts")
    assert [t.proposal for t in parts] == [t.proposal for t in whole]
    assert [t.reward for t in parts] == [t.reward for t in whole]


@pytest.mark.slow
def test_macro_networks_are_searched_under_shared_weights(tmp_path):
    flags = """--space macro,layers=3,filters=4 --controller reinforce,hidden=8,minibatch=2
        --evaluator shared --shared.sampling controller --shared.updates 2 --shared.least-updates 1
        --shared.epochs 1 --shared.margin -9 --shared.batch-size 8 --trials 3 --workers 1
        --data shapes10 --train-images 60 --val-images 40"""
    search(*flags.split(), "--out", tmp_path / "run")
    found = trials(tmp_path / "run")
    assert [trial.state for trial in found] == ["complete"] * 3
    assert all(0 < trial.reward < 1 for trial in found)
    assert (tmp_path / "run" / "best.svg").is_file()


@pytest.mark.slow
def test_shared_weights_score_cells_of_every_size(tmp_path):
    shared = "--evaluator shared --shared.epochs 1 --shared.batch-size 32 --shared.margin -9"
    shared += " --shared.updates 1 --shared.least-updates 1"
    run = tmp_path / "run"
    search(*TINY.split(), *shared.split(), *PROGRESSIVE.split(), "--trials", 8, "--out", run)
    assert {trial.state for trial in trials(run)} == {"complete"}
    assert {*sizes(run)} == {1, 2, 3}
