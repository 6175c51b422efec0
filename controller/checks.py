"""What every controller checks about the space, the seed, and the settings that it is given."""

from typing import Any

from nasnet.cells import SearchSpace


def check_space(space: SearchSpace[Any]) -> None:
    """Raises ValueError if there is no decision, or one without options."""
    if not space.decisions:
        raise ValueError("number of decisions is 0, expected at least 1")
    for decision in space.decisions:
        if not decision.options:
            raise ValueError(f"number of options of {decision.name} is 0, expected at least 1")


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
