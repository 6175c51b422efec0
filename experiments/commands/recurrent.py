"""`nasnet recurrent`: recurrent cells for language models."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.errors import OK
from nasnet.experiments.recurrent.settings import RECURRENT, RecurrentRun, RecurrentSettings


@dataclasses.dataclass(frozen=True)
class RecurrentCommand(RunCommand):
    """Search recurrent cells for language models of a text, as ENAS does.

    Args:
        settings: what to search.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a search to go on with. Only --seeds, --random and --references
            may change, and where the text is.
        dry_run: print the settings and the size of the space; write nothing.
        json: print the result as one JSON document.
    """

    settings: Annotated[RecurrentSettings, tyro.conf.arg(name="")] = RecurrentSettings()
    out: Path | None = None
    resume: Path | None = None
    dry_run: bool = False
    json: bool = False

    kind = RECURRENT
    prog = "nasnet recurrent"

    def run(self) -> int:
        if not self.dry_run:
            return super().run()
        space = self.settings.search_space()
        plan = {
            "settings": dataclasses.asdict(self.settings),
            "decisions": len(space.decisions),
            "cells": space.size(),
            "entropy_nats": space.entropy(),
        }
        print(json.dumps(plan, indent=2))
        return OK

    def begin(self) -> RecurrentRun:
        from nasnet.experiments.recurrent import driver

        return driver.begin(self.settings, self.out)

    def go_on(self, path: Path) -> RecurrentRun:
        from nasnet.experiments.recurrent import driver

        return driver.reopen(path, self.settings)

    def work(self, run: RecurrentRun) -> bool:
        from nasnet.experiments.recurrent import driver

        return driver.run_all(run)

    def report(self, run: RecurrentRun, result: bool | None) -> int:
        from nasnet.experiments.recurrent.report import print_results

        print_results(run, as_json=self.json)
        return OK

    def saved(self, run: RecurrentRun) -> str:
        return "rounds and trainings that have ended are saved"
