"""What bounds a search, whatever is searched: its loop, its budgets."""

from typing import Any

from nasnet.search.budgets import BudgetSettings, Halving
from nasnet.search.settings import LoopSettings


def loop_settings(settings: Any, workers: int) -> LoopSettings:
    """The loop's own settings of a search's.

    Args:
        settings: with `bound`, `seconds`, `seed`, `synchronous` and `reuse`.
        workers: children at a time.

    Raises:
        ValueError: one is out of range.
    """
    return LoopSettings(
        settings.bound,
        seconds=settings.seconds,
        seed=settings.seed,
        synchronous=settings.synchronous,
        batch=workers if settings.synchronous else 1,
        reuse=settings.reuse,
    )


def check_budget(
    budget: BudgetSettings, epochs: int, bound: int | None, *, synchronous: bool
) -> None:
    """Refuses budgets that do not fit the rest of a search.

    Args:
        budget: which children are trained to the end.
        epochs: of a child that is.
        bound: children in all; None where time alone ends the search.
        synchronous: whether the order in which children end must not matter.

    Raises:
        ValueError: they do not.
    """
    budgets = budget.make(epochs)
    if isinstance(budgets, Halving):
        if bound is not None and bound % budgets.period:
            raise ValueError(
                f"trials is {bound} with budget.kind {budget.kind}, expected a multiple of "
                f"{budgets.period}, its cohorts"
            )
    elif budgets is not None and synchronous:
        raise ValueError(
            f"budget.kind is {budget.kind} in a synchronous search, expected halving or hyperband: "
            "it depends on the order in which children end"
        )
