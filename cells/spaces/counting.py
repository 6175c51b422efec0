"""How many architectures a space has, and the entropy of a random one."""

import math
from collections.abc import Hashable, Sequence
from typing import Protocol

from nasnet.cells.spaces.decision import Decision


class Walked(Protocol):
    """Decisions that follow each other; a `SearchSpace` is one."""

    decisions: tuple[Decision, ...]

    def next_decision(self, prefix: Sequence[int]) -> Decision | None: ...

    def future(self, prefix: Sequence[int]) -> Hashable: ...


def counted(space: Walked) -> tuple[int, float]:
    """The number of canonical choices, and the entropy in nats of drawing each decision.

    What follows equal futures is counted once.
    """
    numbers = {decision.name: i for i, decision in enumerate(space.decisions)}
    known: dict[Hashable, tuple[int, float]] = {}

    def count(prefix: tuple[int, ...]) -> tuple[int, float]:
        state = space.future(prefix)
        found = known.get(state)
        if found is None:
            found = below(prefix)
            if state != prefix:  # else nothing comes back to it
                known[state] = found
        return found

    def below(prefix: tuple[int, ...]) -> tuple[int, float]:
        decision = space.next_decision(prefix)
        if decision is None:
            return 1, 0.0
        skipped = (0,) * (numbers[decision.name] - len(prefix))
        total, entropy = 0, 0.0
        for choice, share in enumerate(decision.shares):
            several, rest = count((*prefix, *skipped, choice))
            total += several
            entropy += share * (rest - math.log(share)) if share else 0.0
        return total, entropy

    return count(())
