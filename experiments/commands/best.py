"""`nasnet best`: the best cells of a search."""

import dataclasses
from pathlib import Path

import tyro

from cells import Genotype
from experiments.cell_argument import find_trial, read_trials
from experiments.errors import OK
from experiments.reporting import TOP, describe, print_json, stdout, top, top_table, trial_json
from experiments.run_directory import open_run


@dataclasses.dataclass(frozen=True)
class BestCommand:
    """Show the best cells of a search, finished or not.

    Args:
        run_directory: of the search.
        top: how many.
        json: print them as one JSON document, with their genotypes.
    """

    run_directory: tyro.conf.Positional[Path]
    top: int = TOP
    json: bool = False

    def run(self) -> int:
        if self.top < 1:
            raise ValueError(f"top is {self.top}, expected at least 1")
        run = open_run(self.run_directory)
        best, trials = find_trial(run, None), read_trials(run)
        if self.json:
            print_json([trial_json(trial) for trial in top(trials, self.top)])
            return OK
        out = stdout()
        out.print(top_table(trials, self.top))
        out.print(f"trial {best.number}:")
        out.print(describe(Genotype.from_json(best.genotype)))
        out.print(f"next: nasnet train {run.path}", soft_wrap=True)
        return OK
