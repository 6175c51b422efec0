"""`nasnet status`: where a search or a tuning stands, finished or not."""

import dataclasses
from pathlib import Path
from typing import Any

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import command, duration, print_json, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.runs.run import Run
from nasnet.experiments.searching.cell_argument import read_trials
from nasnet.experiments.searching.report import reward_name, search_summary
from nasnet.experiments.searching.stored import StoredRun, open_search
from nasnet.experiments.tuning.report import tuning_summary
from nasnet.experiments.tuning.settings import TUNING
from nasnet.search.stores.address import is_url


@dataclasses.dataclass(frozen=True)
class StatusCommand(Command):
    """Say where a search or a tuning stands; it may be running, stopped or finished.

    Args:
        search: its run directory, that of a tuning, or postgresql://HOST/DATABASE#SEARCH.
        json: print one JSON document.
    """

    search: tyro.conf.Positional[str]
    json: bool = False

    def run(self) -> int:
        tuned = not is_url(self.search) and TUNING.is_at(Path(self.search))
        run: Run[Any] = TUNING.open(Path(self.search)) if tuned else open_search(self.search)
        summary = (tuning_summary if tuned else search_summary)(run, read_trials(run))
        if self.json:
            print_json(summary)
            return OK
        out = stdout()
        of = "" if summary["trials"] is None else f" of {summary['trials']}"
        out.print(f"{summary['done']}{of} {'models' if tuned else 'children'} done", soft_wrap=True)
        if (limit := summary["time_limit"]) is not None:
            left = summary["seconds_left"]
            what = "the time is up" if left == 0 else f"{duration(left)} are left"
            out.print(f"time: {duration(summary['seconds'])} of {duration(limit)}, {what}")
        out.print(f"data: {summary['source']}", soft_wrap=True)
        if isinstance(run, StoredRun):
            out.print(f"run directory: {run.path} on {run.host}", soft_wrap=True)
        out.print(f"controller: {summary['controller']}, seed {summary['seed']}")
        for state, count in summary["states"].items():
            out.print(f"  {state}: {count}")
        for name in ("imported", "reused"):
            out.print(f"  {name}: {summary[name]}")
        if best := summary["best"]:
            name = best["objective"] if tuned else reward_name(run.recorded)
            value = best["value" if tuned else "reward"]
            out.print(f"best: {name} {value:.4f}, trial {best['trial']}")
        out.print(summary["running"] or "not running", soft_wrap=True)
        if summary["running"]:
            return OK
        if not summary["over"]:
            out.print(
                f"to go on: {command('tune' if tuned else 'search', '--resume', run.path)}",
                soft_wrap=True,
            )
        else:
            out.print(f"next: {command('best', run.path)}", soft_wrap=True)
        return OK
