"""Figures of networks as points: what they give for what they cost, and proxies of accuracy."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nasnet.viz.figures.curves import BLUE, GREY, ORANGE, draw_axes, draw_title, finite, new_figure
from nasnet.viz.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_ROOM = (20.0, 11.0)  # points that a name takes


def pareto_figure(
    costs: Mapping[str, Sequence[float]],
    values: Sequence[float],
    fronts: Mapping[str, Sequence[int]],
    *,
    value: str = "validation accuracy",
    labels: Sequence[str] = (),
    title: str | None = None,
) -> "Figure":
    """Every network as a point, one panel a kind of cost, and the front that none beats as a line.

    Args:
        costs: of each network by the kind of cost, such as "parameters", [N] each.
        values: of each network, [N].
        fronts: for each kind of cost, positions of the networks on the front by rising cost.
        value: what the vertical axis shows.
        labels: a short name of each network, [N], shown on the front where there is
            room; empty for none.
        title: one line above the figure.

    Raises:
        ValueError: there is no network, or no kind of cost.
    """
    if not costs or not len(values):
        raise ValueError(
            f"costs are {list(costs)} of {len(values)} networks, expected at least one of each"
        )
    figure = new_figure((4.9 * len(costs), 4.2))
    panels = []
    for i, (kind, numbers) in enumerate(costs.items()):
        axes = draw_axes(figure, 100 + 10 * len(costs) + i + 1, f"{kind} in millions", value)
        millions = [number / 1e6 for number in numbers]
        axes.scatter(millions, values, s=18, color=GREY, alpha=0.4, lw=0)
        front = list(fronts[kind])
        x, y = [millions[j] for j in front], [values[j] for j in front]
        axes.plot(x, y, color=BLUE, lw=1.4, drawstyle="steps-post", zorder=3)
        axes.plot(x, y, "o", ms=6, mfc="white", mec=BLUE, mew=1.6, zorder=4)
        axes.margins(x=0.1, y=0.12)
        names = [labels[j] for j in front] if labels else []
        panels.append((axes, list(zip(x, y, names, strict=False))))
    draw_title(figure, title)
    figure.draw_without_rendering()  # fixes where values lie in the picture
    for axes, points in panels:
        name_points(axes, points)
    return figure


def name_points(axes: "Axes", points: Sequence[tuple[float, float, str]]) -> None:
    """Names beside the points, the last one first; one that would lie on another is left out."""
    taken: list[tuple[float, float]] = []
    for x, y, label in reversed(points):
        place = axes.transData.transform((x, y)) * 72.0 / axes.figure.dpi
        if any(abs(place[0] - a) < _ROOM[0] and abs(place[1] - b) < _ROOM[1] for a, b in taken):
            continue
        taken.append((place[0], place[1]))
        axes.annotate(
            label,
            (x, y),
            xytext=(-4, 5),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
            color=INK,
            parse_math=False,
        )


_COLUMNS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class ProxyPanel:
    """One proxy.

    Attributes:
        name: above its panel.
        values: of every cell; None where it failed.
        tau: Kendall's, with the accuracies.
        interval: of tau, 95 %.
    """

    name: str
    values: Sequence[float | None]
    tau: float
    interval: tuple[float, float]


def proxies_figure(
    accuracies: Sequence[float | None],
    panels: Sequence[ProxyPanel],
    *,
    best: int = 10,
    title: str | None = None,
) -> "Figure":
    """A panel a proxy, in the given order; the truly best cells are marked in all of them.

    Args:
        accuracies: validation accuracy of every cell; None where its training failed.
        panels: the proxies.
        best: how many cells are marked.
        title: one line above the figure.

    Raises:
        ValueError: there is no panel, or one of another number of cells.
    """
    from matplotlib.ticker import MaxNLocator

    if not panels:
        raise ValueError("panels is empty, expected at least one proxy")
    for panel in panels:
        if len(panel.values) != len(accuracies):
            count = len(panel.values)
            raise ValueError(f"{panel.name} has {count} values, expected {len(accuracies)}")
    heights = [finite(accuracy) for accuracy in accuracies]
    known = [i for i, height in enumerate(heights) if not math.isnan(height)]
    marked = sorted(known, key=lambda i: -heights[i])[:best]
    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure((3.3 * columns + 0.3, 2.9 * rows + 0.5))
    grid = figure.add_gridspec(rows, columns)
    for i, panel in enumerate(panels):
        place: Any = grid[divmod(i, columns)]
        left = "validation accuracy" if i % columns == 0 else ""
        axes = draw_axes(figure, place, panel.name, left)
        values = [finite(value) for value in panel.values]
        for chosen, colour, label in (
            ([i for i in known if i not in marked], BLUE, "cell"),
            (marked, ORANGE, f"best {len(marked)} when trained"),
        ):
            axes.scatter(
                [values[i] for i in chosen],
                [heights[i] for i in chosen],
                s=22,
                color=colour,
                alpha=0.75,
                lw=0,
                label=label,
            )
        low, high = panel.interval
        axes.set_title(
            f"τ = {panel.tau:.2f}  ({low:.2f} to {high:.2f})", fontsize=10, color=INK, loc="left"
        )
        axes.margins(0.06)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.ticklabel_format(axis="x", scilimits=(-3, 4), useMathText=True)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower right",
        ncols=2,
        frameon=False,
        fontsize=10,
        labelcolor=INK,
    )
    draw_title(figure, title)
    return figure
