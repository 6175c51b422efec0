"""`nasnet search`: finds cells on small images."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.errors import OK, FailedError
from nasnet.experiments.searching.settings import SEARCH, SearchRun, SearchSettings
from nasnet.experiments.searching.starting import starting_trials


@dataclasses.dataclass(frozen=True)
class SearchCommand(RunCommand):
    """Search Normal and Reduction cells on small images.

    Args:
        settings: what to search.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a search to go on with. Only --trials, --minutes or --hours,
            --workers and --timeout may change. Time, too, is given in all: the sessions before
            count.
        dry_run: print the settings, the size of the space and the cost of a child; write nothing.
        json: print the result as one JSON document.
    """

    settings: Annotated[SearchSettings, tyro.conf.arg(name="")] = SearchSettings()
    out: Path | None = None
    resume: Path | None = None
    dry_run: bool = False
    json: bool = False

    kind = SEARCH
    prog = "nasnet search"

    def run(self) -> int:
        if self.dry_run:
            print(json.dumps(_plan(self.settings), indent=2))
            return OK
        return super().run()

    def begin(self) -> SearchRun:
        from nasnet.experiments.searching import driver

        return driver.begin(self.settings, self.out)

    def work(self, run: SearchRun) -> bool:
        from nasnet.experiments.searching import driver

        return driver.run_search(run)

    def report(self, run: SearchRun, result: bool | None) -> int:
        from nasnet.experiments.searching.cell_argument import read_trials
        from nasnet.experiments.searching.report import print_search

        trials = read_trials(run)
        print_search(run, trials, as_json=self.json)
        failed = [trial for trial in trials if trial.failed]
        if result and failed and len(failed) == sum(trial.done for trial in trials):
            first = failed[0]
            raise FailedError(
                f"all {len(failed)} children failed, the first one so: {first.error or first.state}"
            )
        return OK


def _plan(settings: SearchSettings) -> dict[str, Any]:
    """What a search would do."""
    space = settings.search_space()
    known = starting_trials(settings)
    return {
        "settings": dataclasses.asdict(settings),
        "decisions": len(space.decisions),
        "genotypes": space.size(),
        "entropy_nats": space.entropy(),
        "start_from": [{"cell": t.origin, "key": t.key, "reward": t.reward} for t in known],
    }
