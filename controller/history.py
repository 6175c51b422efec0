"""How much of a search a model of the rewards remembers."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


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
