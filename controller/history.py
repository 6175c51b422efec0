"""The trials that a controller remembers: how many, and as arrays of its state."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
Entry = tuple[tuple[int, ...], float]  # choices, and a number that is known of them


def remembered(trials: list[T], window: int, worth: Callable[[T], Any]) -> list[T]:
    """All trials where they are at most `window`, else half as many: the best and the latest.

    So the cost of a model, and of its state, is bounded however long the search.

    Args:
        trials: in the order observed.
        window: above which a quarter of it of the best, and as many of the latest, are kept.
        worth: of a trial, greater for a better one.

    Returns:
        The trials in the order observed.
    """
    if len(trials) <= window:
        return trials
    quarter = window // 4
    earlier = range(len(trials) - quarter)
    best = sorted(earlier, key=lambda i: worth(trials[i]), reverse=True)[:quarter]
    return [trials[i] for i in sorted(best)] + trials[-quarter:]


def to_table(entries: Sequence[Entry], length: int) -> tuple[np.ndarray, np.ndarray]:
    """Choices int32 [N, length] and the number beside each, float64 [N]."""
    choices = np.array([choices for choices, _ in entries], np.int32)
    values = np.array([value for _, value in entries], np.float64)
    return choices.reshape(len(entries), length), values


def from_table(choices: np.ndarray, values: np.ndarray) -> list[Entry]:
    """The entries of `to_table`."""
    rows = zip(choices.tolist(), values.tolist(), strict=True)
    return [(tuple(row), value) for row, value in rows]
