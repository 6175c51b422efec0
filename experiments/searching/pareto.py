"""What the cells of a search give for what they cost."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasnet.experiments.console.lines import millions
from nasnet.search.limits import pareto_front
from nasnet.search.trial import Trial

if TYPE_CHECKING:
    from rich.table import Table

COSTS = {"parameters": "parameters", "mult_adds": "multiply-adds"}


@dataclasses.dataclass(frozen=True)
class Measured:
    """The networks of a search that were trained to the end, each once.

    Attributes:
        trials: in the order of their numbers.
        accuracies: on the validation images, [N].
        costs: by the name in the trials' metrics, [N] each.
    """

    trials: list[Trial]
    accuracies: list[float]
    costs: dict[str, list[int]]

    def front(self, cost: str) -> list[int]:
        """Positions of the networks that none beats, by rising cost."""
        return pareto_front(self.costs[cost], self.accuracies)


def measured(trials: Sequence[Trial]) -> Measured:
    """The networks with an accuracy and known costs; repeats of one are left out."""
    kept = [
        trial
        for trial in trials
        if trial.state == "complete"
        and trial.reused_from is None
        and all(trial.metrics.get(cost) is not None for cost in COSTS)
    ]
    return Measured(
        kept,
        [float(trial.metrics.get("val_accuracy", trial.reward or 0.0)) for trial in kept],
        {cost: [trial.metrics[cost] for trial in kept] for cost in COSTS},
    )


def pareto_rows(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """The networks on the front of either cost, by rising parameters, as JSON values."""
    found = measured(trials)
    fronts = {cost: set(found.front(cost)) for cost in COSTS}
    order = sorted(set().union(*fronts.values()), key=lambda i: found.costs["parameters"][i])
    return [
        {
            "trial": found.trials[i].number,
            "val_accuracy": found.accuracies[i],
            **{cost: found.costs[cost][i] for cost in COSTS},
            "best_for": [cost for cost in COSTS if i in fronts[cost]],
            "key": found.trials[i].key,
        }
        for i in order
    ]


def pareto_table(trials: Sequence[Trial]) -> "Table":
    """The same for people."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(
        title="no other cell is as small and better, or as good and smaller",
        box=SIMPLE,
        pad_edge=False,
    )
    for name in ("trial", "accuracy", *COSTS.values()):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("counting", no_wrap=True)
    for row in pareto_rows(trials):
        table.add_row(
            str(row["trial"]),
            f"{row['val_accuracy']:.4f}",
            f"{row['parameters']:,}",
            millions(row["mult_adds"]),
            "either" if len(row["best_for"]) > 1 else COSTS[row["best_for"][0]],
        )
    return table


def write_pareto(folder: Path, trials: Sequence[Trial]) -> Path | None:
    """Draws `pareto.png` into a folder; None where no network was trained to the end."""
    from nasnet import viz

    found = measured(trials)
    if not found.trials:
        return None
    figure = viz.pareto_figure(
        {words: found.costs[cost] for cost, words in COSTS.items()},
        found.accuracies,
        {words: found.front(cost) for cost, words in COSTS.items()},
        labels=[str(trial.number) for trial in found.trials],
        title=f"{folder.name}: accuracy for its cost",
    )
    return viz.save_figure(figure, folder / "pareto.png")
