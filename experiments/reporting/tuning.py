"""The page of a tuning."""

import functools
from collections.abc import Iterator

from nasnet.experiments.console.lines import command, duration
from nasnet.experiments.reporting import trials as of_trials
from nasnet.experiments.reporting.base import Pairs, Report
from nasnet.experiments.reporting.drawings import sheet
from nasnet.experiments.reporting.trials import Worth
from nasnet.experiments.runs.values import from_json
from nasnet.experiments.searching.cell_argument import read_trials
from nasnet.experiments.searching.report import top
from nasnet.experiments.tuning.report import (
    hyperparameters,
    short,
    tuning_summary,
    unknown_lines,
)
from nasnet.search.evaluators.keras_training import FitSettings
from nasnet.search.trial import Trial
from nasnet.viz.page import Page, Picture, Row, Section, Table, Text


class TuningReport(Report):
    """The report of a tuning."""

    def page(self, reload: float | None = None) -> Page:
        self.trials = read_trials(self.run)
        self.summary = tuning_summary(self.run, self.trials)
        return super().page(reload)

    @functools.cached_property
    def worth(self) -> Worth:
        """What its trials are worth."""
        fit = from_json(FitSettings, self.settings["fit"])
        return Worth(fit.metric, fit.sign)

    @functools.cached_property
    def sheet(self) -> tuple[Picture, ...]:
        """Images of its data."""
        return sheet(self.run.data)

    def facts(self) -> Pairs:
        summary, best = self.summary, self.summary["best"]
        of = "" if summary["trials"] is None else f" of {summary['trials']}"
        found = [("models done", f"{summary['done']}{of}")]
        if best is not None:
            value = self.worth.text(self.trials[best["trial"]])
            found.append((f"best {self.worth.name}", f"{value}, trial {best['trial']}"))
        return (
            ("state", summary["running"] or "not running"),
            *found,
            ("controller", f"{summary['controller']}, seed {summary['seed']}"),
            ("time", duration(summary["seconds"])),
            ("failed", str(sum(trial.failed for trial in self.trials))),
        )

    def sections(self) -> Iterator[Section]:
        yield Section("Course", tuple(of_trials.course(self.trials, self.worth)))
        yield Section("The best", (self._best(), *map(Text, unknown_lines(self.trials))))
        yield Section(
            "What was asked, on which data", (*self.data_text(), *self.sheet, self.asked())
        )
        yield Section("What was proposed", tuple(of_trials.proposed(self.trials, _values)))
        yield Section("Entropy of the policy", tuple(of_trials.entropy(self.trials, None)))
        yield of_trials.timeline(self.trials)
        yield of_trials.failures(self.trials)

    def commands(self) -> Pairs:
        if not self.summary["over"]:
            return self.not_over(command("tune", "--resume", self.run.path))
        if self.summary["best"] is None:
            return (("its models", command("best", self.run.path)),)
        return (
            ("train the best on all data", command("retrain", self.run.path)),
            ("the best models", command("best", self.run.path, "--top", self.top)),
        )

    def _best(self) -> Table:
        best = top(self.trials, self.top)
        names = [*dict.fromkeys(name for trial in best for name in hyperparameters(trial))]
        header = ("trial", self.worth.name, "epoch", "parameters", "seconds", *names)
        rows = []
        for trial in best:
            values = hyperparameters(trial)
            metrics = trial.metrics
            known = (str(metrics["best_epoch"]), f"{metrics['parameters']:,}")
            shown = (short(values[name]) if name in values else "" for name in names)
            first = (str(trial.number), self.worth.text(trial))
            rows.append(Row((*first, *known, f"{trial.seconds:.1f}", *shown)))
        return Table(header, tuple(rows))


def _values(trial: Trial) -> dict[str, list[str]]:
    """A trial's values, each with its name."""
    values = hyperparameters(trial)
    return {"values": [f"{name} = {short(value)}" for name, value in values.items()]}
