"""What a measurement of a reward is."""

import dataclasses
from pathlib import Path

from nasnet.cells import COMBINES, NASNET_OPERATIONS, OPERATIONS, CellSpace
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.experiments.searching.bounds import TRAIN_IMAGES, VAL_IMAGES
from nasnet.experiments.searching.settings import SearchSettings, absolute_cell
from nasnet.runtime.checks import check_fields, check_seconds
from nasnet.runtime.loading import absolute
from nasnet.search.evaluators import find_evaluator
from nasnet.search.shared.settings import SharedSettings, check_recipe
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe, check_in_memory


@dataclasses.dataclass(frozen=True)
class RewardSettings:
    """Settings of a measurement. What makes the reward has the names that a search has for it.

    Args:
        data: auto, mini-cifar10, shapes10, a .npz file, a folder of class folders, or file.py:NAME.
        cells: how many are measured: those of start_from, then random ones; of the truth, where one
            is given, as many as it has at most.
        skip: cells that are passed over first, such as those that settings were chosen on.
        seeds: measurements of each cell.
        start_from: names of the zoo and genotype files, which are measured beside random cells.
        truth: what the reward should rank as: the run of another measurement, or its cells.csv. Its
            cells are measured then.
        evaluator: as in a search: child, shared, synflow, parameters, ..., or FILE.py:NAME.
        seed: of the random cells and of everything else.
        workers: children at a time; 0 for one a core.
        timeout: seconds that one measurement may take.
        train_images: images that a child trains on, as far as there are so many; 0 for all.
        val_images: images that give its reward, likewise.
        batch_statistics: whether batch normalization takes the statistics of these.
        image_size: side to which images are brought.
        blocks: blocks in a cell.
        operations: what a block may do to a state; or file.py:NAME.
        combines: how a block may combine its two results.
        stack: the child's plan.
        recipe: the child's training.
        shared: how shared weights are trained; no controller samples them.
    """

    data: str = "auto"
    cells: int = 24
    skip: int = 0
    seeds: int = 3
    start_from: tuple[str, ...] = ()
    truth: str | None = None
    evaluator: str = "child"
    seed: int = 0
    workers: int = 0
    timeout: float = 3600.0
    train_images: int = TRAIN_IMAGES
    val_images: int = VAL_IMAGES
    batch_statistics: bool = SearchSettings.batch_statistics
    image_size: int | None = None
    blocks: int = SearchSettings.blocks
    operations: tuple[str, ...] = NASNET_OPERATIONS
    combines: tuple[str, ...] = COMBINES
    stack: Stack = SearchSettings.stack
    recipe: Recipe = SearchSettings.recipe
    shared: SharedSettings = dataclasses.field(
        default_factory=lambda: SharedSettings(sampling="fair")
    )

    def __post_init__(self) -> None:
        check_fields(self, cells=2, skip=0, seeds=1, seed=0, workers=0)
        check_fields(self, train_images=0, val_images=0)
        if self.image_size is not None:
            check_fields(self, image_size=8)
        check_seconds(self.timeout)
        check_in_memory(self.recipe.augmentation)
        object.__setattr__(self, "operations", tuple(map(absolute, self.operations)))
        object.__setattr__(self, "evaluator", absolute(self.evaluator))
        object.__setattr__(self, "start_from", tuple(map(absolute_cell, self.start_from)))
        if self.truth is not None:
            object.__setattr__(self, "truth", str(Path(self.truth).absolute()))
        if self.truth is not None and self.start_from:
            raise ValueError(
                f"start_from is {' '.join(self.start_from)!r} beside a truth, expected its cells"
            )
        if find_evaluator(self.evaluator).shares_weights:
            check_recipe(self.recipe)
            if self.shared.sampling not in ("fair", "uniform"):
                found = self.shared.sampling
                raise ValueError(f"shared.sampling is {found!r}, expected 'fair' or 'uniform'")
        self.search_space()

    def search_space(self) -> CellSpace:
        """What the cells are drawn from."""
        return CellSpace(self.blocks, OPERATIONS.expand(self.operations), self.combines)


REWARD = RunKind(
    "nasnet-reward",
    "measurement of a reward",
    "reward",
    RewardSettings,
    may_change=("seeds", "workers", "timeout"),
)
RewardRun = Run[RewardSettings]
