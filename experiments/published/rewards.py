"""Which reward ranks cells best for its price: many cheap trainings against a long one.

Paper:    Zoph et al., https://arxiv.org/abs/1707.07012, section 3, whose children train for 20
          epochs; that shorter ones rank well enough is what every faster search since takes for
          granted
Command:  python -m nasnet.experiments.published.rewards --data mini_cifar10.npz --truth TRUTH
          where TRUTH is the run of
          nasnet reward-quality --data mini_cifar10.npz --cells 32 --seeds 2 --train-images 8000
          --val-images 2000 --recipe.epochs 8 --recipe.batch-size 32
Cost:     the truth some hours on 2 CPU cores, each reward some minutes
Expect:   see experiments/published/README.md, which quotes a run

Every reward is a `nasnet reward-quality` in a folder of its own; given again, the same command goes
on where it was. Settings are chosen on some cells (`--cells 16`) and reported on others (`--skip
16`).
"""

import dataclasses
import shlex
from pathlib import Path

from nasnet.experiments import cli
from nasnet.experiments.commands.base import Command
from nasnet.experiments.errors import INTERRUPTED, OK
from nasnet.experiments.runs.run import clear_unmade
from nasnet.experiments.runs.steps import run_nasnet
from nasnet.runtime.checks import check_known

PROGRAM = "python -m nasnet.experiments.published.rewards"
_OLD = "--train-images 1000 --recipe.batch-size 8 --recipe.learning-rate 0.05"
_SMALL = "--image-size 16 --val-images 2000"
# Flags by name. Images seen are what they cost: at 16 pixels four for one at 32.
REWARDS = {
    "old-default": f"{_OLD} --val-images 500",
    "more-validation": f"{_OLD} --val-images 2000",
    "batch-32": "--train-images 1000 --recipe.epochs 2 --recipe.batch-size 32 --val-images 2000",
    "rmsprop": (
        "--train-images 1000 --recipe.epochs 2 --recipe.batch-size 16 --recipe.optimizer rmsprop "
        "--recipe.learning-rate 0.002 --recipe.momentum 0 --recipe.rmsprop-decay 0.99 "
        "--recipe.rmsprop-epsilon 1e-6 --recipe.clip-norm 0 --val-images 2000"
    ),
    "16px-1000x4": f"{_SMALL} --train-images 1000 --recipe.epochs 4 --recipe.batch-size 16",
    "16px-2000x2": f"{_SMALL} --train-images 2000 --recipe.epochs 2 --recipe.batch-size 16",
    "16px-4000x1": f"{_SMALL} --train-images 4000 --recipe.epochs 1 --recipe.batch-size 16",
    "16px-2000x4-b32": f"{_SMALL} --train-images 2000 --recipe.epochs 4 --recipe.batch-size 32",
    "16px-2000x2-lr0.02": (
        f"{_SMALL} --train-images 2000 --recipe.epochs 2 --recipe.batch-size 16 "
        "--recipe.learning-rate 0.02"
    ),
    "16px-2000x2-lr0.1": (
        f"{_SMALL} --train-images 2000 --recipe.epochs 2 --recipe.batch-size 16 "
        "--recipe.learning-rate 0.1"
    ),
    "16px-2000x2-warm-up": (
        f"{_SMALL} --train-images 2000 --recipe.epochs 2 --recipe.batch-size 16 "
        "--recipe.learning-rate 0.1 --recipe.warmup-epochs 0.5"
    ),
    "16px-2000x2-batch-statistics": (
        f"{_SMALL} --train-images 2000 --recipe.epochs 2 --recipe.batch-size 16 --batch-statistics"
    ),
    "16px-2000x2-smoothing": (
        f"{_SMALL} --train-images 2000 --recipe.epochs 2 --recipe.batch-size 16 "
        "--recipe.label-smoothing 0.1"
    ),
    "16px-2000x2-average": (
        f"{_SMALL} --train-images 2000 --recipe.epochs 2 --recipe.batch-size 16 "
        "--recipe.ema-decay 0.95"
    ),
    "16px-8000x2": f"{_SMALL} --train-images 8000 --recipe.epochs 2 --recipe.batch-size 32",
    "16px-4000x4": f"{_SMALL} --train-images 4000 --recipe.epochs 4 --recipe.batch-size 32",
    "24px-2000x2": (
        "--image-size 24 --val-images 2000 --train-images 2000 --recipe.epochs 2 "
        "--recipe.batch-size 16"
    ),
    "16px-F4-4000x2": (
        f"{_SMALL} --stack.filters 4 --train-images 4000 --recipe.epochs 2 --recipe.batch-size 16"
    ),
    "parameters": "--evaluator parameters --seeds 1",
    "mult-adds": "--evaluator mult_adds --seeds 1",
    "synflow": "--evaluator synflow",
    "naswot": "--evaluator naswot",
    "jacob-cov": "--evaluator jacob_cov",
}


@dataclasses.dataclass(frozen=True)
class Rewards(Command):
    """Measure many rewards on the same cells, and compare them by rank and by price.

    Args:
        truth: what they should rank as, as for `nasnet reward-quality`.
        data: images; those of the truth.
        only: names of some of them; all of them where it is left out.
        cells: how many are measured.
        skip: cells that are passed over first.
        seeds: measurements of each cell.
        workers: children at a time; 0 for one a core.
        out: the folder; given again, the command goes on.
    """

    truth: str
    data: str = "mini-cifar10"
    only: tuple[str, ...] = ()
    cells: int = 16
    skip: int = 0
    seeds: int = 3
    workers: int = 0
    out: Path = Path("runs/rewards")

    def run(self) -> int:
        for name in self.only:
            check_known("reward", name, REWARDS)
        folders = []
        for name in self.only or REWARDS:
            folder = self.out / name
            clear_unmade(folder)
            words = ["--resume", str(folder)] if folder.exists() else self._new(name, folder)
            if (code := run_nasnet(["reward-quality", *words])) != OK:
                return code if code != INTERRUPTED else self._stopped()
            folders.append(str(folder))
        figure = ["--figure", str(self.out / "rewards.png")]
        return run_nasnet(["reward-quality", *folders, "--truth", self.truth, *figure])

    def _new(self, name: str, folder: Path) -> list[str]:
        common = {
            "--data": self.data,
            "--truth": self.truth,
            "--cells": self.cells,
            "--skip": self.skip,
            "--seeds": self.seeds,
            "--workers": self.workers,
            "--out": folder,
        }
        flags = [str(word) for pair in common.items() for word in pair]
        own = shlex.split(REWARDS[name])
        return [*flags, *own]

    def _stopped(self) -> int:
        print(f"go on with the same command: {PROGRAM} ...")
        return INTERRUPTED


if __name__ == "__main__":
    cli.script(Rewards, PROGRAM)
