"""REINFORCE (Williams, 1992), the controller of NAS-2017.

Zoph and Le, https://arxiv.org/abs/1611.01578, section 3.2.
"""

from nasnet.controller.checks import Decisions
from nasnet.controller.policy.losses import reinforce_loss
from nasnet.controller.policy.policy_gradient import PolicyGradient
from nasnet.controller.settings import ReinforceSettings


class Reinforce(PolicyGradient):
    """REINFORCE with a moving-average baseline, one update a minibatch.

    Every trial counts as if the present policy had proposed it: log-probabilities of proposals are
    ignored, and those that parallel workers got from an older policy bias the gradient a little.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the paper's.
        seed: of the initial weights and every sample, 0 or more.
    """

    def __init__(
        self, space: Decisions, settings: ReinforceSettings | None = None, *, seed: int = 0
    ) -> None:
        settings = ReinforceSettings() if settings is None else settings
        super().__init__(
            space, settings, kind="reinforce", loss=_reinforce_loss, passes=1, seed=seed
        )


def _reinforce_loss(settings, log_probs, old_log_probs, entropies, advantages):
    return reinforce_loss(log_probs, entropies, advantages, settings.entropy_weight)
