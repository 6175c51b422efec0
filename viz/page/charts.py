"""Charts of values: the course of a search, what it costs, controllers, a training."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nasnet.viz.figures.comparison import COLOURS, Band
from nasnet.viz.figures.curves import BLUE, GREEN, GREY, ORANGE, PINK
from nasnet.viz.page.parts import Chart
from nasnet.viz.page.traces import Dot, dots_trace, line_trace, new_chart, plain, said

_BASELINE = "random"
_MARKS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "complete": {"color": BLUE, "size": 7, "opacity": 0.85},
        "reused": {"color": GREEN, "size": 7, "symbol": "diamond"},
        "taken over": {"color": PINK, "size": 7, "symbol": "diamond"},
        "stopped": {"color": BLUE, "size": 7, "symbol": "circle-open"},
    }
)
_FAILED: dict[str, Any] = {"color": ORANGE, "size": 7, "symbol": "x"}


def course_chart(dots: Sequence[Dot], value: str, *, larger: bool = True) -> Chart:
    """The course of a search: every value, the best so far, and at the bottom what failed.

    Args:
        dots: one a trial, by rising x; without a y where it failed.
        value: what the values are.
        larger: whether large values are good.
    """
    known = [(dot, dot.y) for dot in dots if dot.y is not None and math.isfinite(dot.y)]
    traces = [
        dots_trace(name, [dot for dot, _ in known if dot.group == name], mark)
        for name, mark in _MARKS.items()
    ]
    if known:
        best = [*itertools.accumulate((y for _, y in known), max if larger else min)]
        x = [dot.x for dot, _ in known]
        if dots[-1].x > x[-1]:  # the line goes on over the failures at the end
            x, best = [*x, dots[-1].x], [*best, best[-1]]
        texts = [f"best so far: {y:.4f}" for y in best]
        line = {"shape": "hv", "color": ORANGE, "width": 2}
        traces.append(line_trace("best so far", x, best, line, hovertext=texts, hoverinfo="text"))
    values = [y for _, y in known] or [0.0]
    bottom = min(values) - 0.08 * ((max(values) - min(values)) or 1.0)
    lost = [dataclasses.replace(dot, y=bottom) for dot in dots if dot.y is None]
    traces.append(dots_trace("failed", lost, _FAILED))
    return new_chart(traces, "trial", value, f"{value} by trial")


def cost_chart(dots: Sequence[Dot], front: Sequence[int], *, cost: str, value: str) -> Chart:
    """Value against cost, and the front: what no other beats.

    Args:
        dots: one a network: x is its cost.
        front: positions of those on the front, by rising cost.
        cost: what x is.
        value: what y is.
    """
    traces = [dots_trace("network", dots, {"color": BLUE, "size": 7, "opacity": 0.75})]
    best = [dots[i] for i in front]
    line = {"shape": "hv", "color": ORANGE, "width": 2}
    traces.append(
        line_trace(
            "Pareto front",
            [dot.x for dot in best],
            [dot.y for dot in best],
            line,
            mode="lines+markers",
            marker={"color": ORANGE, "size": 8},
            hovertext=[said(dot.lines) for dot in best],
            hoverinfo="text",
        )
    )
    costs = [dot.x for dot in dots]
    wide = max(costs) > 5 * min(costs) > 0  # else there are no decades to be labelled by
    return new_chart(traces, cost, value, f"{value} against {cost}", log=wide)


def bands_chart(bands: Mapping[str, Band], value: str, step: str) -> Chart:
    """The mean curve of each controller and its interval; random search is dashed.

    Args:
        bands: by the controller's name.
        value: what the curves are.
        step: what their points are numbered by.
    """
    traces: list[dict[str, Any]] = []
    colours = itertools.cycle(COLOURS)
    for name, band in bands.items():
        colour = GREY if name == _BASELINE else next(colours)
        x = [*range(1, len(band.mean) + 1)]
        if not any(map(math.isnan, band.low)):
            low, high = [*band.low], [*band.high]
            area = {"shape": "hv", "width": 0}
            more = {"legendgroup": name, "showlegend": False, "hoverinfo": "skip"}
            traces.append(line_trace(name, x, low, area, **more))
            fill = f"rgba({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))}, 0.15)"
            traces.append(line_trace(name, x, high, area, fill="tonexty", fillcolor=fill, **more))
        dash = "dash" if name == _BASELINE else "solid"
        line = {"shape": "hv", "color": colour, "width": 2, "dash": dash}
        hover = f"{plain(name)}<br>%{{x}}: %{{y:.4f}}<extra></extra>"
        traces.append(
            line_trace(name, x, [*band.mean], line, legendgroup=name, hovertemplate=hover)
        )
    return new_chart(traces, step, value, f"{value} of the best so far (bands: 95 % of the mean)")


def curves_chart(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float | None]]], *, step: str, value: str
) -> Chart:
    """Curves of a training.

    Args:
        curves: places and values by name.
        step: what the places are.
        value: what the values are.
    """
    traces = []
    for colour, (name, (x, y)) in zip(itertools.cycle(COLOURS), curves.items(), strict=False):
        hover = f"{plain(name)}<br>{plain(step)} %{{x}}: %{{y:.4g}}<extra></extra>"
        mode = "lines+markers" if len(x) < 60 else "lines"
        style = {"color": colour, "width": 2}
        traces.append(line_trace(name, x, y, style, hovertemplate=hover, mode=mode))
    return new_chart(traces, step, value, f"{value} by {step}")
