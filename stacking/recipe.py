"""How a network is trained: one value for a search's proxy task, another for the final run."""

import dataclasses
import math
from typing import Any, Literal, get_args

from nasnet.runtime.checks import check_fields, check_known

Augmentation = Literal["none", "flip", "crop-flip", "inception"]
DropPathMode = Literal["depth-and-time", "depth", "time", "constant"]
Optimizer = Literal["momentum", "rmsprop"]
Schedule = Literal["cosine", "exponential", "constant"]

_CHOICES = {
    "augmentation": Augmentation,
    "optimizer": Optimizer,
    "schedule": Schedule,
    "drop_path_schedule": DropPathMode,
}
# A field that is read only where another one has this value.
_READ_WITH = {
    "nesterov": ("optimizer", "momentum"),
    "rmsprop_decay": ("optimizer", "rmsprop"),
    "rmsprop_epsilon": ("optimizer", "rmsprop"),
    "decay_rate": ("schedule", "exponential"),
    "decay_epochs": ("schedule", "exponential"),
}


IN_MEMORY: tuple[Augmentation, ...] = ("none", "flip", "crop-flip")


class Diverged(ArithmeticError):
    """The training loss stopped being a finite number."""


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; as it stands, momentum SGD with a single-period cosine.

    Zoph et al., https://arxiv.org/abs/1707.07012, appendix A; the published recipes are in
    `nasnet.stacking.recipes`.

    Args:
        epochs: passes over the training images.
        batch_size: images a step; images that do not fill a last batch wait for the next epoch.
        learning_rate: at the first step behind the warm-up.
        momentum: of the gradient's running sum.
        weight_decay: factor of half the sum of squared kernels that is added to the loss, as in the
            reference code; the `L2` of Keras has no half.
        clip_norm: longest gradient, in the Euclidean norm of all of it; 0 for no limit.
        label_smoothing: share of the label that is spread over all classes.
        augmentation: "crop-flip" pads by an eighth of the side, crops at random and flips;
            "inception" crops in random sizes and shapes, flips and distorts colours, which images
            in files have alone (`transfer`).
        batch_norm_momentum: of the running statistics; short trainings need a small one.
        batch_norm_epsilon: added to the variance.
        optimizer: "momentum" is SGD; "rmsprop" divides the gradient by its running size first.
        nesterov: whether momentum SGD looks one step ahead.
        rmsprop_decay: of RMSProp's running mean of squared gradients, which starts at 0.
        rmsprop_epsilon: added to that mean below the root.
        schedule: of the learning rate: one "cosine" down to 0; "exponential", which is multiplied
            by `decay_rate` every `decay_epochs`; or "constant".
        decay_rate: factor of the exponential schedule.
        decay_epochs: epochs from step to step of the exponential schedule.
        warmup_epochs: epochs in which the learning rate rises from 0 along a line first; the
            schedule counts from the beginning all the same.
        drop_path_keep: probability that an operation is kept, in the last cell at the end of
            training; 1 for no drop path.
        drop_path_schedule: whether dropping grows with the cell's depth, with time, both
            (ScheduledDropPath) or neither.
        dropout_keep: share of the features before the classifier that is kept; 1 for no dropout.
        aux_weight: of the auxiliary classifier's loss; 0 for no auxiliary classifier.
        cutout: side in pixels of the square that is blanked in each image; 0 for none.
        ema_decay: of the moving average of weights and running statistics that is evaluated and
            saved in place of the last ones; 0 for none. Early averages are shorter.

    Raises:
        ValueError: a number is out of its range, or a field is set that another one makes idle.
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
    optimizer: Optimizer = "momentum"
    nesterov: bool = False
    rmsprop_decay: float = 0.9
    rmsprop_epsilon: float = 1.0
    schedule: Schedule = "cosine"
    decay_rate: float = 0.97
    decay_epochs: float = 2.4
    warmup_epochs: float = 0.0
    drop_path_keep: float = 1.0
    drop_path_schedule: DropPathMode = "depth-and-time"
    dropout_keep: float = 1.0
    aux_weight: float = 0.0
    cutout: int = 0
    ema_decay: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, epochs=1, batch_size=2, cutout=0)
        for name, highest in (
            ("learning_rate", math.inf),
            ("weight_decay", math.inf),
            ("clip_norm", math.inf),
            ("warmup_epochs", math.inf),
            ("aux_weight", math.inf),
            ("momentum", 1.0),
            ("label_smoothing", 1.0),
            ("batch_norm_momentum", 1.0),
            ("rmsprop_decay", 1.0),
            ("ema_decay", 1.0),
        ):
            value = getattr(self, name)
            if not 0 <= value < highest:
                below = "" if highest == math.inf else f" and below {highest:g}"
                raise ValueError(f"{name} is {value}, expected at least 0{below}")
        for name in ("decay_rate", "drop_path_keep", "dropout_keep"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected above 0 and at most 1")
        for name in ("batch_norm_epsilon", "rmsprop_epsilon", "decay_epochs"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}, expected above 0")
        for name, choices in _CHOICES.items():
            check_known(name, getattr(self, name), get_args(choices))
        self._check_idle_fields()

    def _check_idle_fields(self) -> None:
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        for name, (other, needed) in _READ_WITH.items():
            if getattr(self, name) != defaults[name] and getattr(self, other) != needed:
                raise ValueError(
                    f"{name} is {getattr(self, name)} where {other} is {getattr(self, other)!r}, "
                    f"expected it with {needed!r} alone"
                )
        if self.drop_path_schedule != defaults["drop_path_schedule"] and self.drop_path_keep == 1:
            raise ValueError(
                f"drop_path_schedule is {self.drop_path_schedule!r} where drop_path_keep is 1, "
                "expected a drop_path_keep below 1"
            )

    def learning_rate_at(self, progress: float) -> float:
        """The learning rate after a share `progress` of all steps, 0 to 1."""
        epoch = progress * self.epochs
        if epoch < self.warmup_epochs:
            return self.learning_rate * epoch / self.warmup_epochs
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule == "exponential":
            # A step that falls on the edge must not come a step late because of rounding.
            return self.learning_rate * self.decay_rate ** int(epoch / self.decay_epochs + 1e-9)
        return 0.5 * self.learning_rate * (1 + math.cos(math.pi * progress))

    def ema_decay_at(self, step: int) -> float:
        """The decay of the moving average at step `step`, from 0.

        TensorFlow's `ExponentialMovingAverage` has the same rule where it is told the step. Without
        it, the average of a short training would be its random beginning.
        """
        return min(self.ema_decay, (1 + step) / (10 + step))

    def path_keep_at(self, depth: float, progress: Any) -> Any:
        """The probability that drop path keeps an operation's output.

        Args:
            depth: share of the cells that come up to this one (`Slot.depth`).
            progress: share of all training steps that are done; a number or a scalar tensor.
        """
        drop = 1 - self.drop_path_keep
        if self.drop_path_schedule in ("depth-and-time", "depth"):
            drop *= depth
        return 1 - progress * drop if self.drop_path_follows_time else 1 - drop

    @property
    def drop_path_follows_time(self) -> bool:
        """Whether drop path grows while the network trains."""
        return self.drop_path_schedule in ("depth-and-time", "time")


def check_in_memory(kind: str) -> None:
    """Refuses an augmentation that needs the images at their own sizes.

    Raises:
        ValueError: `kind` is none of `IN_MEMORY`.
    """
    if kind not in IN_MEMORY:
        known = ", ".join(IN_MEMORY)
        raise ValueError(f"augmentation is {kind!r} of images in memory, expected one of: {known}")
