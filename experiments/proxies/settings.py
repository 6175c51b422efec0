"""What a comparison of proxies is."""

import dataclasses

from nasnet.cells import CellSpace
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.runtime.checks import check_fields, check_seconds
from nasnet.search.shared.settings import SharedSettings, check_recipe
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class ProxySettings:
    """Settings of a comparison of proxies.

    Args:
        data: auto, mini-cifar10, shapes10, a .npz file, or a folder of class folders.
        cells: random cells, each trained alone and measured by every proxy.
        seed: of the cells and of everything else.
        workers: children at a time; 0 for one a core.
        timeout: seconds that one child may take.
        train_images: images that a child trains on, as far as there are so many; 0 for all.
        val_images: images that give its accuracy, likewise.
        image_size: side to which images of class folders are brought.
        blocks: blocks in a cell.
        short_images: training images of the short trainings, which have one epoch.
        repeat: whether every cell is trained alone a second time, from another seed: what a perfect
            proxy could reach. It doubles the cost.
        stack: the child's plan.
        recipe: the child's training.
        shared: how shared weights are trained; no controller samples them.
    """

    data: str = "auto"
    cells: int = 50
    seed: int = 0
    workers: int = 0
    timeout: float = 1200.0
    train_images: int = 2000
    val_images: int = 1000
    image_size: int | None = None
    blocks: int = 5
    short_images: int = 500
    repeat: bool = False
    stack: Stack = Stack(repeats=1, filters=8)
    recipe: Recipe = Recipe(epochs=2, batch_size=16, learning_rate=0.05, augmentation="flip")
    shared: SharedSettings = dataclasses.field(default_factory=SharedSettings)

    def __post_init__(self) -> None:
        check_fields(self, cells=3, seed=0, workers=0)
        check_fields(self, train_images=0, val_images=0, short_images=1)
        check_seconds(self.timeout)
        if self.shared.sampling not in ("fair", "uniform"):
            found = self.shared.sampling
            raise ValueError(f"shared.sampling is {found!r}, expected 'fair' or 'uniform'")
        check_recipe(self.recipe)
        self.space()

    def space(self) -> CellSpace:
        """What the cells are drawn from."""
        return CellSpace(self.blocks)


PROXIES = RunKind(
    "nasnet-proxies",
    "comparison of proxies",
    "proxies",
    ProxySettings,
    may_change=("cells", "workers", "timeout"),
)
ProxyRun = Run[ProxySettings]
