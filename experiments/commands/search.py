"""`nasnet search`: finds cells on small images."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.experiments.searching.settings import SearchSettings


@dataclasses.dataclass(frozen=True)
class SearchCommand:
    """Search Normal and Reduction cells on small images.

    Args:
        settings: what to search.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a search to go on with. Only --trials, --workers and --timeout
            may change.
        dry_run: print the settings, the size of the space and the cost of a child; write nothing.
        json: print the result as one JSON document.
    """

    settings: Annotated[SearchSettings, tyro.conf.arg(name="")] = SearchSettings()
    out: Path | None = None
    resume: Path | None = None
    dry_run: bool = False
    json: bool = False

    def run(self) -> int:
        if self.dry_run:
            print(json.dumps(_plan(self.settings), indent=2))
            return OK
        from nasnet.experiments.console.reporting import print_search
        from nasnet.experiments.networks.cell_argument import read_trials
        from nasnet.experiments.searching import driver

        if self.resume is None:
            run = driver.begin(self.settings, self.out)
        elif self.out is None:
            run = driver.reopen(self.resume, self.settings)
        else:
            raise ValueError(f"out is {self.out} beside --resume, expected one of the two")
        try:
            complete = driver.run_search(run, self.settings)
        except KeyboardInterrupt:
            complete = False
        trials = read_trials(run)
        print_search(run, trials, as_json=self.json)
        if complete:
            return OK
        done = sum(trial.done for trial in trials)
        print(
            f"stopped with {done} of {self.settings.trials} children done; all of it is saved, "
            f"go on with: nasnet search --resume {run.path}",
            file=sys.stderr,
        )
        return INTERRUPTED


def _plan(settings: SearchSettings) -> dict[str, Any]:
    """What a search would do."""
    space = settings.search_space()
    return {
        "settings": dataclasses.asdict(settings),
        "decisions": len(space.decisions),
        "genotypes": space.size(),
        "entropy_nats": space.entropy(),
    }
