"""`nasnet transfer evaluate`: how good a trained network is on a validation set."""

import dataclasses
from pathlib import Path

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json
from nasnet.experiments.errors import OK


@dataclasses.dataclass(frozen=True)
class TransferEvaluateCommand(Command):
    """Print top-1, top-5 and loss of a training's network as one JSON document.

    Args:
        run_directory: that of nasnet transfer train or finetune.
        data: images, as for nasnet transfer train; the validation images are taken.
        checkpoint: the step of a checkpoint; where it is left out the finished network, or of a
            training that still runs the newest checkpoint.
        image_limit: at most so many images, for trials.
    """

    run_directory: tyro.conf.Positional[Path]
    data: str
    checkpoint: int | None = None
    image_limit: int | None = None

    def run(self) -> int:
        from nasnet.experiments.transfer.evaluation import evaluate

        print_json(evaluate(self.run_directory, self.data, self.checkpoint, self.image_limit))
        return OK
