"""Fronts: what is on them, and that they are drawn."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasnet.cells import CellSpace
from nasnet.controller import Proposal
from nasnet.experiments import cli
from nasnet.experiments.runs.facts import DataFacts
from nasnet.experiments.searching.pareto import pareto_rows
from nasnet.experiments.searching.settings import SEARCH, SearchSettings
from nasnet.search import Trial, TrialStore, pareto_front
from nasnet.viz import pareto_figure

POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)


@given(POINTS)
def test_the_front_is_what_brute_force_finds(points):
    def beats(other, one):
        """As cheap and as good, and better in one of the two."""
        return other[0] <= one[0] and other[1] >= one[1] and other != one

    costs, values = zip(*points, strict=True)
    front = pareto_front(costs, values)
    expected = {one for one in points if not any(beats(other, one) for other in points)}
    assert {points[i] for i in front} == expected
    assert len(front) == len(expected)
    assert [costs[i] for i in front] == sorted(costs[i] for i in front)


def test_an_empty_front():
    assert pareto_front([], []) == []


def trials():
    """(parameters, multiply-adds, accuracy): the first is beaten, the last has failed."""
    space, rows = CellSpace(blocks=1), [(3, 3, 0.1), (2, 4, 0.2), (4, 1, 0.3), (9, 9, 0.4), None]
    made = []
    for number, row in enumerate(rows):
        choices = (0, 1, number, 0, 0) * 2
        genotype = space.decode(choices)
        trial = Trial(number, Proposal(choices), genotype.to_json(), genotype.key, 1)
        if row is None:
            made.append(dataclasses.replace(trial, state="rejected", reward=0.0, error="too large"))
        else:
            names = ("parameters", "mult_adds", "val_accuracy")
            metrics = {**dict(zip(names, row, strict=True)), "latency_ms": 1.0}
            # The reward is not what is shown: with a latency target it is another number.
            made.append(
                dataclasses.replace(trial, state="complete", reward=row[2] / 2, metrics=metrics)
            )
    made.append(dataclasses.replace(made[3], number=5, reused_from=3))
    return made


def test_a_searchs_front_is_of_accuracies_and_either_cost():
    rows = {row["trial"]: row for row in pareto_rows(trials())}
    assert set(rows) == {1, 2, 3}
    assert rows[1]["best_for"] == ["parameters"]
    assert rows[2]["best_for"] == ["parameters", "mult_adds"]
    assert rows[3]["val_accuracy"] == 0.4


def test_best_shows_and_draws_the_front(tmp_path, capsys):
    run = SEARCH.create(tmp_path / "run")
    run.write_config(SearchSettings(), DataFacts("", "made up", ("a", "b")))
    with TrialStore(run.store) as store:
        store.save(trials())

    def invoke(*arguments):
        code = cli.run(lambda: cli.parse(["best", str(run.path), *arguments]).run())
        return code, capsys.readouterr()

    code, captured = invoke("--pareto", "--json")
    assert (code, [row["trial"] for row in json.loads(captured.out)]) == (0, [1, 2, 3])
    assert (run.path / "pareto.png").stat().st_size > 5000
    code, captured = invoke("--pareto")
    assert code == 0
    assert "either" in captured.out
    assert "no other cell is as small and better, or as good and smaller" in captured.out


def test_a_run_without_results_has_no_front(tmp_path, capsys):
    run = SEARCH.create(tmp_path / "run")
    run.write_config(SearchSettings(), DataFacts("", "made up", ("a", "b")))
    TrialStore(run.store).close()
    assert cli.run(lambda: cli.parse(["best", str(run.path), "--pareto"]).run()) == 3


def test_an_empty_figure_is_refused():
    with pytest.raises(ValueError, match=r"costs are \[\] of 0 networks, expected at least one"):
        pareto_figure({}, [], {})
