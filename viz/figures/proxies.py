"""A figure of proxies: each one's scatter against the accuracy of cells that were trained alone."""

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nasnet.viz.figures.curves import BLUE, ORANGE, draw_axes, draw_title, finite, new_figure
from nasnet.viz.palette import INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
