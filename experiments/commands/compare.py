"""`nasnet compare`: which controller finds better cells, and whether that is luck."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from nasnet.experiments.compare.comparison import ComparisonFolder
from nasnet.experiments.compare.settings import CompareSettings
from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.experiments.searching.settings import pinned

if TYPE_CHECKING:
    from nasnet.experiments.compare.report import Report

_FEW_RUNS = 4  # of 3 and 3, the smallest p that the test can give is 0.1


@dataclasses.dataclass(frozen=True)
class CompareCommand:
    """Compare controllers: on a table of measured architectures, or by real searches.

    Args:
        settings: what to compare.
        out: the folder of the comparison; a new one below runs/ where it is left out.
        resume: the folder of a comparison to go on with. Runs that have ended stay; --runs,
            --controllers, --budgets, --workers and --retrain may change.
        json: print the result as one JSON document.
    """

    settings: Annotated[CompareSettings, tyro.conf.arg(name="")] = CompareSettings()
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    resume: Path | None = None
    json: bool = False

    def run(self) -> int:
        from nasnet.experiments.compare import comparison

        if self.resume is not None and self.out is not None:
            raise ValueError(f"out is {self.out} beside --resume, expected one of the two")
        if self.resume is None:
            if self.settings.evaluator == "child":
                self.settings.check_flags()
            settings, source = self._pinned()
            folder = comparison.begin(settings, self.out, source)
        else:
            folder = comparison.reopen(self.resume, self.settings)
        with folder.lock():
            found = folder.settings(CompareSettings)  # the run's own
            return dataclasses.replace(self, settings=found)._compare(folder)

    def _pinned(self) -> tuple[CompareSettings, str]:
        """The settings with the data that were found, and a line about these.

        What cannot be used is refused here.
        """
        from nasnet.data import sources
        from nasnet.experiments.compare import tables

        settings = self.settings
        if settings.evaluator == "table":
            _, table = tables.load_table(settings)
            what = ", ".join(settings.search_on) or settings.dataset
            rows = f"{len(table.rows):,} rows, {what}"
            return settings, f"{Path(table.source).name}, {rows}"
        dataset = sources.load(settings.data, seed=settings.seed)
        return pinned(settings, dataset.name), dataset.source

    def _compare(self, folder: ComparisonFolder) -> int:
        from nasnet.experiments.compare import report as comparing_report
        from nasnet.experiments.console.reporting import print_json, stdout

        retrained: list[dict[str, Any]] = []
        if self.settings.evaluator == "table":
            complete, report = self._on_table(folder)
        else:
            complete, report, retrained = self._by_searches(folder)
        document = {**comparing_report.document(report), "retrained": retrained}
        if report.curves:
            title = self._title(report)
            comparing_report.write_report(report, document, folder.path, title=title)
        if self.json:
            print_json(document)
        elif report.curves:
            out = stdout()
            out.print(comparing_report.summary_table(report))
            for name in comparing_report.never_better(report):
                out.print(f"{name} does not beat random search at any of these budgets")
            if self.settings.runs < _FEW_RUNS:
                out.print(f"{self.settings.runs} runs of each are too few for the test to find any")
            if retrained:
                from nasnet.experiments.compare.searches import retrained_table

                out.print(retrained_table(retrained))
            out.print(f"results are in {folder.path}", soft_wrap=True)
        if complete:
            return OK
        print(
            f"stopped; what has ended is saved, go on with: nasnet compare --resume {folder.path}",
            file=sys.stderr,
        )
        return INTERRUPTED

    def _title(self, report: "Report") -> str:
        """Of the figures: the name of the data, without where it lies."""
        return (
            report.source if self.settings.evaluator == "table" else Path(self.settings.data).name
        )

    def _on_table(self, folder: ComparisonFolder) -> tuple[bool, "Report"]:
        from nasnet.experiments.compare import report as comparing_report
        from nasnet.experiments.compare import tables

        complete = tables.run_all(folder, self.settings)
        _, table = tables.load_table(self.settings)
        best = float(table.report.max())
        return complete, comparing_report.table_report(folder, self.settings, best)

    def _by_searches(self, folder: ComparisonFolder) -> tuple[bool, "Report", list[dict[str, Any]]]:
        from nasnet.experiments.compare import searches

        retrained: list[dict[str, Any]] = []
        complete = searches.run_all(folder, self.settings)
        report = searches.search_report(folder, self.settings)
        if complete and self.settings.retrain:
            try:
                retrained = searches.retrain_all(folder, self.settings)
            except KeyboardInterrupt:
                complete = False
        return complete, report, retrained
