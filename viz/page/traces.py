"""What charts are made of, as plain values for plotly.js, which draws them in a browser."""

import dataclasses
import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

from nasnet.viz.page.parts import Chart

MANY = 500  # of what is then drawn smaller
_FEW = 10  # places that are numbered one by one


@dataclasses.dataclass(frozen=True, slots=True)
class Dot:
    """A point of a chart.

    Attributes:
        x: its place.
        y: its value; None where there is none.
        group: what it is one of.
        lines: what is said of it when it is pointed at.
    """

    x: float
    y: float | None
    group: str = "complete"
    lines: tuple[str, ...] = ()


def plain(text: str) -> str:
    """A text that plotly.js shows as it is, whatever marks are in it."""
    return html.escape(text, quote=False)


def said(lines: Iterable[str]) -> str:
    """Lines that are shown where something is pointed at."""
    return "<br>".join(map(plain, lines))


def dots_trace(name: str, dots: Sequence[Dot], mark: dict[str, Any]) -> dict[str, Any]:
    """Points, left out of their chart where there are none; `mark` is plotly's `marker`."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": plain(name),
        "x": [dot.x for dot in dots],
        "y": [_finite(dot.y) for dot in dots],
        "marker": mark if len(dots) < MANY else {**mark, "size": 4},
        "hovertext": [said(dot.lines) for dot in dots],
        "hoverinfo": "text",
        "visible": bool(dots),
    }


def line_trace(
    name: str,
    x: Sequence[float],
    y: Sequence[float | None],
    line: dict[str, Any],
    **more: Any,
) -> dict[str, Any]:
    """A line, broken where a value is missing or not finite; `more` are plotly's own settings."""
    values = {"type": "scatter", "mode": "lines", "name": plain(name), "line": line}
    return {**values, "x": [*x], "y": [*map(_finite, y)], **more}


def new_chart(
    traces: list[dict[str, Any]], x: str, y: str, about: str, *, log: bool = False
) -> Chart:
    """A chart of traces.

    Args:
        traces: in the order in which they are drawn.
        x: what the horizontal axis shows.
        y: what the vertical one does.
        about: a line above it.
        log: whether the horizontal axis is logarithmic.
    """
    axes: dict[str, Any] = {
        "xaxis": {"title": {"text": plain(x)}, "type": "log" if log else "linear"},
        "yaxis": {"title": {"text": plain(y)}},
    }
    places = [value for trace in traces for value in trace["x"]]
    whole = all(float(value).is_integer() for value in places)
    if whole and 0 < max(places, default=0) - min(places, default=0) <= _FEW:
        axes["xaxis"]["dtick"] = 1  # half a trial is none
    seen = [trace for trace in traces if trace.get("visible", True)]
    shown = [trace for trace in seen if trace.get("showlegend", True)]
    return Chart(seen, {**axes, "showlegend": len(shown) > 1}, about)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")
