"""What every controller checks about the space, the seed and the trials that it is given."""

import math
from collections.abc import Sequence
from typing import Protocol

from nasnet.cells import Decision
from nasnet.controller.protocol import Proposal


class Decisions(Protocol):
    """All that a controller reads of a search space.

    Attributes:
        decisions: all decisions, in the order they are made.
    """

    @property
    def decisions(self) -> tuple[Decision, ...]: ...


def option_counts(space: Decisions) -> tuple[int, ...]:
    """The number of options of each decision, [T].

    Raises:
        ValueError: there is no decision, or one without options.
    """
    if not space.decisions:
        raise ValueError("number of decisions is 0, expected at least 1")
    for decision in space.decisions:
        if not decision.options:
            raise ValueError(f"number of options of {decision.name} is 0, expected at least 1")
    return tuple(len(decision.options) for decision in space.decisions)


def check_seed(seed: int) -> None:
    """Raises ValueError unless `seed` is a whole number from 0."""
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed is {seed!r}, expected a whole number from 0")


def check_positive(name: str, value: float) -> None:
    """Raises ValueError unless the setting `name` is finite and above 0."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} is {value}, expected above 0")


def check_share(name: str, value: float) -> None:
    """Raises ValueError unless the setting `name` is from 0 to 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}, expected 0 to 1")


def check_whole(name: str, value: int, least: int = 1) -> None:
    """Raises ValueError unless the setting `name` is a whole number of at least `least`."""
    if type(value) is not int or value < least:
        raise ValueError(f"{name} is {value!r}, expected a whole number from {least}")


def check_count(count: int) -> None:
    """Raises ValueError if `count` proposals are fewer than none."""
    if count < 0:
        raise ValueError(f"count is {count}, expected 0 or more")


def check_trials(
    options: Sequence[int], proposals: Sequence[Proposal], rewards: Sequence[float]
) -> None:
    """Raises ValueError unless every proposal is one of the space and has a finite reward.

    Args:
        options: the number of options of each decision, [T].
        proposals: the finished trials, [B].
        rewards: their rewards, [B].
    """
    if len(rewards) != len(proposals):
        raise ValueError(
            f"number of rewards is {len(rewards)}, expected {len(proposals)}, one a proposal"
        )
    for proposal, reward in zip(proposals, rewards, strict=True):
        if not math.isfinite(reward):
            raise ValueError(f"reward is {reward}, expected a finite number")
        if len(proposal.choices) != len(options):
            raise ValueError(
                f"number of choices is {len(proposal.choices)}, expected {len(options)}"
            )
        for i, (choice, count) in enumerate(zip(proposal.choices, options, strict=True)):
            if not 0 <= choice < count:
                raise ValueError(f"choice {i} is {choice}, expected 0 to {count - 1}")
        logs = proposal.log_probs
        if len(logs) not in (0, len(options)):
            raise ValueError(f"number of log_probs is {len(logs)}, expected 0 or {len(options)}")
        if not all(math.isfinite(value) for value in logs):
            raise ValueError(f"log_probs are {list(logs)}, expected finite numbers")
