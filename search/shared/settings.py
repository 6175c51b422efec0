"""How a supernet is trained before, or while, a controller searches it. No TensorFlow."""

import dataclasses
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from nasnet.runtime.checks import check_known, check_least
from nasnet.stacking.recipe import Recipe

Sampling = Literal["controller", "fair", "uniform"]
# ENAS's controller for cells, as its authors' script sets it (github.com/melodyguan/enas).
ENAS_POLICY: Mapping[str, float] = MappingProxyType(
    {
        "learning_rate": 3.5e-3,
        "entropy_weight": 1e-4,
        "baseline_decay": 0.99,
        "minibatch": 10,
        "tanh_constant": 1.1,
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class SharedSettings:
    """Settings of shared weights; the rest of their training is the child's recipe.

    Random cells differ several times over in the size of their features, so that without a limit
    for each child the largest of them would drive the weights that all share.

    Args:
        epochs: passes over the training images.
        batch_size: images that a child sees in a step.
        learning_rate: at the first step; a single-period cosine takes it to 0.
        clip_norm: longest gradient of one child, weight decay included; 0 for no limit.
        sampling: which children train: those that the controller proposes, which learns from the
            rewards of others after each epoch (ENAS); "fair" ones, of which any as many as there
            are operations have each of them in every place once (FairNAS); or "uniform".
        children: children a step, each on images of its own; their mean gradient is one update.
        controller_children: children that the controller learns from after each epoch, where it
            samples; 300 in ENAS.
        reward_images: validation images, drawn for each reward, that the controller learns from
            while the weights are trained.

    Raises:
        ValueError: a setting is out of range.
    """

    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 0.05
    clip_norm: float = 1.0
    sampling: Sampling = "controller"
    children: int = 2
    controller_children: int = 50
    reward_images: int = 100

    def __post_init__(self) -> None:
        least = {"epochs": 1, "batch_size": 2, "children": 1}
        for name, lowest in {**least, "controller_children": 0, "reward_images": 1}.items():
            check_least(lowest, **{f"shared.{name}": getattr(self, name)})
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"shared.learning_rate is {self.learning_rate}, expected above 0")
        if not 0 <= self.clip_norm < math.inf:
            raise ValueError(f"shared.clip_norm is {self.clip_norm}, expected at least 0")
        check_known("shared.sampling", self.sampling, get_args(Sampling))

    def learning_rate_at(self, progress: float) -> float:
        """The learning rate after a share `progress` of all steps, 0 to 1."""
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * progress))


def check_recipe(recipe: Recipe) -> None:
    """Raises ValueError if `recipe` asks for what shared weights do not have."""
    for name, wanted in (("optimizer", "momentum"), ("aux_weight", 0.0), ("ema_decay", 0.0)):
        if getattr(recipe, name) != wanted:
            found = getattr(recipe, name)
            raise ValueError(f"recipe.{name} is {found!r} with shared weights, expected {wanted!r}")
