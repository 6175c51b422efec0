"""`nasnet bench-table`: trains every network of a small space, for `nasnet compare --table`."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.bench.settings import BENCH_TABLE, BenchTableRun, BenchTableSettings
from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.errors import FAILURE, OK


@dataclasses.dataclass(frozen=True)
class BenchTableCommand(RunCommand):
    """Train every network of a small cell space once, and write their accuracies as a table.

    The space: one cell of two blocks with a fixed wiring and five operations, used as Normal and
    as Reduction cell; 625 networks.

    Args:
        settings: how they are trained.
        table: the .csv or .csv.gz file; table.csv.gz in the run directory where it is left out.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a table to go on with. Only --cells, --workers and --timeout
            may change.
    """

    settings: Annotated[BenchTableSettings, tyro.conf.arg(name="")] = BenchTableSettings()
    table: Path | None = None
    out: Path | None = None
    resume: Path | None = None

    kind = BENCH_TABLE
    prog = "nasnet bench-table"

    def run(self) -> int:
        if self.table is not None and not self.table.name.endswith((".csv", ".csv.gz")):
            raise ValueError(f"table is {self.table.name!r}, expected a name in .csv or .csv.gz")
        return super().run()

    def begin(self) -> BenchTableRun:
        from nasnet.experiments.bench import driver

        return driver.begin(self.settings, self.out)

    def work(self, run: BenchTableRun) -> bool:
        from nasnet.experiments.bench import driver

        return driver.measure(run)

    def report(self, run: BenchTableRun, result: bool | None) -> int:
        from nasnet.experiments.bench import driver
        from nasnet.experiments.searching.cell_argument import read_trials

        trials = read_trials(run)
        path = self.table or run.path / "table.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"{driver.write_table(trials, path)} networks are in {path}")
        failed = sum(trial.failed for trial in trials)
        if failed:
            print(f"{failed} networks failed and are left out", file=sys.stderr)
        return FAILURE if failed else OK
