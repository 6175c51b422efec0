"""The page of a comparison of controllers."""

import functools
import math
from collections.abc import Iterator

from nasnet.experiments.compare import report, results, retraining
from nasnet.experiments.compare.comparison import planned, runs_folder
from nasnet.experiments.compare.searches import ended
from nasnet.experiments.compare.settings import CompareSettings
from nasnet.experiments.console.lines import command, millions
from nasnet.experiments.reporting.base import Pairs, Report
from nasnet.experiments.reporting.drawings import sheet
from nasnet.search.statistics import BASELINE, interval_of_curves
from nasnet.viz import Band
from nasnet.viz.page import Page, Part, Picture, Row, Section, Table, Text
from nasnet.viz.page.charts import bands_chart


class ComparisonReport(Report):
    """The report of a comparison."""

    def page(self, reload: float | None = None) -> Page:
        self.found = results.found(self.run)
        return super().page(reload)

    @functools.cached_property
    def asked_for(self) -> CompareSettings:
        """The settings."""
        return self.run.settings

    @property
    def ended(self) -> int:
        """Runs that have ended."""
        return sum(len(curve) for curve in self.found.curves.values())

    @property
    def whole(self) -> int:
        """Runs in all."""
        return self.asked_for.runs * len(self.asked_for.names)

    def facts(self) -> Pairs:
        asked, found = self.asked_for, self.found
        budget = f"{asked.evaluations:,} evaluations" if asked.evaluations else "by time"
        best = "nobody knows" if found.best is None else f"{found.best:.4f}"
        return (
            ("runs that have ended", f"{self.ended} of {self.whole}"),
            ("controllers", ", ".join(asked.names)),
            ("each run", budget),
            ("compared by", found.value),
            ("best there is", best),
        )

    def sections(self) -> Iterator[Section]:
        found = self.found
        parts: list[Part] = [Text("No run has ended yet.")]
        if found.curves:
            parts = [bands_chart(_bands(found.curves), found.value, found.step)]
            if found.best is not None:
                regrets = {name: found.best - curve for name, curve in found.curves.items()}
                parts.append(bands_chart(_bands(regrets), f"regret in {found.value}", found.step))
        yield Section("Course", tuple(parts))
        yield Section("Standings", tuple(self._standings()))
        yield Section("Trained again", tuple(self._retrained()))
        yield Section(
            "What was asked, on which data", (*self.data_text(), *self._images(), self.asked())
        )

    def commands(self) -> Pairs:
        on = command("compare", "--resume", self.run.path)
        if self.ended < self.whole:
            return self.not_over(on)
        more = ("more runs of each", f"{on} --runs {2 * self.asked_for.runs}")
        if self.asked_for.evaluator == "table":
            return (more,)
        run = max(planned(self.asked_for), key=lambda run: self._best_of(run.name))
        path = runs_folder(self.run) / run.name
        return (("the search that found the best", command("report", path)), more)

    def _best_of(self, name: str) -> float:
        rewards = [t.reward for t in ended(runs_folder(self.run) / name) if t.state == "complete"]
        return max((reward for reward in rewards if reward is not None), default=-math.inf)

    def _standings(self) -> Iterator[Part]:
        if not self.found.curves:
            return
        values = report.document(self.found)
        rows = []
        for row in values["standings"]:
            ends = [row["low"], row["high"]]
            reach = "" if None in ends else f"{ends[0]:.4f} to {ends[1]:.4f}"
            regret = "" if row.get("regret") is None else f"{row['regret']:.4f}"
            p = "" if row["p_corrected"] is None else f"{row['p_corrected']:.2g}"
            numbers = (str(row["evaluations"]), row["controller"], str(row["runs"]))
            rest = (f"{row['mean']:.4f}", reach, regret, p, row["verdict"] or "")
            rows.append(Row((*numbers, *rest)))
        header = (values["step"], "controller", "runs", f"mean {values['value']}", "95 % interval")
        about = f"{values['method']}."
        yield Table((*header, "regret", "p", f"against {BASELINE}"), tuple(rows), about)
        for name in values["never_better_than_random"]:
            yield Text(f"{name} does not beat random search at any of these points.")
        if self.asked_for.runs < results.FEW_RUNS:
            yield Text(f"{self.asked_for.runs} runs of each are too few for the test to find any.")

    def _retrained(self) -> Iterator[Part]:
        if not (self.run.path / retraining.RESULT).is_file():
            return
        rows = []
        for row in retraining.read(self.run):
            tested = row["test_accuracy"]
            counts = (str(row["filters"] or ""), f"{row['parameters']:,}")
            test = "" if tested is None else f"{tested:.4f}"
            values = (millions(row["mult_adds"]), f"{row['val_accuracy']:.4f}", test)
            rows.append(Row((row["name"], *counts, *values)))
        names = ("cell", "filters", "parameters", "multiply-adds")
        yield Table((*names, "validation accuracy", "test accuracy"), tuple(rows))

    def _images(self) -> tuple[Picture, ...]:
        """Of the first search that is there."""
        folders = (runs_folder(self.run) / run.name / "data" for run in planned(self.asked_for))
        found = next((folder for folder in folders if folder.is_dir()), None)
        return () if found is None else sheet(found)


def _bands(curves: report.Curves) -> dict[str, Band]:
    """The mean and its interval for each controller."""
    found = {}
    for name, values in curves.items():
        mean, low, high = (curve.tolist() for curve in interval_of_curves(values))
        found[name] = Band(mean, low, high)
    return found
