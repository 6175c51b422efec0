"""What a table of our own is."""

import dataclasses

from nasnet.experiments.runs.run import Run, RunKind
from nasnet.runtime.checks import check_fields, check_seconds
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class BenchTableSettings:
    """Settings of a table.

    Args:
        data: shapes10, mini-cifar10, a .npz file, or a folder of class folders.
        cells: networks in all, in the order of the space; 0 for all of it.
        seed: of the images drawn, and of each training.
        workers: children at a time; 0 for one a core.
        timeout: seconds that one child may take.
        train_images: images that a child trains on, as far as there are so many; 0 for all.
        stack: the child's plan.
        recipe: the child's training.
    """

    data: str = "shapes10"
    cells: int = 0
    seed: int = 0
    workers: int = 0
    timeout: float = 600.0
    train_images: int = 2000
    stack: Stack = Stack(repeats=1, filters=4)
    recipe: Recipe = Recipe(batch_size=16, learning_rate=0.05, augmentation="none")

    def __post_init__(self) -> None:
        check_fields(self, cells=0, seed=0, workers=0, train_images=0)
        check_seconds(self.timeout)


BENCH_TABLE = RunKind(
    "nasnet-bench-table",
    "bench table",
    "bench-table",
    BenchTableSettings,
    may_change=("workers", "timeout", "cells"),
)
BenchTableRun = Run[BenchTableSettings]
