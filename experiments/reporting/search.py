"""The page of a search."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nasnet.cells import NASNET_OPERATIONS, CellSpace, GrowingCellSpace
from nasnet.data.dataset import read_arrays
from nasnet.experiments.console.lines import command, duration, millions
from nasnet.experiments.reporting import trials as of_trials
from nasnet.experiments.reporting.base import Pairs, Report
from nasnet.experiments.reporting.drawings import draw, sheet
from nasnet.experiments.reporting.trials import Worth
from nasnet.experiments.runs.values import from_json
from nasnet.experiments.searching.cell_argument import read_trials
from nasnet.experiments.searching.pareto import COSTS, measured
from nasnet.experiments.searching.report import lead, reward_name, search_summary, top
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.search.trial import Trial
from nasnet.stacking.architectures import ImageFrame, read_architecture
from nasnet.stacking.plan import Stack
from nasnet.viz.page import Page, Part, Picture, Row, Section, Table, Text
from nasnet.viz.page.charts import cost_chart
from nasnet.viz.page.traces import Dot


class SearchReport(Report):
    """The report of a search."""

    def page(self, reload: float | None = None) -> Page:
        self.trials = read_trials(self.run)
        self.summary = search_summary(self.run, self.trials)
        return super().page(reload)

    @property
    def settings(self) -> dict[str, Any]:
        return self.run.recorded

    @functools.cached_property
    def worth(self) -> Worth:
        """What its trials are worth."""
        return Worth(reward_name(self.settings))

    @functools.cached_property
    def frame(self) -> ImageFrame | None:
        """What makes an architecture the network of a child; None where the images are not here."""
        if not self.run.data.is_dir():
            return None
        data = read_arrays(self.run.data)
        stack = self.settings.get("stack")
        plan = SearchSettings.stack if stack is None else from_json(Stack, stack)
        return ImageFrame(plan, data.image_shape, len(data.classes))

    @functools.cached_property
    def sheet(self) -> tuple[Picture, ...]:
        """Images of its data."""
        return sheet(self.run.data) if self.run.data.is_dir() else ()

    def facts(self) -> Pairs:
        summary, best = self.summary, self.summary["best"]
        of = "" if summary["trials"] is None else f" of {summary['trials']}"
        limit = summary["time_limit"]
        until = "" if limit is None else f" of {duration(limit)}"
        found = [("children done", f"{summary['done']}{of}")]
        if best is not None:
            trial = self.trials[best["trial"]]
            found.append(
                (f"best {self.worth.name}", f"{self.worth.text(trial)}, trial {trial.number}")
            )
        return (
            ("state", summary["running"] or "not running"),
            *found,
            ("controller", f"{summary['controller']}, seed {summary['seed']}"),
            ("time", f"{duration(summary['seconds'])}{until}"),
            ("work of children", duration(summary["child_seconds"])),
            ("failed", str(sum(trial.failed for trial in self.trials))),
            ("networks met again", str(summary["reused"])),
        )

    def sections(self) -> Iterator[Section]:
        yield Section("Course", tuple(of_trials.course(self.trials, self.worth)))
        yield self._best()
        yield Section("Accuracy against cost", tuple(self._costs()))
        yield Section(
            "What was asked, on which data", (*self.data_text(), *self._images(), self.asked())
        )
        yield Section(
            "What was proposed", tuple(of_trials.proposed(self.trials, of_trials.parts_of))
        )
        uniform = uniform_entropy(self.settings)
        yield Section("Entropy of the policy", tuple(of_trials.entropy(self.trials, uniform)))
        yield of_trials.timeline(self.trials)
        yield of_trials.failures(self.trials)

    def commands(self) -> Pairs:
        run, over = self.run, self.summary["over"]
        resume = ("search", "--resume", run.path)
        front = ("what accuracy costs", command("best", run.called, "--pareto"))
        if not run.path.is_dir():  # it goes on where its images are
            return (front, ("watch it", command("report", run.called, "--watch")))
        if not over:
            return self.not_over(command(*resume))
        more = (self.summary["trials"] or self.summary["done"]) + 50
        on = ("search on", command(*resume, "--trials", more))
        if self.summary["best"] is None:
            return (on,)
        return (
            ("train the best from scratch", command("train", run.called)),
            front,
            ("plan its ImageNet network", command("transfer", "plan", run.called)),
            ("draw it into a file", command("draw", run.called, "-o", "best.svg")),
            on,
        )

    def _best(self) -> Section:
        rows = best_rows(self.trials, self.top, self.worth, self.frame)
        if not rows:
            return Section("The best", (Text("No child has a result yet."),))
        parts: list[Part] = [best_table(rows, self.worth)]
        if text := lead(self.run, self.trials):
            parts.append(Text(f"How far this is luck: {text}."))
        if self.frame is None:
            parts.append(Text("Networks are not drawn: the images of the search are elsewhere."))
        return Section("The best", tuple(parts))

    def _costs(self) -> Iterator[Part]:
        found = measured(self.trials)
        if not found.trials:
            return
        accurate = "val_accuracy" in found.trials[0].metrics
        value = "validation accuracy" if accurate else self.worth.name
        for cost, words in COSTS.items():
            points = zip(found.trials, found.costs[cost], found.accuracies, strict=True)
            dots = [
                Dot(x, y, lines=(f"trial {trial.number}: {y:.4f}", f"{x:,} {words}"))
                for trial, x, y in points
            ]
            yield cost_chart(dots, found.front(cost), cost=words, value=value)

    def _images(self) -> tuple[Part, ...]:
        if not self.run.data.is_dir():
            return (Text("The images are not on this machine."),)
        return self.sheet


def best_rows(
    trials: Sequence[Trial], count: int, worth: Worth, frame: ImageFrame | None
) -> tuple[Row, ...]:
    """The best trials, one for each network, with their drawings."""
    rows = []
    for trial in top([*trials], count):
        title = f"trial {trial.number}, {worth.name} {worth.text(trial)}"
        pictures = draw(read_architecture(trial.genotype), frame, title)
        costs = [trial.metrics.get(name) for name in COSTS]
        known = ["" if value is None else f"{value:,}" for value in costs[:1]]
        known += ["" if value is None else millions(value) for value in costs[1:]]
        cells = (str(trial.number), worth.text(trial), *known, f"{trial.seconds:.1f}", trial.origin)
        rows.append(Row(cells, pictures))
    return tuple(rows)


def best_table(rows: tuple[Row, ...], worth: Worth) -> Table:
    """A table of `best_rows`."""
    header = ("trial", worth.name, *COSTS.values(), "seconds", "started from")
    count = 5 + any(row.cells[5] for row in rows)
    cut = tuple(Row(row.cells[:count], row.pictures) for row in rows)
    return Table(header[:count], cut, "click a row: it is drawn below")


def uniform_entropy(settings: Mapping[str, Any]) -> float | None:
    """The entropy in nats of proposals without any preference; None of spaces with files to run."""
    operations = tuple(settings.get("operations", NASNET_OPERATIONS))
    if settings.get("space") is not None or not {*operations} <= {*NASNET_OPERATIONS}:
        return None
    kind = GrowingCellSpace if settings.get("grow") else CellSpace
    blocks = settings.get("blocks", SearchSettings.blocks)
    combines = tuple(settings.get("combines", SearchSettings.combines))
    return kind(blocks, operations, combines).entropy()
