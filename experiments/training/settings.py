"""What a training from scratch is."""

import dataclasses

from nasnet.experiments.runs.run import Run, RunKind
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe, check_in_memory
from nasnet.stacking.recipes import RECIPES


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """Settings of a training from scratch.

    Args:
        data: as of `nasnet search`; where it is left out, what the cell's search was on, else auto.
        seed: of the weights, the order of the images and their augmentation.
        image_size: side in pixels to which images are brought; where it is left out, that of the
            cell's search.
        stack: the network's plan.
        recipe: the training.
        without_preprocessing: save the bare network, which takes values from -1 to 1; else it takes
            pixels from 0 to 255, and its first layer rescales them.
    """

    data: str | None = None
    seed: int = 0
    image_size: int | None = None
    stack: Stack = Stack(repeats=2, filters=8)
    recipe: Recipe = Recipe(epochs=20, batch_size=32, learning_rate=0.05)
    without_preprocessing: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, expected at least 0")
        check_in_memory(self.recipe.augmentation)


def with_recipe(name: str) -> TrainSettings:
    """The default settings with a published recipe.

    Raises:
        ValueError: no recipe has this name.
    """
    if name not in RECIPES:
        raise ValueError(f"recipe preset is {name!r}, expected one of: {', '.join(RECIPES)}")
    return TrainSettings(recipe=RECIPES[name])


TRAINING = RunKind(
    "nasnet-training",
    "training",
    "train",
    TrainSettings,
    # Where its images are now (that they are the same is checked by their content), and the form
    # of what is saved at the end.
    may_change=("data", "without_preprocessing"),
)
TrainRun = Run[TrainSettings]
