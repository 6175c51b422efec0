"""Proximal policy optimization, the controller of NASNet.

Zoph et al., https://arxiv.org/abs/1707.07012, appendix A.2.
"""

import dataclasses
from collections.abc import Sequence
from types import MappingProxyType

from nasnet.controller.checks import check_positive, check_whole
from nasnet.controller.policy.gradient import PolicyGradient, PolicySettings
from nasnet.controller.protocol import Proposal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PPOSettings(PolicySettings):
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
        PolicySettings.__post_init__(self)
        check_positive("clip", self.clip)
        check_whole("epochs", self.epochs)


class PPO(PolicyGradient[PPOSettings]):
    """Proximal policy optimization, the paper's choice: "faster and more stable".

    Each minibatch is passed over `epochs` times. Probability ratios are taken against the
    log-probabilities in the proposals, so trials that parallel workers got from an older policy
    count for what they are.
    """

    name = "ppo"
    Settings = PPOSettings
    few_trials = MappingProxyType(
        {"learning_rate": 2e-3, "entropy_weight": 0.02, "minibatch": 5, "epochs": 3}
    )

    @property
    def passes(self) -> int:
        """Updates with each minibatch."""
        return self.settings.epochs

    def checked(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> list[Proposal]:
        """The proposals with 0 for all that was not decided.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward or its
                log-probabilities.
        """
        for proposal in proposals:
            if not proposal.log_probs:
                wanted = f"{len(self.space.decisions)}, those of the policy that proposed it"
                raise ValueError(f"number of log_probs is 0, expected {wanted}")
        return super().checked(proposals, rewards)

    @staticmethod
    def loss(settings, log_probs, old_log_probs, entropies, advantages):
        """The clipped one, for each decision on its own."""
        from nasnet.controller.policy.losses import ppo_loss

        weights = settings.clip, settings.entropy_weight
        return ppo_loss(log_probs, old_log_probs, entropies, advantages, *weights)
