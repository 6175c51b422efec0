"""`nasnet tune`: the hyper-parameters of a Keras model of one's own."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from nasnet.experiments.commands.base import RunCommand
from nasnet.experiments.errors import OK
from nasnet.experiments.tuning.settings import TUNING, TuneRun, TuneSettings


@dataclasses.dataclass(frozen=True)
class TuneCommand(RunCommand):
    """Search the hyper-parameters of a Keras model of your own, written as for KerasTuner.

    Args:
        model: the function that builds the model, as file.py:NAME.
        settings: what to search.
        out: the run directory; a new one below runs/ where it is left out.
        resume: the run directory of a tuning to go on with. Only --trials, --minutes or --hours,
            --workers and --timeout may change, and where the model's file is.
        dry_run: print the hyper-parameters and the number of configurations; write nothing.
        json: print the result as one JSON document.
    """

    model: tyro.conf.Positional[str | None] = None
    settings: Annotated[TuneSettings, tyro.conf.arg(name="")] = TuneSettings()
    out: Path | None = None
    resume: Path | None = None
    dry_run: bool = False
    json: bool = False

    kind = TUNING
    prog = "nasnet tune"

    def run(self) -> int:
        if not self.dry_run:
            return super().run()
        from nasnet.experiments.console.lines import stdout
        from nasnet.experiments.tuning import exploring, report

        stdout().print(report.space_table(exploring.find_space(self._settings)))
        return OK

    def begin(self) -> TuneRun:
        from nasnet.experiments.tuning import driver

        return driver.begin(self._settings, self.out)

    def go_on(self, path: Path) -> TuneRun:
        from nasnet.experiments.tuning import driver

        return driver.reopen(path, self._settings)

    def work(self, run: TuneRun) -> bool:
        from nasnet.experiments.tuning import driver

        return driver.run_tuning(run)

    def report(self, run: TuneRun, result: bool | None) -> int:
        from nasnet.experiments.searching.cell_argument import read_trials
        from nasnet.experiments.tuning.report import print_tuning

        print_tuning(run, read_trials(run), as_json=self.json)
        return OK

    @property
    def _settings(self) -> TuneSettings:
        model = self.settings.model if self.model is None else self.model
        return dataclasses.replace(self.settings, model=model)
