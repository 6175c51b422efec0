"""How a supernet is trained before, or while, it is searched. No TensorFlow."""

import dataclasses
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

from nasnet.cells import MacroSpace, SearchSpace
from nasnet.runtime.checks import check_known, check_least
from nasnet.stacking.recipe import Recipe

Sampling = Literal["fair", "uniform", "controller", "gumbel"]
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
# The same for macro networks; the penalty is on the chance that skip connections are sampled with.
ENAS_MACRO_POLICY: Mapping[str, float] = MappingProxyType(
    {
        "learning_rate": 1e-3,
        "entropy_weight": 1e-4,
        "baseline_decay": 0.99,
        "minibatch": 20,
        "tanh_constant": 1.5,
        "skip_weight": 0.8,
        "skip_target": 0.4,
    }
)


def enas_policy(space: SearchSpace[Any]) -> Mapping[str, float]:
    """The settings of ENAS' controller for a space."""
    return ENAS_MACRO_POLICY if isinstance(space, MacroSpace) else ENAS_POLICY


@dataclasses.dataclass(frozen=True, slots=True)
class GumbelSettings:
    """Settings of a search by gradients of the choices (`nasnet.search.shared.gumbel`).

    Args:
        warmup: the share of the training in which all paths are equally likely and the logits stay
            at 0.
        learning_rate: of the logits, by Adam. The paper's 3e-4 is for twenty times as many steps.
        weight_decay: of the logits, added to their gradient.
        first_temperature: of the Gumbel softmax behind the warm-up.
        last_temperature: at the end; between the two it falls along a line.
        most_identities: where the mean probability of operations without an effect (identity,
            skip_connect, none) is above this, the logits go back to where they were an epoch
            before, and stay there. 1 for no such stop.
        beta_decay: weight of the mean logsumexp of each decision's logits, which grows along a line
            from 0 to this; 50 in the paper, 0 for none
            (https://arxiv.org/abs/2203.01665).

    Raises:
        ValueError: a setting is out of range.
    """

    warmup: float = 0.3
    learning_rate: float = 0.01
    weight_decay: float = 1e-3
    first_temperature: float = 10.0
    last_temperature: float = 0.1
    most_identities: float = 0.7
    beta_decay: float = 0.0

    def __post_init__(self) -> None:
        for name in ("learning_rate", "first_temperature", "last_temperature"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"shared.gumbel.{name} is {getattr(self, name)}, expected above 0")
        for name in ("weight_decay", "beta_decay"):
            check_least(0, **{f"shared.gumbel.{name}": getattr(self, name)})
        for name in ("warmup", "most_identities"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"shared.gumbel.{name} is {getattr(self, name)}, expected 0 to 1")

    def temperature_at(self, progress: float) -> float:
        """The temperature after a share `progress` of the training, `warmup` to 1."""
        share = min(1.0, max(0.0, (progress - self.warmup) / max(1 - self.warmup, 1e-9)))
        return self.first_temperature + share * (self.last_temperature - self.first_temperature)


@dataclasses.dataclass(frozen=True, slots=True)
class SharedSettings:
    """Settings of shared weights; the rest of their training is the child's recipe.

    They are those that published supernets agree on. Each update is one path's.

    Args:
        updates: of each operation in each place, on average: as many times the number of operations
            in all.
        least_updates: fewer are refused, for they rank nothing.
        margin: how far the mean loss of the last epoch must be below that of chance, as a share of
            it; with less nothing is ranked either.
        epochs: equal parts of the training; behind each it is saved, and a controller that samples
            learns.
        batch_size: images of an update.
        parts: of a batch, each with batch statistics of its own, computed at the same time by as
            many processes.
        learning_rate: at the first update; a single-period cosine takes it to 0.
        weight_decay: as the recipe's, in place of it; of the weights that an update is about.
        clip_norm: longest gradient of a child, weight decay included; 0 for no limit.
        affine: whether batch normalizations in cells have a scale and an offset that are trained.
        sampling: which children train: "fair" ones, of which any as many in a row as there are
            operations have each of them in every place once (FairNAS, strict); "uniform" ones;
            those that the controller proposes, which learns from the rewards of others after each
            epoch (ENAS); or "gumbel": those that logits draw, which gradients teach on validation
            images (GDAS). These then propose the cells that are scored, in place of the controller.
        controller_children: children that the controller learns from after each epoch, where it
            samples; 300 in ENAS.
        reward_images: validation images, drawn for each reward, that the controller learns from
            while the weights are trained.
        gumbel: settings of that sampling.

    Raises:
        ValueError: a setting is out of range.
    """

    updates: int = 1000
    least_updates: int = 1000
    margin: float = 0.1
    epochs: int = 20
    batch_size: int = 64
    parts: int = 2
    learning_rate: float = 0.05
    weight_decay: float = 2.5e-4
    clip_norm: float = 5.0
    affine: bool = False
    sampling: Sampling = "fair"
    controller_children: int = 50
    reward_images: int = 100
    gumbel: GumbelSettings = GumbelSettings()

    def __post_init__(self) -> None:
        least = {"updates": 1, "least_updates": 1, "epochs": 1, "batch_size": 2, "parts": 1}
        for name, lowest in {**least, "controller_children": 0, "reward_images": 1}.items():
            check_least(lowest, **{f"shared.{name}": getattr(self, name)})
        if self.updates < self.least_updates:
            raise ValueError(
                f"shared.updates is {self.updates}, expected at least shared.least_updates, "
                f"{self.least_updates}: fewer rank nothing"
            )
        if not self.margin < 1:
            raise ValueError(f"shared.margin is {self.margin}, expected below 1")
        if self.batch_size < 2 * self.parts:
            raise ValueError(
                f"shared.batch_size is {self.batch_size} in {self.parts} parts, expected at least "
                "two images in each"
            )
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"shared.learning_rate is {self.learning_rate}, expected above 0")
        for name in ("clip_norm", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"shared.{name} is {getattr(self, name)}, expected at least 0")
        check_known("shared.sampling", self.sampling, get_args(Sampling))

    @staticmethod
    def upgraded(data: dict[str, Any]) -> dict[str, Any]:
        """JSON values of version 0.1 as of today: it trained several children an update."""
        return {key: value for key, value in data.items() if key != "children"}

    def learning_rate_at(self, progress: float) -> float:
        """The learning rate after a share `progress` of all updates, 0 to 1."""
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * progress))


def check_recipe(recipe: Recipe) -> None:
    """Raises ValueError if `recipe` asks for what shared weights do not have."""
    for name, wanted in (("optimizer", "momentum"), ("aux_weight", 0.0), ("ema_decay", 0.0)):
        if getattr(recipe, name) != wanted:
            found = getattr(recipe, name)
            raise ValueError(f"recipe.{name} is {found!r} with shared weights, expected {wanted!r}")
