"""The figure of accuracy against cost has the numbers that it was given."""

import pytest

from nasnet import viz
from nasnet.viz import Point


def points(factor):
    costs = [{"multiply-adds": 1e6 * n * factor, "parameters": 2e6 * n} for n in (1, 4)]
    return [Point(costs[0], 0.4, (0.3, 0.6)), Point(costs[1], 0.5)]


def test_a_panel_a_cost_a_row_a_group_a_line_a_family(tmp_path):
    groups = {"top-1": {"a": points(1), "b": points(2)}, "elsewhere": {"b": points(3)}}
    figure = viz.cost_figure(groups, title="t")
    labels = [(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes]
    kinds = ("multiply-adds in millions", "parameters in millions")
    assert labels == [(kind, group) for group in groups for kind in kinds]
    (a, b), (other,) = figure.axes[0].containers, figure.axes[2].containers
    assert a[0].get_xydata().tolist() == [[1, 0.4], [4, 0.5]]
    assert b[0].get_xdata().tolist() == [2, 8]
    assert other[0].get_color() == b[0].get_color() != a[0].get_color()
    (bars,) = a[2]
    first, second = bars.get_segments()
    assert first[:, 1].tolist() == pytest.approx([0.3, 0.6])
    assert second[:, 1].tolist() == [0.5, 0.5]
    assert viz.save_figure(figure, tmp_path / "cost.png").stat().st_size > 1000


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(ValueError, match="number of networks is 0, expected at least 1"):
        viz.cost_figure({"top-1": {"a": []}})
    mixed = [*points(1), Point({"seconds": 1.0}, 0.1)]
    with pytest.raises(ValueError, match="costs are seconds, expected multiply-adds, parameters"):
        viz.cost_figure({"top-1": {"a": mixed}})
