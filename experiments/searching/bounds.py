"""What bounds a search, whatever is searched: its loop, budgets, images, and shared weights."""

from typing import Any

from nasnet.cells import MacroSpace
from nasnet.search.budgets import BudgetSettings, Halving
from nasnet.search.evaluators import find_evaluator
from nasnet.search.settings import LoopSettings
from nasnet.search.shared.settings import check_recipe

TRAIN_IMAGES, VAL_IMAGES = 1000, 500  # of a child
SHARED_VAL_IMAGES = 2000  # that score a cell under shared weights, which takes a second


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


def kept_images(settings: Any) -> tuple[int, int]:
    """How many training and validation images a search keeps; 0 for all.

    Args:
        settings: with `evaluator`, `train_images` and `val_images`, None where they are left out.
    """
    shares = find_evaluator(settings.evaluator).shares_weights
    train, val = (0, SHARED_VAL_IMAGES) if shares else (TRAIN_IMAGES, VAL_IMAGES)
    if settings.train_images is not None:
        train = settings.train_images
    return train, val if settings.val_images is None else settings.val_images


def check_shared(settings: Any) -> None:
    """Refuses a search under shared weights that cannot be.

    Args:
        settings: of the search.

    Raises:
        ValueError: the recipe, the space or the controller does not go with the sampling.
    """
    check_recipe(settings.recipe)
    if settings.space is not None and not isinstance(settings.search_space(), MacroSpace):
        raise ValueError(
            f"evaluator is {settings.evaluator!r} with space {settings.space}, expected child; or "
            "cells, or --space macro"
        )
    if settings.shared.sampling == "controller" and not settings.chosen.kind.samples:
        raise ValueError(
            f"shared.sampling is 'controller' with the {settings.controller} controller, "
            "expected a policy, as ppo or reinforce; or shared.sampling fair or uniform"
        )
    if settings.shared.sampling != "gumbel":
        return
    for name, wanted, what in (
        ("grow", False, "False"),
        ("objectives", ("accuracy",), "accuracy alone"),
        ("combines", settings.combines[:1], "one: no gradient tells which is better"),
    ):
        if (found := getattr(settings, name)) != wanted:
            text = " ".join(found) if isinstance(found, tuple) else found
            raise ValueError(f"{name} is {text} with shared.sampling gumbel, expected {what}")
