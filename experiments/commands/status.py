"""`nasnet status`: where a search stands, finished or not."""

import dataclasses

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import command, duration, print_json, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.searching.cell_argument import read_trials
from nasnet.experiments.searching.report import reward_name, search_summary
from nasnet.experiments.searching.stored import StoredRun, open_search


@dataclasses.dataclass(frozen=True)
class StatusCommand(Command):
    """Say where a search stands; it may be running, stopped or finished.

    Args:
        search: its run directory or postgresql://HOST/DATABASE#SEARCH.
        json: print one JSON document.
    """

    search: tyro.conf.Positional[str]
    json: bool = False

    def run(self) -> int:
        run = open_search(self.search)
        summary = search_summary(run, read_trials(run))
        if self.json:
            print_json(summary)
            return OK
        out = stdout()
        of = "" if summary["trials"] is None else f" of {summary['trials']}"
        out.print(f"{summary['done']}{of} children done", soft_wrap=True)
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
            worth = reward_name(run.recorded)
            out.print(f"best: {worth} {best['reward']:.4f}, trial {best['trial']}")
        if not summary["over"]:
            out.print(f"to go on: {command('search', '--resume', run.path)}", soft_wrap=True)
        else:
            out.print(f"next: {command('best', run.path)}", soft_wrap=True)
        return OK
