"""REINFORCE (Williams, 1992), the controller of NAS-2017.

Zoph and Le, https://arxiv.org/abs/1611.01578, section 3.2.
"""

from types import MappingProxyType

from nasnet.controller.policy.gradient import PolicyGradient, PolicySettings


class Reinforce(PolicyGradient[PolicySettings]):
    """REINFORCE with a moving-average baseline, one update a minibatch.

    Every trial counts as if the present policy had proposed it: log-probabilities of proposals are
    ignored, and those that parallel workers got from an older policy bias the gradient a little.
    """

    name = "reinforce"
    Settings = PolicySettings
    few_trials = MappingProxyType({"learning_rate": 5e-3, "entropy_weight": 0.01, "minibatch": 5})

    @staticmethod
    def loss(settings, log_probs, old_log_probs, entropies, advantages):
        """That of REINFORCE."""
        from nasnet.controller.policy.losses import reinforce_loss

        return reinforce_loss(log_probs, entropies, advantages, settings.entropy_weight)
