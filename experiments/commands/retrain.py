"""`nasnet retrain`: the best model of a tuning, trained on all of its data."""

import dataclasses
from pathlib import Path

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json, stdout
from nasnet.experiments.errors import OK
from nasnet.experiments.tuning.settings import TUNING


@dataclasses.dataclass(frozen=True)
class RetrainCommand(Command):
    """Train the best model of a tuning anew, on training and validation data together.

    Args:
        run_directory: of the tuning.
        trial: the number of the trial; the best one where it is left out.
        epochs: of the training; as many as the trial took to its best where they are left out.
        json: print the result as one JSON document.
    """

    run_directory: tyro.conf.Positional[Path]
    trial: int | None = None
    epochs: int | None = None
    json: bool = False

    def run(self) -> int:
        run = TUNING.open(self.run_directory)
        from nasnet.experiments.tuning import models

        _, result = models.retrain(run, self.trial, self.epochs)
        if self.json:
            print_json(result)
            return OK
        out = stdout()
        reached = [f"{name} {result[name]:.4f}" for name in result if name.startswith("test_")]
        trained = f"{result['epochs']} epochs on {result['examples']:,} examples"
        found = ", ".join(reached) or "there are no test data"
        out.print(f"trial {result['trial']}, {trained}: {found}", soft_wrap=True)
        out.print(f"the model is {run.path / models.RETRAINED}", soft_wrap=True)
        return OK
