"""`nasnet bench-table`: trains every network of a small space, for `nasnet compare --table`."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.compare.bench_table import BenchTableSettings
from nasnet.experiments.errors import FAILURE, INTERRUPTED, OK


@dataclasses.dataclass(frozen=True)
class BenchTableCommand:
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

    def run(self) -> int:
        from nasnet.experiments.compare import bench_table

        if self.resume is not None and self.out is not None:
            raise ValueError(f"out is {self.out} beside --resume, expected one of the two")
        if self.table is not None and not self.table.name.endswith((".csv", ".csv.gz")):
            raise ValueError(f"table is {self.table.name!r}, expected a name in .csv or .csv.gz")
        if self.resume is None:
            run = bench_table.begin(self.settings, self.out)
        else:
            run = bench_table.reopen(self.resume, self.settings)
        trials = bench_table.measure(run, self.settings)
        path = self.table or run.path / "table.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = bench_table.write_table(trials, path)
        print(f"{rows} networks are in {path}")
        failed = sum(trial.failed for trial in trials)
        if failed:
            print(f"{failed} networks failed and are left out", file=sys.stderr)
            return FAILURE
        wanted = self.settings.cells or bench_table.OperationSpace().size()
        if rows < wanted:
            print(
                f"stopped with {rows} of {wanted} networks; all of it is saved, go on with: "
                f"nasnet bench-table --resume {run.path}",
                file=sys.stderr,
            )
            return INTERRUPTED
        return OK
