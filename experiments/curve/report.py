"""What a curve shows: a table, and a figure with the published networks beside it on request."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nasnet.cells import network_cost
from nasnet.experiments.console.lines import millions
from nasnet.experiments.curve.trainings import top1_text
from nasnet.stacking.presets import PRESETS

if TYPE_CHECKING:
    from rich.table import Table

# Top-1 on ImageNet's validation images, one crop: table 2 and 3 of
# https://arxiv.org/abs/1707.07012; costs are counted, not quoted.
PUBLISHED: Mapping[str, float] = MappingProxyType(
    {"imagenet-mobile": 0.740, "imagenet-large": 0.827}
)


def curve_table(rows: list[dict[str, Any]]) -> "Table":
    """A row a network."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(title="accuracy against cost, one recipe", box=SIMPLE, pad_edge=False)
    table.add_column("cell")
    for column in ("N @ P", "parameters", "mult-adds", "top-1 (95 % interval)", "seeds"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        costs = (f"{row['parameters']:,}", millions(row["mult_adds"]))
        table.add_row(row["cell"], row["plan"], *costs, top1_text(row), str(len(row["top1"])))
    return table


def draw_curve(rows: list[dict[str, Any]], path: Path, *, published: bool, title: str) -> None:
    """Draws accuracy against multiply-adds and against parameters.

    Args:
        rows: of `ladder.measured`, one or more.
        path: of the figure.
        published: whether the published ImageNet networks of NASNet-A are drawn, too, in panels of
            their own: their accuracies are of other images.
        title: one line above it.
    """
    from nasnet import viz

    ladders: dict[str, list[viz.Point]] = {}
    for row in rows:
        low, high = row["top1_interval"] or (row["top1_mean"],) * 2
        costs = {"multiply-adds": row["mult_adds"], "parameters": row["parameters"]}
        point = viz.Point(costs, row["top1_mean"], (low, high))
        ladders.setdefault(row["cell"], []).append(point)
    groups = {"top-1": ladders}
    if published:
        groups["top-1 on ImageNet, as published"] = published_points()
    viz.save_figure(viz.cost_figure(groups, title=title), path)


def published_points() -> dict[str, list[Any]]:
    """NASNet-A's ImageNet networks, whose costs are counted here."""
    from nasnet import viz

    points = []
    for name, accuracy in PUBLISHED.items():
        cost, _ = network_cost(PRESETS[name].network)
        costs = {"multiply-adds": cost.mult_adds, "parameters": cost.trainable_parameters}
        points.append(viz.Point(costs, accuracy))
    return {"nasnet-a": points}
