"""`nasnet compare`: which controller finds better cells, and whether that is luck."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.compare.settings import COMPARISON, CompareSettings, Comparison
from nasnet.experiments.errors import OK


@dataclasses.dataclass(frozen=True)
class CompareCommand(RunCommand):
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

    kind = COMPARISON
    prog = "nasnet compare"

    def needs_keras(self) -> bool:
        return self.settings.table is None

    def begin(self) -> Comparison:
        from nasnet.experiments.compare import comparison

        return comparison.begin(self.settings, self.out)

    def work(self, run: Comparison) -> bool:
        from nasnet.experiments.compare import retraining, searches, tables

        settings = run.settings
        with run.lock():
            if settings.evaluator == "table":
                return tables.run_all(run)
            complete = searches.run_all(run)
            if complete and settings.retrain:
                retraining.retrain_all(run)
            return complete

    def report(self, run: Comparison, result: bool | None) -> int:
        from nasnet.experiments.compare import report, results, retraining
        from nasnet.experiments.console.lines import print_json, stdout

        settings = run.settings
        found = results.found(run)
        retrained = retraining.read(run) if result and settings.retrain else []
        document = {**report.document(found), "retrained": retrained}
        if found.curves:
            on_table = settings.evaluator == "table"
            # Of real data the name, without where they lie.
            title = found.source if on_table else Path(settings.data).name
            report.write_report(found, document, run.path, title=title)
        if self.json:
            print_json(document)
        elif found.curves:
            out = stdout()
            out.print(report.summary_table(found))
            for name in report.never_better(found):
                out.print(f"{name} does not beat random search at any of these budgets")
            if settings.runs < results.FEW_RUNS:
                out.print(f"{settings.runs} runs of each are too few for the test to find any")
            if retrained:
                out.print(retraining.retrained_table(retrained))
            out.print(f"results are in {run.path}", soft_wrap=True)
        return OK
