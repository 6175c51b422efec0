"""What charts show is what they were given: each against numbers worked out another way."""

import itertools
import math

import numpy as np
import pytest

from nasnet.viz import Band
from nasnet.viz.page.charts import bands_chart, cost_chart, course_chart, curves_chart
from nasnet.viz.page.history import Work, entropy_chart, lanes, shares_chart, timeline_chart
from nasnet.viz.page.traces import Dot

MARKUP = "<b>bold</b> & <script>"
PLAIN = "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;script&gt;"


def trace(chart, name):
    (found,) = (trace for trace in chart.data if trace["name"] == name)
    return found


@pytest.mark.parametrize(("larger", "best"), [(True, [2, 2, 3]), (False, [2, 1, 1])])
def test_the_course_has_the_best_so_far_and_the_failures_below_all(larger, best):
    values = [2.0, None, 1.0, math.nan, 3.0, None]
    dots = [Dot(i, value, lines=(MARKUP,)) for i, value in enumerate(values)]
    chart = course_chart(dots, "reward", larger=larger)
    line = trace(chart, "best so far")
    assert (line["x"], line["y"]) == ([0, 2, 4, 5], [*best, best[-1]])
    assert trace(chart, "complete")["x"] == [0, 2, 4]
    lost = trace(chart, "failed")
    assert lost["x"] == [1, 5]
    assert lost["y"][0] < 1
    assert lost["hovertext"] == [PLAIN] * 2


def test_a_course_of_failures_alone_has_them():
    (lost,) = course_chart([Dot(0, None), Dot(1, None)], "reward").data
    assert (lost["name"], lost["x"]) == ("failed", [0, 1])


@pytest.mark.parametrize(("costs", "axis"), [((1, 100, 10), "log"), ((10, 12, 11), "linear")])
def test_the_front_is_by_rising_cost(costs, axis):
    dots = [Dot(cost, value) for cost, value in zip(costs, (0.1, 0.3, 0.2), strict=True)]
    chart = cost_chart(dots, [0, 2, 1], cost="parameters", value="accuracy")
    assert trace(chart, "Pareto front")["y"] == [0.1, 0.2, 0.3]
    assert trace(chart, "network")["x"] == list(costs)
    assert chart.layout["xaxis"]["type"] == axis


@pytest.mark.parametrize("count", [1, 7, 24, 100])
def test_shares_of_each_span_of_trials_are_those_of_its_choices(rng, count):
    names = ["a", MARKUP, "c"]
    proposals = [[names[i] for i in rng.integers(0, 3, 4)] for _ in range(count)]
    (heat,) = shares_chart(proposals, "operations", names).data
    np.testing.assert_allclose(np.sum(heat["z"], 0), 1)
    assert heat["y"] == ["a", PLAIN, "c"]
    assert (heat["x"][0], heat["x"][-1]) == (0, count)
    for column, (begin, end) in enumerate(itertools.pairwise(heat["x"])):
        chosen = [name for names in proposals[begin:end] for name in names]
        assert heat["z"][1][column] == chosen.count(MARKUP) / len(chosen)
    assert f"{PLAIN}<br>trial 0" in heat["hovertext"][1][0]


def test_the_entropy_is_the_mean_of_the_last_proposals():
    chart = entropy_chart([0, 1, 4, 5], [4.0, 2.0, 3.0, 7.0], uniform=5.5, window=2)
    assert trace(chart, "mean of the last 2")["y"] == [4, 3, 2.5, 5]
    assert trace(chart, "no preference at all")["y"] == [5.5, 5.5]
    assert len(entropy_chart([0], [1.0], uniform=None).data) == 2


def test_no_two_tasks_of_a_lane_overlap_and_no_lane_is_too_many(rng):
    begins = rng.uniform(0, 100, 60)
    works = [
        Work(b, b + length, "complete")
        for b, length in zip(begins, rng.uniform(1, 9, 60), strict=True)
    ]
    placed = lanes(works)
    for one, other in itertools.combinations(range(60), 2):
        if placed[one] == placed[other]:
            assert works[one].end <= works[other].begin or works[other].end <= works[one].begin
    at_once = max(sum(w.begin <= work.begin < w.end for w in works) for work in works)
    assert max(placed) + 1 == at_once


@pytest.mark.parametrize(("scale", "unit"), [(1, "seconds"), (60, "minutes"), (3600, "hours")])
def test_the_timeline_is_in_units_that_fit(scale, unit):
    works = [Work(0, 2 * scale, "complete"), Work(scale, 3 * scale, "timeout", ("slow",))]
    chart = timeline_chart(works)
    assert chart.layout["xaxis"]["title"]["text"] == f"{unit} of the search"
    late = trace(chart, "timeout")
    assert (late["base"], late["x"], late["y"], late["hovertext"]) == ([1], [2], [2], ["slow"])


def test_bands_lie_around_their_means_and_random_search_is_dashed():
    nan = [math.nan] * 2
    bands = {"ppo": Band([1, 2], [0, 1], [2, 3]), "random": Band([1, 1], nan, nan)}
    low, high, mean, random = bands_chart(bands, "accuracy", "evaluations").data
    assert (low["y"], high["y"], mean["y"]) == ([0, 1], [2, 3], [1, 2])
    assert (mean["name"], mean["line"]["dash"]) == ("ppo", "solid")
    assert (random["name"], random["line"]["dash"]) == ("random", "dash")
    assert "null" not in str(mean)


def test_curves_have_gaps_where_values_are_missing():
    chart = curves_chart({MARKUP: ([1, 2, 3], [0.5, None, math.inf])}, step="epoch", value="loss")
    assert trace(chart, PLAIN)["y"] == [0.5, None, None]
    assert not chart.layout["showlegend"]


@pytest.mark.parametrize(
    ("x", "wanted"), [((1, 5), 1), ((1, 50), None), ((0.5, 2), None), ((3, 3), None)]
)
def test_a_few_epochs_are_numbered_one_by_one(x, wanted):
    chart = curves_chart({"a": (x, x)}, step="epoch", value="loss")
    assert chart.layout["xaxis"].get("dtick") == wanted
