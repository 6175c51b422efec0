"""The settings of each controller, importable without TensorFlow.

Zoph et al., https://arxiv.org/abs/1707.07012, appendices A.2 and A.3.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RandomSettings:
    """Random search has nothing to set."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReinforceSettings:
    """Settings of REINFORCE; the defaults are the paper's, except where it names none.

    Args:
        learning_rate: of Adam. 3.5e-4 in the paper, which names no optimizer; 8e-4 was best when
            AmoebaNet's authors tuned it again (https://arxiv.org/abs/1802.01548).
        entropy_weight: nats of entropy are added to the reward with this weight, 1e-5.
        baseline_decay: of the moving average of rewards, for each reward, 0.95.
        minibatch: architectures observed for each update, 20.
        temperature: divides the logits; 1 in the paper, 5 in ENAS's language model.
        tanh_constant: c in c * tanh(logits), which bounds them; None in the paper, 1.1 to 2.5 in
            ENAS (https://arxiv.org/abs/1802.03268).

    Raises:
        ValueError: a setting is out of range.
    """

    learning_rate: float = 3.5e-4
    entropy_weight: float = 1e-5
    baseline_decay: float = 0.95
    minibatch: int = 20
    temperature: float = 1.0
    tanh_constant: float | None = None

    def __post_init__(self) -> None:
        _check_positive("learning_rate", self.learning_rate)
        _check_positive("temperature", self.temperature)
        if self.tanh_constant is not None:
            _check_positive("tanh_constant", self.tanh_constant)
        if not 0 <= self.entropy_weight < float("inf"):
            raise ValueError(f"entropy_weight is {self.entropy_weight}, expected 0 or more")
        if not 0 <= self.baseline_decay < 1:
            raise ValueError(
                f"baseline_decay is {self.baseline_decay}, expected at least 0 and below 1"
            )
        _check_count("minibatch", self.minibatch)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PPOSettings(ReinforceSettings):
    """Settings of PPO: those of REINFORCE, and two that the paper does not give.

    Args:
        clip: the probability ratio of a decision is cut to [1 - clip, 1 + clip]. Our choice: 0.2,
            as in PPO's paper (https://arxiv.org/abs/1707.06347, section 6.1).
        epochs: passes over each minibatch. Our choice: 10, as there (table 3).

    Raises:
        ValueError: a setting is out of range.
    """

    clip: float = 0.2
    epochs: int = 10

    def __post_init__(self) -> None:
        # super() fails in a dataclass with slots, which is a copy of the class written here.
        ReinforceSettings.__post_init__(self)
        _check_positive("clip", self.clip)
        _check_count("epochs", self.epochs)


def _check_positive(name: str, value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} is {value}, expected above 0")


def _check_count(name: str, value: int) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} is {value!r}, expected a whole number from 1")
