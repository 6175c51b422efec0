"""How well shared weights rank the cells of a table, against the updates that they have had.

Papers:   Pham et al. (ENAS), https://arxiv.org/abs/1802.03268; Chu et al. (FairNAS),
          https://arxiv.org/abs/1907.01845; Dong & Yang (GDAS), https://arxiv.org/abs/1910.04465
Command:  python -m nasnet.experiments.published.supernet --out runs/supernet
          (with --shared.sampling gumbel, the cells that gradients find; --space nasbench201)
Cost:     some ten minutes of one core for 5,000 updates of the small space's networks
Expect:   see experiments/published/README.md, which quotes runs

The weights are trained in this process, on one thread; the same command given again goes on where
it was. `ranking.json` has what is printed, and a row for each cell.
"""

import dataclasses
import json
import math
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from nasnet.cells import network_cost
from nasnet.data import sources
from nasnet.experiments.compare.table_spaces import TABLE_SPACES
from nasnet.experiments.console.lines import say
from nasnet.experiments.runs.images import chosen_images
from nasnet.experiments.searching.shared import train_shared
from nasnet.runtime.files import write_atomically
from nasnet.runtime.quiet import import_tensorflow
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.executors import InlineExecutor
from nasnet.search.rank_correlation import kendall_tau, spearman, tau_interval
from nasnet.search.shared.exchange import SharedScore
from nasnet.search.shared.gumbel import Gumbel
from nasnet.search.shared.settings import SharedSettings
from nasnet.search.shared.training import SharedEpoch
from nasnet.search.tables import read_table
from nasnet.stacking.nasbench201 import NASBench201Frame
from nasnet.stacking.network import CellFrame
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe

TABLE = Path(__file__).parent / "tables" / "cells-shapes10.csv.gz"
SAMPLED = 50  # cells that logits propose at the end


@dataclasses.dataclass(frozen=True)
class Ranking:
    """Train shared weights and compare the ranks of a table's cells under them with the table.

    Args:
        out: a folder for all of it.
        space: whose cells.
        table: their accuracies.
        dataset: which of the table's.
        data: the images, as `nasnet search` takes them.
        cells: how many are ranked, drawn at random; 0 for all.
        repeats: cells in a stage of the network.
        filters: channels of its first stage.
        train_images: images to train on; 0 for all.
        val_images: images that give a cell's loss.
        seed: of everything random.
        shared: the training.
    """

    out: Path
    space: Literal["cells", "nasbench201"] = "cells"
    table: Path = TABLE
    dataset: str = "shapes10"
    data: str = "shapes10"
    cells: int = 200
    repeats: int = 1
    filters: int = 4
    train_images: int = 0
    val_images: int = 2000
    seed: int = 0
    shared: SharedSettings = dataclasses.field(default_factory=lambda: SharedSettings(parts=1))

    # What the training of shared weights reads of a search's settings, too.
    recipe = Recipe(augmentation="none")
    seconds = None


class Ranks:
    """The cells, what the table says of them, and how well their losses rank them.

    Args:
        settings: of the experiment.
        evaluator: gives the losses.
    """

    def __init__(self, settings: Ranking, evaluator: SharedWeights) -> None:
        measured = TABLE_SPACES[settings.space]
        table = read_table(settings.table, measured.columns[settings.dataset])
        self._settings, self._evaluator = settings, evaluator
        self._truth = lambda cell: float(table.report[table.row(measured.name(cell))])
        rng, space = np.random.default_rng(settings.seed), measured.space
        choices = list(space)
        if settings.cells:
            choices = [choices[i] for i in rng.permutation(len(choices))[: settings.cells]]
        self.cells = [space.decode(each) for each in choices]
        self.truths = np.array(list(map(self._truth, self.cells)))
        costs = (network_cost(evaluator.frame.network(cell))[0] for cell in self.cells)
        self.parameters = np.array([cost.trainable_parameters for cost in costs])
        self.rows: list[dict[str, Any]] = []
        self.losses: list[float] = []

    def measure(self, epoch: SharedEpoch) -> None:
        """Scores all cells behind epochs 1, 2, 4, ... and the last one."""
        count = self._settings.shared.epochs
        if epoch.number != count and epoch.number & (epoch.number - 1):
            return
        self.losses = [self._loss(cell) for cell in self.cells]
        row = {
            "updates": epoch.number * math.ceil(self._settings.shared.updates / count),
            "training_loss": round(epoch.loss, 4),
            "mean_loss": round(float(np.mean(self.losses)), 4),
            **quality(-np.array(self.losses), self.truths),
            "cpu_seconds": round(time.process_time(), 1),
        }
        say(json.dumps(row))
        self.rows.append(row)

    def found(self, controller: Gumbel) -> dict[str, Any]:
        """Cells that logits propose, and the one of least loss, by the table."""
        proposals = controller.propose(SAMPLED)
        cells = {c.key: c for c in (controller.space.decode(p.choices) for p in proposals)}
        truths = {key: self._truth(cell) for key, cell in cells.items()}
        best = min(cells, key=lambda key: self._loss(cells[key]))
        return {
            "sampled": len(cells),
            "identities": round(controller.identities, 3),
            "stopped": controller.stopped,
            "mean": round(float(np.mean(list(truths.values()))), 4),
            "best_by_loss": round(truths[best], 4),
            "mean_of_the_table": round(float(self.truths.mean()), 4),
            "best_of_the_table": round(float(self.truths.max()), 4),
        }

    def _loss(self, cell: Any) -> float:
        return float(self._evaluator(SharedScore(cell, 0)).metrics["val_loss"])


def quality(predicted: np.ndarray, truths: np.ndarray) -> dict[str, float]:
    """Tau with its 95 % interval, and rho, of predictions [N] and accuracies [N]."""
    low, high = tau_interval(predicted, truths, draws=500)
    values = kendall_tau(predicted, truths), low, high, spearman(predicted, truths)
    named = zip(("tau", "tau_low", "tau_high", "spearman"), values, strict=True)
    return {name: round(value, 3) for name, value in named}


def main(settings: Ranking) -> None:
    """Runs it."""
    import_tensorflow(1)
    dataset = sources.load(settings.data, seed=settings.seed)
    counts = settings.train_images, settings.val_images
    dataset = chosen_images(dataset, counts, seed=settings.seed)
    data = settings.out.resolve() / "data"
    if not data.exists():
        sources.write_arrays(dataset, data)
    numbers = settings.repeats, settings.filters
    images = dataset.image_shape, len(dataset.classes)
    frame: Any = CellFrame(Stack(*numbers), *images)
    if settings.space == "nasbench201":
        frame = NASBench201Frame(*numbers, *images)
    space, shared = TABLE_SPACES[settings.space].space, settings.shared
    evaluator = SharedWeights(data, data.parent / "shared", space, frame, settings.recipe)
    ranks, controller = Ranks(settings, evaluator), None
    if shared.sampling == "gumbel":
        controller = Gumbel(space, shared.gumbel, seed=settings.seed)
    lengths = {"train": len(dataset.x_train), "val": len(dataset.x_val)}
    executor: InlineExecutor[Any, Any] = InlineExecutor(evaluator)
    training = train_shared(
        evaluator, settings, lengths, executor, controller, on_epoch=ranks.measure
    )
    if not ranks.rows:  # it had ended before
        ranks.measure(training.epochs[-1])
    report = {
        "settings": json.loads(json.dumps(dataclasses.asdict(settings), default=str)),
        "doubt": training.doubt(len(dataset.classes)),
        "curve": ranks.rows,
        "parameters": quality(ranks.parameters, ranks.truths),
        **({"found": ranks.found(controller)} if controller else {}),
        "loss_by_epoch": [round(epoch.loss, 4) for epoch in training.epochs],
        "cells": [
            {"key": cell.key, "loss": round(loss, 4), "accuracy": truth, "parameters": int(count)}
            for cell, loss, truth, count in zip(
                ranks.cells, ranks.losses, ranks.truths.tolist(), ranks.parameters, strict=True
            )
        ],
    }
    text = json.dumps(report, indent=1)
    write_atomically(settings.out / "ranking.json", text + "\n")
    print(json.dumps({k: v for k, v in report.items() if k not in ("settings", "cells")}, indent=1))


if __name__ == "__main__":
    main(tyro.cli(Ranking, description=__doc__))
