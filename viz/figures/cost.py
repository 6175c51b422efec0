"""Accuracy against cost: networks of several sizes, with intervals."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nasnet.viz.figures.comparison import COLOURS
from nasnet.viz.figures.curves import draw_axes, draw_title, new_figure
from nasnet.viz.palette import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """A network.

    Attributes:
        costs: what it costs, by the kind of cost.
        value: what it reaches.
        interval: of the value; None where there is none.
    """

    costs: Mapping[str, float]
    value: float
    interval: tuple[float, float] | None = None


def cost_figure(
    groups: Mapping[str, Mapping[str, Sequence[Point]]], *, title: str | None = None
) -> "Figure":
    """A row of panels for each group, a panel for each kind of cost, a line for each family.

    Args:
        groups: by what their values are: families of networks by name, the cheapest network first.
        title: one line above the figure.

    Raises:
        ValueError: there is no network, or those of a group have other kinds of cost.
    """
    points = [p for families in groups.values() for found in families.values() for p in found]
    if not points:
        raise ValueError("number of networks is 0, expected at least 1")
    kinds = list(points[0].costs)
    for point in points:
        if list(point.costs) != kinds:
            raise ValueError(f"costs are {', '.join(point.costs)}, expected {', '.join(kinds)}")
    names = dict.fromkeys(name for families in groups.values() for name in families)
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    figure = new_figure((4.7 * len(kinds), 3.7 * len(groups) + 0.5))
    grid = figure.add_gridspec(len(groups), len(kinds))
    for row, (value, families) in enumerate(groups.items()):
        for column, kind in enumerate(kinds):
            place: Any = grid[row, column]
            axes = draw_axes(figure, place, f"{kind} in millions", value)
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
            for name, found in families.items():
                x = [point.costs[kind] / 1e6 for point in found]
                y = [point.value for point in found]
                ends = [point.interval or (point.value,) * 2 for point in found]
                below = [point.value - low for point, (low, _) in zip(found, ends, strict=True)]
                above = [high - point.value for point, (_, high) in zip(found, ends, strict=True)]
                style: dict[str, Any] = {"lw": 1.6, "marker": "o", "ms": 4.5, "capsize": 3}
                axes.errorbar(x, y, (below, above), label=name, color=colours[name], **style)
            axes.margins(0.08)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    legend = figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=10,
        labelcolor=INK,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    draw_title(figure, title)
    return figure
