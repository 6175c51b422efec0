"""`nasnet best`: the best cells of a search, the best models of a tuning."""

import dataclasses
from pathlib import Path

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import command, print_json, stdout
from nasnet.experiments.errors import OK, NotFoundError
from nasnet.experiments.searching.cell_argument import find_trial, read_trials
from nasnet.experiments.searching.pareto import pareto_rows, pareto_table, write_pareto
from nasnet.experiments.searching.report import TOP, describe, top, top_table, trial_json
from nasnet.experiments.searching.settings import SearchRun
from nasnet.experiments.searching.stored import StoredRun, open_search
from nasnet.experiments.tuning.settings import TUNING, TuneRun
from nasnet.search.stores.address import is_url
from nasnet.search.trial import Trial
from nasnet.stacking.architectures import read_architecture


@dataclasses.dataclass(frozen=True)
class BestCommand(Command):
    """Show the best cells of a search, or the best models of a tuning, finished or not.

    Args:
        search: its run directory, that of a tuning, or postgresql://HOST/DATABASE#SEARCH.
        top: how many.
        pareto: show instead the cells that no other beats in accuracy and parameters, or in
            accuracy and multiply-adds, and draw them into the run directory as pareto.png.
        json: print them as one JSON document, with their genotypes, or layers.
    """

    search: tyro.conf.Positional[str]
    top: int = TOP
    pareto: bool = False
    json: bool = False

    def run(self) -> int:
        if self.top < 1:
            raise ValueError(f"top is {self.top}, expected at least 1")
        if not is_url(self.search) and TUNING.is_at(Path(self.search)):
            return self._show_tuned(TUNING.open(Path(self.search)))
        run = open_search(self.search)
        best, trials = find_trial(run, None), read_trials(run)
        if self.pareto:
            return self._show_front(run, trials)
        if self.json:
            print_json([trial_json(trial) for trial in top(trials, self.top)])
            return OK
        out = stdout()
        out.print(top_table(run, trials, self.top))
        out.print(f"trial {best.number}:")
        out.print(describe(read_architecture(best.genotype)))
        out.print(f"next: {command('train', run.path)}", soft_wrap=True)
        return OK

    def _show_tuned(self, run: TuneRun) -> int:
        from nasnet.experiments.tuning.report import tuned_json, tuned_table

        if self.pareto:
            raise ValueError(f"pareto is given for {run.path}, expected it for a search of cells")
        find_trial(run, None)
        trials = read_trials(run)
        if self.json:
            print_json([tuned_json(run, trial) for trial in top(trials, self.top)])
            return OK
        stdout().print(tuned_table(run, trials, self.top))
        stdout().print(f"next: {command('retrain', run.path)}", soft_wrap=True)
        return OK

    def _show_front(self, run: SearchRun, trials: list[Trial]) -> int:
        if not pareto_rows(trials):
            raise NotFoundError(f"{self.search} has no child yet that was trained to the end")
        path = None if isinstance(run, StoredRun) else write_pareto(run.path, trials)
        if self.json:
            print_json(pareto_rows(trials))
            return OK
        out = stdout()
        out.print(pareto_table(trials))
        if path is not None:
            out.print(f"the figure is {path}", soft_wrap=True)
        return OK
