"""Half types: which one computes, and the loss scale that float16 needs. No TensorFlow.

Weights, their updates, batch normalization's statistics and the classifiers stay in float32.

Micikevicius et al., https://arxiv.org/abs/1710.03740, section 3.
"""

from typing import Literal

import numpy as np

Precision = Literal["float32", "mixed_float16", "mixed_bfloat16"]
COMPUTE_TYPES: dict[Precision, str] = {
    "float32": "float32",
    "mixed_float16": "float16",
    "mixed_bfloat16": "bfloat16",
}


class LossScale:
    """What the loss is multiplied by, so that small gradients do not vanish in float16.

    A step whose gradient overflows is skipped and halves the scale; after `growth_steps` good steps
    in a row it is doubled. Keras' `LossScaleOptimizer` has the same rule and numbers.

    Args:
        initial: scale of the first step.
        growth_steps: good steps before the scale grows.

    Attributes:
        value: scale of the next step; never below 1.
        skipped: steps that were skipped so far.
    """

    def __init__(self, initial: float = 2.0**15, growth_steps: int = 2000) -> None:
        self.value, self.skipped = initial, 0
        self._growth_steps, self._good = growth_steps, 0

    def observe(self, finite: bool) -> None:
        """Takes in whether a step's gradient was finite."""
        if not finite:
            self.value, self._good = max(self.value / 2, 1.0), 0
            self.skipped += 1
            return
        self._good += 1
        if self._good == self._growth_steps:
            self.value, self._good = self.value * 2, 0

    def state(self) -> np.ndarray:
        """All that `restore` needs, [3]."""
        return np.array([self.value, self._good, self.skipped], np.float64)

    def restore(self, state: np.ndarray) -> None:
        """Takes up a `state`."""
        self.value, self._good, self.skipped = float(state[0]), int(state[1]), int(state[2])
