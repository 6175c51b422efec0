"""Which children train shared weights, and how a batch of children is evaluated."""

from collections.abc import Sequence

import numpy as np

from nasnet.cells import TERMINATE, Architecture, CellSpace, Genotype
from nasnet.search.evaluators import Evaluation
from nasnet.search.executors import Executor
from nasnet.stacking.recipe import Diverged

_TICK_SECONDS = 0.5


def fair_genotypes(space: CellSpace, rng: np.random.Generator) -> list[Genotype]:
    """As many genotypes as there are operations; in every place each operation comes once.

    Inputs and combinations are drawn uniformly (FairNAS, https://arxiv.org/abs/1907.01845, has none
    of them). Cells that grow are all of the size that the first was drawn with.
    """
    count = len(space.operations)
    choices = space.draw_all(rng, count)
    for place, decision in enumerate(space.decisions):
        if decision.options == space.operations:
            choices[:, place] = rng.permutation(count)
        elif TERMINATE in decision.options:
            choices[:, place] = choices[0, place]
    return [space.decode(row) for row in choices.tolist()]


def evaluate_all(
    executor: Executor, architectures: Sequence[Architecture], *, seed: int
) -> list[Evaluation]:
    """The evaluations of all, in their order, as many at a time as there are slots.

    Args:
        executor: with all its slots free.
        architectures: what is evaluated.
        seed: of the first one; each next one has the next.

    Raises:
        Diverged: one gave no finite loss.
        ValueError: one failed in another way.
    """
    found: dict[int, Evaluation] = {}
    waiting = list(enumerate(architectures))[::-1]
    while len(found) < len(architectures):
        while waiting and executor.free:
            number, architecture = waiting.pop()
            executor.submit(number, architecture, seed + number)
        for outcome in executor.wait(_TICK_SECONDS):
            if outcome.evaluation is None:
                kind = Diverged if outcome.state == "diverged" else ValueError
                raise kind(f"a child under shared weights has failed: {outcome.error}")
            found[outcome.number] = outcome.evaluation
    return [found[number] for number in range(len(architectures))]
