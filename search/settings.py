"""What the search loop is told: how many trials, their seeds, and in what order it listens."""

import dataclasses

import numpy as np

from nasnet.runtime.checks import check_fields


@dataclasses.dataclass(frozen=True, slots=True)
class LoopSettings:
    """How the loop decides where the controller does not.

    Args:
        trials: proposals in all, failed and repeated ones included, imported ones not; None for no
            bound.
        seconds: wall time in all, of every session; None for no limit. It decides how many trials
            there are, never which.
        seed: from which each trial's own seed is derived.
        synchronous: whether the controller hears of a batch only when all of it has ended, so that
            the order in which workers finish does not matter.
        batch: proposals that are asked for at a time.
        reuse: whether a network that was evaluated before keeps its result.

    Raises:
        ValueError: a number is below 1, the time is not above 0, or nothing ends the search.
    """

    trials: int | None
    seed: int = 0
    synchronous: bool = False
    batch: int = 1
    reuse: bool = True
    seconds: float | None = None

    def __post_init__(self) -> None:
        check_fields(self, batch=1)
        if self.trials is not None:
            check_fields(self, trials=1)
        elif self.seconds is None:
            raise ValueError("trials and seconds are None, expected at least one of the two")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"seconds is {self.seconds}, expected above 0")


def child_seed(seed: int, number: int) -> int:
    """The seed of trial `number`, below 2**31, from the search's own."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1)
