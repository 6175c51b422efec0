"""Figures that compare controllers: mean curves with bands, as matplotlib figures."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nasnet.viz.cell.columns import spaced
from nasnet.viz.figures.curves import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    draw_axes,
    draw_title,
    new_figure,
)
from nasnet.viz.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (BLUE, ORANGE, GREEN, PINK, "#b08d00", "#56a4d3", "#6a51a3", "#2f3b4a", "#8c564b")
_BASELINE = "random"
_REGRET_TICKS = (0, 5e-4, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_LABEL_GAP = 13.0  # points between the names at the right edge


@dataclasses.dataclass(frozen=True, slots=True)
class Band:
    """A curve and the interval around it; point i is the value behind i + 1 evaluations.

    Args:
        mean: [T].
        low: lower end of the interval, [T].
        high: upper end, [T].
    """

    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def comparison_figure(
    bands: Mapping[str, Band],
    *,
    value: str,
    step: str = "evaluations",
    checkpoints: Sequence[int] = (),
    linear_below: float | None = None,
    title: str | None = None,
) -> "Figure":
    """The curve of each controller against the evaluations, or the time, named at its right end.

    Args:
        bands: by the controller's name; "random" is drawn in grey, as the baseline.
        value: what the vertical axis shows.
        step: what the points of the curves are numbered by.
        checkpoints: numbers of evaluations that are marked.
        linear_below: makes the vertical axis logarithmic above this value, and linear from there
            down to 0, for regrets; None for a linear axis.
        title: one line above the figure.

    Raises:
        ValueError: there is no band, or one is empty.
    """
    if not bands or not all(len(band.mean) for band in bands.values()):
        raise ValueError(f"bands are {list(bands)}, expected at least one, and none empty")
    from matplotlib.ticker import MaxNLocator

    figure = new_figure((8.2, 4.8))
    axes = draw_axes(figure, 111, f"{step} (bands: 95 % interval of the mean)", value)
    if linear_below is not None:
        axes.set_yscale("symlog", linthresh=linear_below, linscale=0.5)
    last = max(len(band.mean) for band in bands.values())
    for place in checkpoints:
        axes.axvline(place, color=GREY, lw=0.8, ls=(0, (2, 3)), zorder=1)
    colours = iter(COLOURS * (1 + len(bands) // len(COLOURS)))
    ends = []
    for name, band in bands.items():
        colour = GREY if name == _BASELINE else next(colours)
        places = range(1, len(band.mean) + 1)
        axes.fill_between(places, band.low, band.high, color=colour, alpha=0.15, lw=0, step="post")
        style = (0, (5, 2)) if name == _BASELINE else "-"
        axes.plot(places, band.mean, color=colour, lw=1.9, ls=style, drawstyle="steps-post")
        ends.append((name, colour, float(band.mean[-1])))
    axes.set_xlim(1, max(last, 2))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _span_values(axes, bands, last, from_zero=linear_below is not None)
    draw_title(figure, title)
    figure.draw_without_rendering()  # fixes where values lie in the picture
    _name_ends(axes, ends)
    return figure


def _span_values(axes: "Axes", bands: Mapping[str, Band], last: int, *, from_zero: bool) -> None:
    """Leaves the first evaluations out of the span of values, where all curves still fall."""
    first = min(last // 50, 10)
    values = [
        float(v)
        for band in bands.values()
        for curve in (band.mean, band.low, band.high)
        for v in curve[first:]
        if math.isfinite(v)
    ]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if from_zero:
        top = 1.15 * high if high > 0 else 1.0
        axes.set_ylim(0, top)
        ticks = [v for v in _REGRET_TICKS if v <= top]
        axes.set_yticks(ticks, [f"{100 * v:g} %" for v in ticks])
        axes.set_yticks([], minor=True)
    elif high > low:
        margin = 0.06 * (high - low)
        axes.set_ylim(low - margin, high + margin)


def _name_ends(axes: "Axes", ends: Sequence[tuple[str, str, float]]) -> None:
    """Names at the right end of the curves, moved apart where they would touch."""
    scale = 72.0 / axes.figure.dpi
    placed = [
        (float(axes.transData.transform((1, value))[1]) * scale, name, colour, value)
        for name, colour, value in ends
        if math.isfinite(value)
    ]
    placed.sort(key=lambda item: item[0])
    wishes = [item[0] for item in placed]
    heights = spaced(wishes, [1.0] * len(wishes), [_LABEL_GAP] * (len(wishes) - 1))
    # None goes below the axis, where the numbers of the evaluations stand.
    bottom = float(axes.transAxes.transform((0, 0))[1]) * scale + _LABEL_GAP / 2
    heights = [max(height, bottom + i * _LABEL_GAP) for i, height in enumerate(heights)]
    for height, (wanted, name, colour, value) in zip(heights, placed, strict=True):
        axes.annotate(
            name,
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(6, height - wanted),
            textcoords="offset points",
            va="center",
            fontsize=10,
            color=INK if name == _BASELINE else colour,
            annotation_clip=False,
            parse_math=False,
        )


def groups_figure(
    groups: Mapping[str, Sequence[float]],
    *,
    value: str,
    reference: str | None = None,
    title: str | None = None,
) -> "Figure":
    """The values of each group as points in a column, with a bar at their mean.

    Args:
        groups: by name; "random" is drawn in grey, as the baseline.
        reference: the group that is not one of the rivals; drawn black.
        value: what the vertical axis shows.
        title: one line above the figure.

    Raises:
        ValueError: there is no group, or one is empty.
    """
    if not groups or not all(len(values) for values in groups.values()):
        raise ValueError(f"groups are {list(groups)}, expected at least one, and none empty")
    figure = new_figure((1.6 + 1.3 * len(groups), 4.4))
    axes = draw_axes(figure, 111, "", value)
    colours = iter(COLOURS * (1 + len(groups) // len(COLOURS)))
    for place, (name, values) in enumerate(groups.items()):
        fixed = {_BASELINE: GREY, reference: INK}
        colour = fixed[name] if name in fixed else next(colours)
        mean = math.fsum(values) / len(values)
        axes.plot([place - 0.22, place + 0.22], [mean, mean], color=colour, lw=2.2)
        axes.plot([place] * len(values), values, "o", ms=7, mfc="white", mec=colour, mew=1.8)
    axes.set_xticks(range(len(groups)), list(groups), parse_math=False)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    axes.margins(y=0.12)
    axes.grid(axis="x", visible=False)
    draw_title(figure, title)
    return figure
