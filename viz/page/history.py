"""Charts of what a search did: what it proposed, how sure its policy was, who worked when."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence

from nasnet.viz.figures.curves import BLUE, GREY, ORANGE, moving_mean
from nasnet.viz.page.parts import Chart
from nasnet.viz.page.traces import MANY, Dot, dots_trace, line_trace, new_chart, plain, said

_BINS = 24
_ROW, _AXIS = 24, 90  # pixels
_SOONER = 0.002  # seconds that clocks of two processes may seem to overlap


def shares_chart(proposals: Sequence[Sequence[str]], what: str, names: Sequence[str]) -> Chart:
    """A heat map: which share of all that was chosen each name has, as the search goes on.

    Args:
        proposals: what each trial is made of, by trial.
        what: what the names are of, such as "operations".
        names: the rows, from the top.
    """
    count = len(proposals)
    edges = sorted({round(i * count / min(_BINS, count)) for i in range(min(_BINS, count) + 1)})
    shares, texts = [], []
    bins = [
        Counter(itertools.chain.from_iterable(proposals[a:b])) for a, b in itertools.pairwise(edges)
    ]
    spans = [f"{a}" if b == a + 1 else f"{a} to {b - 1}" for a, b in itertools.pairwise(edges)]
    for name in names:
        row = [found[name] / (found.total() or 1) for found in bins]
        shares.append(row)
        texts.append(
            [
                f"{plain(name)}<br>trial {span}: {share:.1%}"
                for share, span in zip(row, spans, strict=True)
            ]
        )
    trace = {
        "type": "heatmap",
        "x": edges,
        "y": [*map(plain, names)],
        "z": shares,
        "zmin": 0,
        "hovertext": texts,
        "hoverinfo": "text",
        "xgap": 1,
        "ygap": 1,
        "colorscale": [[0, "rgba(0,114,178,0.05)"], [1, BLUE]],
        "colorbar": {"tickformat": ".0%", "thickness": 10, "outlinewidth": 0},
    }
    chart = new_chart([trace], "trial", "", f"{what}: share of what was proposed")
    chart.layout["height"] = _AXIS + _ROW * len(names)
    chart.layout["yaxis"] |= {"autorange": "reversed", "showgrid": False, "type": "category"}
    return chart


def entropy_chart(
    numbers: Sequence[int], nats: Sequence[float], *, uniform: float | None, window: int = 20
) -> Chart:
    """Minus the log-probability of each proposal; its mean estimates the policy's entropy.

    Args:
        numbers: of the trials.
        nats: of each proposal.
        uniform: the entropy of choices without any preference; None where it is not known.
        window: trials that the mean is taken over.
    """
    means = moving_mean(nats, window)
    dots = [
        Dot(number, value, lines=(f"trial {number}: {value:.2f} nats",))
        for number, value in zip(numbers, nats, strict=True)
    ]
    traces = [
        dots_trace("a proposal", dots, {"color": BLUE, "size": 5, "opacity": 0.6}),
        line_trace(f"mean of the last {window}", numbers, means, {"color": ORANGE, "width": 2}),
    ]
    if uniform is not None:
        ends = [numbers[0], numbers[-1]]
        style = {"color": GREY, "dash": "dash", "width": 1.5}
        traces.append(line_trace("no preference at all", ends, [uniform] * 2, style))
    return new_chart(traces, "trial", "nats", "minus log-probability of each proposal")


@dataclasses.dataclass(frozen=True, slots=True)
class Work:
    """A task, in seconds of the search.

    Attributes:
        begin: when it began.
        end: when it ended.
        group: how it ended.
        lines: what is said of it.
    """

    begin: float
    end: float
    group: str
    lines: tuple[str, ...] = ()


def lanes(works: Sequence[Work]) -> list[int]:
    """For each task the lowest lane, from 0, that is free when it begins."""
    free: list[float] = []
    found = [0] * len(works)
    for i in sorted(range(len(works)), key=lambda i: works[i].begin):
        work = works[i]
        lane = next((k for k, end in enumerate(free) if end <= work.begin + _SOONER), len(free))
        free[lane : lane + 1] = [work.end]
        found[i] = lane
    return found


def timeline_chart(works: Sequence[Work]) -> Chart:
    """What was evaluated when, on as many lanes as tasks ran at a time."""
    placed = lanes(works)
    whole = max(work.end for work in works)
    units = {3600: "hours", 60: "minutes", 1: "seconds"}
    unit = next((unit for unit in units if whole > 2 * unit), 1)
    colours = {"complete": BLUE, "stopped": "#56a4d3"}
    edge = {"width": 0.5 if len(works) < MANY else 0}
    traces = []
    for group in dict.fromkeys(work.group for work in works):
        chosen = [i for i, work in enumerate(works) if work.group == group]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": plain(group),
                "y": [placed[i] + 1 for i in chosen],
                "base": [round(works[i].begin / unit, 4) for i in chosen],
                "x": [round((works[i].end - works[i].begin) / unit, 4) for i in chosen],
                "hovertext": [said(works[i].lines) for i in chosen],
                "hoverinfo": "text",
                "marker": {"color": colours.get(group, ORANGE), "line": edge},
            }
        )
    count = max(placed) + 1
    chart = new_chart(traces, f"{units[unit]} of the search", "worker", "what was evaluated when")
    chart.layout["height"] = min(700, _AXIS + 20 + _ROW * count)
    chart.layout["barmode"] = "overlay"
    chart.layout["bargap"] = 0.15
    chart.layout["yaxis"] |= {"range": [count + 0.6, 0.4], "dtick": max(1, count // 12)}
    return chart
