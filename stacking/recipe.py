"""How a network is trained: one value for a search's proxy task, another for the final run."""

import dataclasses
import math
from typing import Literal, get_args

Augmentation = Literal["none", "flip", "crop-flip"]


class Diverged(ArithmeticError):
    """The training loss stopped being a finite number."""


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """Momentum SGD with a single-period cosine (https://arxiv.org/abs/1707.07012, appendix A.6).

    Args:
        epochs: passes over the training images.
        batch_size: images a step; images that do not fill a last batch wait for the next epoch.
        learning_rate: at the first step; it falls to 0 along a cosine.
        momentum: of the gradient's running sum.
        weight_decay: factor of half the sum of squared kernels that is added to the loss.
        clip_norm: longest gradient, in the Euclidean norm of all of it; 0 for no limit.
        label_smoothing: share of the label that is spread over all classes.
        augmentation: "crop-flip" pads by an eighth of the side, crops at random and flips.
        batch_norm_momentum: of the running statistics; short trainings need a small one.
        batch_norm_epsilon: added to the variance.

    Raises:
        ValueError: a number is out of its range.
    """

    epochs: int = 1
    batch_size: int = 32
    learning_rate: float = 0.025
    momentum: float = 0.9
    weight_decay: float = 5e-4
    clip_norm: float = 5.0
    label_smoothing: float = 0.0
    augmentation: Augmentation = "crop-flip"
    batch_norm_momentum: float = 0.9
    batch_norm_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        for name, lowest in (("epochs", 1), ("batch_size", 2)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least {lowest}")
        for name, highest in (
            ("learning_rate", math.inf),
            ("weight_decay", math.inf),
            ("clip_norm", math.inf),
            ("momentum", 1.0),
            ("label_smoothing", 1.0),
            ("batch_norm_momentum", 1.0),
        ):
            value = getattr(self, name)
            if not 0 <= value < highest:
                below = "" if highest == math.inf else f" and below {highest:g}"
                raise ValueError(f"{name} is {value}, expected at least 0{below}")
        if self.augmentation not in get_args(Augmentation):
            known = ", ".join(get_args(Augmentation))
            raise ValueError(f"augmentation is {self.augmentation!r}, expected one of: {known}")
        if not self.batch_norm_epsilon > 0:
            raise ValueError(f"batch_norm_epsilon is {self.batch_norm_epsilon}, expected above 0")

    def learning_rate_at(self, progress: float) -> float:
        """The learning rate after a share `progress` of all steps, 0 to 1."""
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * progress))
