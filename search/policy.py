"""What the search loop decides by itself: how many trials, their seeds, and which one is best."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from nasnet.search.trial import Trial


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """How the loop decides where the controller does not.

    Args:
        trials: proposals in all, failed and repeated ones included.
        seed: from which each trial's own seed is derived.
        synchronous: whether the controller hears of a batch only when all of it has ended, so that
            the order in which workers finish does not matter.
        batch: proposals that are asked for at a time.
        reuse: whether a network that was evaluated before keeps its result.
        failure_reward: what the controller is told of a child that failed.

    Raises:
        ValueError: a number is below 1 or the reward is not finite.
    """

    trials: int
    seed: int = 0
    synchronous: bool = False
    batch: int = 1
    reuse: bool = True
    failure_reward: float = 0.0

    def __post_init__(self) -> None:
        for name in ("trials", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least 1")
        if not np.isfinite(self.failure_reward):
            raise ValueError(f"failure_reward is {self.failure_reward}, expected a finite number")


def best_trial(trials: Sequence[Trial]) -> Trial | None:
    """The first of the complete trials with the highest reward."""
    complete = [trial for trial in trials if trial.state == "complete"]
    return max(complete, key=lambda trial: (trial.reward or 0.0, -trial.number), default=None)


def child_seed(seed: int, number: int) -> int:
    """The seed of trial `number`, below 2**31, from the search's own."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1)
