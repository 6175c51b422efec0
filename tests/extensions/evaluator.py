"""Of two children with the same accuracy the smaller one is worth more."""

import math

from nasnet.search import Evaluation, TrainChild


class Frugal(TrainChild):
    """Validation accuracy, less a hundredth for each doubling of the parameters."""

    reward_name = "accuracy less size"
    failure_reward = None  # rewards may be negative: a failure earns the lowest one so far

    def evaluation(self, trainer, epochs):
        found = super().evaluation(trainer, epochs)
        cost = 0.01 * math.log2(found.metrics["parameters"])
        return Evaluation(found.reward - cost, found.metrics)
