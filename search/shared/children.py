"""Which children train shared weights, and how a batch of children is evaluated."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from nasnet.cells import TERMINATE, SearchSpace
from nasnet.search.executors.base import Executor
from nasnet.search.shared.exchange import SharedTask
from nasnet.stacking.recipe import Diverged

_TICK_SECONDS = 0.5
R = TypeVar("R")


def operations_of(space: Any) -> tuple[str, ...]:
    """The operations that compete in every place of a space.

    Raises:
        ValueError: it does not say which they are.
    """
    names: tuple[str, ...] = getattr(space, "operations", ())
    if not any(decision.options == names for decision in space.decisions):
        raise ValueError(
            f"space is {space!r:.60}, expected one with `operations`, which are the options of "
            "decisions of it"
        )
    return names


def fair_choices(space: SearchSpace[Any], rng: np.random.Generator) -> list[tuple[int, ...]]:
    """As many choices as there are operations; in every place each operation comes once.

    Inputs and combinations are drawn uniformly (FairNAS, https://arxiv.org/abs/1907.01845, has none
    of them). Cells that grow are all of the size that the first was drawn with.
    """
    operations = operations_of(space)
    choices = space.draw_all(rng, len(operations))
    for place, decision in enumerate(space.decisions):
        if decision.options == operations:
            choices[:, place] = rng.permutation(len(operations))
        elif TERMINATE in decision.options:
            choices[:, place] = choices[0, place]
    return [space.canonical(row) for row in choices.tolist()]


def run_all(executor: Executor[Any, Any], tasks: Sequence[SharedTask[R]]) -> list[R]:
    """The results of all tasks, in their order, as many at a time as there are slots.

    Args:
        executor: with all its slots free.
        tasks: for a worker of shared weights.

    Raises:
        Diverged: one gave no finite loss.
        ValueError: one failed in another way.
    """
    found: dict[int, R] = {}
    waiting = list(enumerate(tasks))[::-1]
    while len(found) < len(tasks):
        while waiting and executor.free:
            executor.submit(*waiting.pop())
        for outcome in executor.wait(_TICK_SECONDS):
            if outcome.state != "complete" or outcome.result is None:
                kind = Diverged if outcome.state == "diverged" else ValueError
                raise kind(f"a child under shared weights has failed: {outcome.error}")
            found[outcome.number] = outcome.result
    return [found[number] for number in range(len(tasks))]
