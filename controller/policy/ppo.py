"""Proximal policy optimization, the controller of NASNet.

Zoph et al., https://arxiv.org/abs/1707.07012, appendix A.2.
"""

from collections.abc import Sequence

from nasnet.controller.checks import Decisions
from nasnet.controller.policy.losses import ppo_loss
from nasnet.controller.policy.policy_gradient import PolicyGradient
from nasnet.controller.protocol import Proposal
from nasnet.controller.settings import PPOSettings


class PPO(PolicyGradient):
    """Proximal policy optimization, the paper's choice: "faster and more stable".

    Each minibatch is passed over `epochs` times. Probability ratios are taken against the
    log-probabilities in the proposals, so trials that parallel workers got from an older policy
    count for what they are.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the paper's, and our clip and epochs.
        seed: of the initial weights and every sample, 0 or more.
    """

    def __init__(
        self, space: Decisions, settings: PPOSettings | None = None, *, seed: int = 0
    ) -> None:
        settings = PPOSettings() if settings is None else settings
        super().__init__(
            space, settings, kind="ppo", loss=_ppo_loss, passes=settings.epochs, seed=seed
        )

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Keeps the trials, and updates the policy whenever a minibatch is complete.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward or its
                log-probabilities. Nothing has been observed then.
        """
        for proposal in proposals:
            if not proposal.log_probs:
                wanted = f"{len(self._options)}, those of the policy that proposed it"
                raise ValueError(f"number of log_probs is 0, expected {wanted}")
        super().observe(proposals, rewards)


def _ppo_loss(settings, log_probs, old_log_probs, entropies, advantages):
    return ppo_loss(
        log_probs, old_log_probs, entropies, advantages, settings.clip, settings.entropy_weight
    )
