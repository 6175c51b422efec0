"""`nasnet store copy`: the record of a search in another place."""

import dataclasses
from pathlib import Path

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.errors import OK, NotFoundError


@dataclasses.dataclass(frozen=True)
class StoreCopyCommand(Command):
    """Copy the record of a search into a file, or into a database.

    All of it is copied, the controller's state too. The search itself goes on from where it was.

    Args:
        source: a run directory, its nasnet.db, or postgresql://HOST/DATABASE#SEARCH.
        target: a new file, or a new search in a database.
    """

    source: tyro.conf.Positional[str]
    target: tyro.conf.Positional[str]

    def run(self) -> int:
        from nasnet.experiments.console.lines import say
        from nasnet.experiments.searching.stored import keep_config, open_search, record_place
        from nasnet.search.stores import TrialStore
        from nasnet.search.stores.address import is_url

        place: Path | str = self.source
        run = None
        if is_url(self.source) or Path(self.source).is_dir():
            run = open_search(self.source)
            place = self.source if is_url(self.source) else record_place(run)
        elif not Path(self.source).is_file():
            raise NotFoundError(f"source {self.source} is missing, expected a run or its nasnet.db")
        if not is_url(self.target) and Path(self.target).exists():
            raise ValueError(f"target {self.target} is there already, expected a new file")
        target = self.target if is_url(self.target) else Path(self.target)
        with (
            TrialStore(place, create=False) as source,
            TrialStore(target, exclusive=True) as copy,
        ):
            if copy.trials():
                raise ValueError(f"target {target} holds a search already, expected a new name")
            trials = source.trials()
            copy.save(trials, source.controller_state())
            copy.keep_seconds(source.seconds())
            if run is not None:
                keep_config(run, copy)
        say(f"{len(trials)} trials copied to {target}")
        return OK
