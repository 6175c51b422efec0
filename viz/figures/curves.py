"""Figures of a search and of a training, as matplotlib figures that no window belongs to."""

import math
from collections.abc import Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

from nasnet.viz.palette import FRAME, INK, clean_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PINK, GREY = "#0072b2", "#d55e00", "#009e73", "#b0578f", "#5d6b7b"
_LABEL_SIZE, _TICK_SIZE, _TITLE_SIZE = 11, 10, 13


def search_figure(
    rewards: Sequence[float | None],
    *,
    window: int = 20,
    title: str | None = None,
    label: str = "validation accuracy",
    baseline: float | Sequence[float | None] | None = None,
) -> "Figure":
    """The course of a search: every reward, the best so far and a moving mean.

    Args:
        rewards: of every trial in order, from trial 0; None or NaN where a trial failed, which is
            marked at the bottom.
        window: trials that the moving mean looks back on; failed ones do not count.
        title: one line above the figure.
        label: what the rewards are.
        baseline: what to compare with: one number, or the rewards of another search, of which the
            best so far is drawn.

    Raises:
        ValueError: there is no trial, or `window` is below 1.
    """
    if not len(rewards):
        raise ValueError("rewards is empty, expected at least one trial")
    if window < 1:
        raise ValueError(f"window is {window}, expected at least 1")
    values = [finite(reward) for reward in rewards]
    figure = new_figure((7.6, 4.4))
    axes = draw_axes(figure, 111, "trial", label)
    if baseline is not None:
        _draw_baseline(axes, baseline)
    _draw_trials(axes, values, window)
    _span(axes, 0, len(values) - 1)
    axes.margins(y=0.12)
    _legend(axes)
    draw_title(figure, title)
    return figure


def training_figure(
    history: Mapping[str, Sequence[float | None]], *, title: str | None = None
) -> "Figure":
    """Loss and accuracy of a training, epoch by epoch, beside each other.

    Args:
        history: values per epoch, by name. Names with "loss" are drawn left and names with "acc"
            right; others, the learning rate for one, are left out. A value may be missing (None
            or NaN), and a name may have fewer epochs.
        title: one line above the figure.

    Raises:
        ValueError: no name with "loss" or "acc" has epochs.
    """
    groups = [
        (
            what,
            {name: list(history[name]) for name in history if part in name and len(history[name])},
        )
        for what, part in (("loss", "loss"), ("accuracy", "acc"))
    ]
    groups = [(what, curves) for what, curves in groups if curves]
    if not groups:
        names = ", ".join(history) or "empty"
        raise ValueError(f"history is {names}, expected epochs of a loss or an accuracy")
    figure = new_figure((4.6 * len(groups), 3.8))
    for i, (what, curves) in enumerate(groups):
        axes = draw_axes(figure, 100 + 10 * len(groups) + i + 1, "epoch", what)
        for name, colour in zip(curves, _curve_colours(list(curves)), strict=True):
            values = [finite(value) for value in curves[name]]
            epochs = range(1, len(values) + 1)
            # A dot where a line would not be seen or would have few corners.
            marker = "o" if len(values) <= 12 else ""
            label = name.replace("_", " ")
            axes.plot(epochs, values, color=colour, lw=1.8, marker=marker, ms=4, label=label)
        _span(axes, 1, max(map(len, curves.values())))
        _legend(axes)
    draw_title(figure, title)
    return figure


def running_best(rewards: Sequence[float | None]) -> list[float]:
    """The best reward so far at every trial; NaN before the first that did not fail."""
    best, curve = math.nan, []
    for reward in rewards:
        value = finite(reward)
        if not math.isnan(value) and not best >= value:
            best = value
        curve.append(best)
    return curve


def moving_mean(rewards: Sequence[float | None], window: int) -> list[float]:
    """At every trial the mean of the last `window` rewards, failed ones left out."""
    values = [finite(reward) for reward in rewards]
    means = []
    for i in range(len(values)):
        recent = [v for v in values[max(0, i + 1 - window) : i + 1] if not math.isnan(v)]
        means.append(math.fsum(recent) / len(recent) if recent else math.nan)
    return means


def finite(value: float | None) -> float:
    """The value, or NaN for everything that is no finite number."""
    return float(value) if value is not None and math.isfinite(value) else math.nan


def _draw_trials(axes: "Axes", values: list[float], window: int) -> None:
    trials = range(len(values))
    failed = [i for i in trials if math.isnan(values[i])]
    size = 16 if len(values) <= 500 else 6
    if len(failed) < len(values):
        axes.scatter(trials, values, s=size, color=GREY, alpha=0.35, lw=0, label="trial")
        if window > 1 < len(values):
            means = moving_mean(values, window)
            label = f"mean of last {window}"
            axes.plot(trials, means, color=ORANGE, lw=1.6, label=label)
        best = running_best(values)
        axes.plot(trials, best, color=BLUE, lw=2, drawstyle="steps-post", label="best so far")
        _mark_best(axes, values)
    else:
        axes.set_ylim(0, 1)
    if failed:
        bottom = [0.025] * len(failed)
        at_bottom = axes.get_xaxis_transform()
        style: dict[str, Any] = {
            "s": 22,
            "marker": "x",
            "color": PINK,
            "lw": 1.1,
            "transform": at_bottom,
        }
        axes.scatter(failed, bottom, label=f"failed ({len(failed)})", **style)


def _mark_best(axes: "Axes", values: list[float]) -> None:
    """A ring around the first of the best trials and a note beside it."""
    reward, trial = max((v, -i) for i, v in enumerate(values) if not math.isnan(v))
    trial = -trial
    axes.plot([trial], [reward], "o", ms=8, mfc="white", mec=BLUE, mew=1.8, zorder=4)
    left = trial > 0.6 * len(values)
    axes.annotate(
        f"{reward:.4f} at trial {trial}",
        (trial, reward),
        xytext=(-8 if left else 8, 9),
        textcoords="offset points",
        ha="right" if left else "left",
        fontsize=_TICK_SIZE,
        color=INK,
    )


def _draw_baseline(axes: "Axes", baseline: float | Sequence[float | None]) -> None:
    style: dict[str, Any] = {"color": GREEN, "lw": 1.6, "ls": (0, (5, 2))}
    if isinstance(baseline, Sized):
        best = running_best(baseline)
        axes.plot(range(len(best)), best, drawstyle="steps-post", label="baseline", **style)
    else:
        axes.axhline(float(baseline), label="baseline", **style)


def _curve_colours(names: Sequence[str]) -> list[str]:
    """Training blue and validation orange in every panel; the others differ."""
    others = [GREEN, PINK, GREY]
    colours: list[str] = []
    for name in names:
        wanted = ORANGE if name.startswith("val") else BLUE
        colours.append(wanted if wanted not in colours else others[len(colours) % len(others)])
    return colours


def new_figure(size: tuple[float, float]) -> "Figure":
    """An empty white figure of so many inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, facecolor="white")
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1, wspace=0.04)
    return figure


def draw_axes(figure: "Figure", place: int, x_label: str, y_label: str) -> "Axes":
    """Axes in the house's manner; `place` as in `Figure.add_subplot`."""
    axes = figure.add_subplot(place)
    axes.set_xlabel(x_label, fontsize=_LABEL_SIZE, color=INK, parse_math=False)
    axes.set_ylabel(y_label, fontsize=_LABEL_SIZE, color=INK, parse_math=False)
    axes.tick_params(labelsize=_TICK_SIZE, colors=INK, length=3)
    axes.grid(color="#e8ecf1", lw=0.8)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(FRAME)
    return axes


def _span(axes: "Axes", first: int, last: int) -> None:
    """Whole numbers from first to last on the x axis."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    margin = max(0.02 * (last - first), 0.5)
    axes.set_xlim(first - margin, last + margin)


def _legend(axes: "Axes") -> None:
    handles, _ = axes.get_legend_handles_labels()
    legend = axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=len(handles),
        frameon=False,
        fontsize=_TICK_SIZE,
        labelcolor=INK,
        columnspacing=1.4,
        handlelength=1.6,
        borderaxespad=0.2,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def draw_title(figure: "Figure", title: str | None) -> None:
    """One line above all axes, or none."""
    if text := clean_title(title):
        style: dict[str, Any] = {"weight": "bold", "color": INK, "parse_math": False}
        figure.suptitle(text, fontsize=_TITLE_SIZE, **style)
