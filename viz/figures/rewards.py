"""Rewards as points: how well they rank cells, for what they cost."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasnet.viz.figures.curves import BLUE, GREY, draw_axes, draw_title, new_figure
from nasnet.viz.figures.scatter import name_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclasses.dataclass(frozen=True, slots=True)
class RewardPoint:
    """One reward.

    Attributes:
        name: beside its point.
        seconds: of the processor, for one cell.
        tau: Kendall's, with the truth.
        interval: of tau, 95 %.
    """

    name: str
    seconds: float
    tau: float
    interval: tuple[float, float]


def rewards_figure(points: Sequence[RewardPoint], *, title: str | None = None) -> "Figure":
    """Kendall's tau against seconds of the processor, the best for its price joined by a line.

    Args:
        points: one a reward.
        title: one line above the figure.

    Raises:
        ValueError: there is no point.
    """
    if not points:
        raise ValueError("points is empty, expected at least one reward with a truth")
    figure = new_figure((7.6, 4.8))
    label = "seconds of the processor for one cell"
    axes = draw_axes(figure, 111, label, "Kendall's tau with the truth")
    axes.axhline(0, color=GREY, lw=0.8, alpha=0.6)
    front, best = [], -2.0
    for point in sorted(points, key=lambda p: (p.seconds, -p.tau)):
        if point.tau > best:
            front.append(point)
            best = point.tau
    axes.step([p.seconds for p in front], [p.tau for p in front], where="post", color=BLUE, lw=1.2)
    for point in points:
        colour = BLUE if point in front else GREY
        axes.plot([point.seconds] * 2, point.interval, color=colour, lw=1.2, alpha=0.5)
        axes.plot(point.seconds, point.tau, "o", ms=6, mfc="white", mec=colour, mew=1.6, zorder=4)
    axes.set_xscale("log")
    axes.margins(x=0.25, y=0.08)
    draw_title(figure, title)
    figure.draw_without_rendering()  # fixes where values lie in the picture
    ranked = sorted(points, key=lambda point: point.tau)
    name_points(axes, [(point.seconds, point.tau, point.name) for point in ranked])
    return figure
