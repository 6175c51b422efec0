"""The size of a network as its reward: the baselines of every other proxy. No TensorFlow."""

import dataclasses
import math
from typing import Any, ClassVar

from nasnet.cells.network import Frame
from nasnet.search.evaluators.base import Evaluator
from nasnet.search.limits import counts
from nasnet.search.tasks import Evaluation, Train


@dataclasses.dataclass(frozen=True)
class Size(Evaluator[Train[Any]]):
    """log10 of a count as the reward, the same for every seed.

    Args:
        frame: makes an architecture the child's network.
    """

    failure_reward = 0.0
    untrained = True
    counted: ClassVar[str]

    frame: Frame[Any]

    def __call__(self, task: Train[Any], /) -> Evaluation:
        """The count."""
        metrics = counts(self.frame.network(task.architecture))
        return Evaluation(math.log10(metrics[self.counted]), metrics)


class Parameters(Size):
    """By trainable parameters."""

    reward_name = "log10 of parameters"
    counted = "parameters"


class MultAdds(Size):
    """By the multiply-adds of one image."""

    reward_name = "log10 of mult_adds"
    counted = "mult_adds"
