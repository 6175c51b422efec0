"""The settings of random search and of the policy-gradient controllers.

Zoph et al., https://arxiv.org/abs/1707.07012, appendices A.2 and A.3.
"""

import dataclasses

from nasnet.controller.checks import check_positive, check_whole

RECURRENT_CELLS = ("lstm", "nascell")


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
        cell: of the policy network, "lstm" or "nascell", the recurrent cell that NAS found
            (https://arxiv.org/abs/1611.01578, appendix A).

    Raises:
        ValueError: a setting is out of range.
    """

    learning_rate: float = 3.5e-4
    entropy_weight: float = 1e-5
    baseline_decay: float = 0.95
    minibatch: int = 20
    temperature: float = 1.0
    tanh_constant: float | None = None
    cell: str = "lstm"

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate)
        check_positive("temperature", self.temperature)
        if self.tanh_constant is not None:
            check_positive("tanh_constant", self.tanh_constant)
        if not 0 <= self.entropy_weight < float("inf"):
            raise ValueError(f"entropy_weight is {self.entropy_weight}, expected 0 or more")
        if not 0 <= self.baseline_decay < 1:
            raise ValueError(
                f"baseline_decay is {self.baseline_decay}, expected at least 0 and below 1"
            )
        check_whole("minibatch", self.minibatch)
        if self.cell not in RECURRENT_CELLS:
            raise ValueError(f"cell is {self.cell!r}, expected {' or '.join(RECURRENT_CELLS)}")


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
        check_positive("clip", self.clip)
        check_whole("epochs", self.epochs)
