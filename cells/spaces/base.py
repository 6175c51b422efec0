"""What all search spaces are: decisions made one after the other, some because of earlier ones.

A controller sees decisions and rewards alone, so every controller works on every space. Choices are
a number for each decision; of a decision that is not made, because of earlier choices, the number
is 0 and means nothing. A space says which decisions follow which (`next_decision`) and what the
choices stand for (`architecture`); all the rest is written here.
"""

import abc
import functools
import html
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np

from nasnet.cells.spaces.counting import counted
from nasnet.cells.spaces.decision import Decision
from nasnet.runtime.shown import table

A = TypeVar("A")
Choices = tuple[int, ...]


class SearchSpace(abc.ABC, Generic[A]):
    """What may be proposed: a sequence of categorical decisions that stands for an architecture.

    A space of one's own sets `decisions` and writes `architecture`; `encode`, where trials of
    others are to be learned from; and `next_decision`, where decisions depend on earlier ones by
    more than a `TERMINATE`.

    Attributes:
        decisions: all decisions that may be made, in their order, T in all.
    """

    decisions: tuple[Decision, ...]

    @abc.abstractmethod
    def architecture(self, choices: Choices) -> A:
        """What `choices` stand for: canonical ones, checked already."""

    def encode(self, architecture: A) -> Choices:
        """The canonical choices that stand for `architecture`.

        Raises:
            ValueError: the architecture is not in this space.
        """
        raise NotImplementedError(f"{type(self).__name__} does not encode architectures")

    def next_decision(self, prefix: Sequence[int]) -> Decision | None:
        """The decision that is made after `prefix`; None after the last.

        It is one of `decisions` from number `len(prefix)` on; those that it passes over are not
        made. By default all of them are made in order, up to a `TERMINATE`.

        Args:
            prefix: the choices so far, 0 for decisions that were not made.
        """
        i = len(prefix)
        ended = i > 0 and prefix[-1] == self.ends[i - 1]
        return None if ended or i == len(self.decisions) else self.decisions[i]

    def future(self, prefix: Sequence[int]) -> Hashable:
        """What of the choices so far decides which decisions follow.

        Prefixes with equal futures go on alike, whatever lies behind them, so a space with few of
        them is counted without being listed. By default all choices so far matter.

        Args:
            prefix: as of `next_decision`.
        """
        return tuple(prefix)

    def given(self, number: int) -> Mapping[int, int]:
        """Choices that no controller makes: decision and choice, for the proposal of a number.

        A space that grows with a search says so here. By default there are none.
        """
        return {}

    def decode(self, choices: Sequence[int]) -> A:
        """The architecture that `choices` stand for; they may stop where no decision follows.

        Raises:
            ValueError: there is one choice too few or too many, or one out of range.
        """
        return self.architecture(self.canonical(choices))

    def canonical(self, choices: Sequence[int]) -> Choices:
        """`choices` with 0 for each decision that is not made: equal for equal architectures.

        Raises:
            ValueError: there is one choice too few or too many, or one out of range.
        """
        count = len(choices)
        if count > len(self.decisions):
            raise ValueError(f"{count} choices, expected {len(self.decisions)}")
        for i, (choice, options) in enumerate(zip(choices, self.counts, strict=False)):
            if not 0 <= choice < options:
                name = self.decisions[i].name
                raise ValueError(f"{name} is choice {choice}, expected 0 to {options - 1}")
        choices = tuple(map(int, choices))
        if not self.conditional and count == len(self.decisions):
            return choices
        if self._ends_alone:
            made = next((i + 1 for i in range(count) if choices[i] == self.ends[i]), None)
            if made is None and count < len(self.decisions):
                raise ValueError(f"{count} choices, expected {len(self.decisions)}")
            return (*choices[:made], *(0,) * (len(self.decisions) - (made or count)))

        def choose(i: int) -> int:
            if i >= count:
                raise ValueError(f"{count} choices, expected {len(self.decisions)}")
            return choices[i]

        return self.walk(choose)

    def live(self, choices: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
        """Which decisions are made, bool [N, T], in each row of choices, [N, T]."""
        rows = np.asarray(choices, np.int64).reshape(-1, len(self.decisions))
        if not self.conditional:
            return np.ones(rows.shape, bool)
        if self._ends_alone:
            over = rows == np.array(self.ends)
            return np.cumsum(over, axis=1) - over == 0
        made = np.zeros(rows.shape, bool)
        for row, mask in zip(rows.tolist(), made, strict=True):

            def choose(i: int, row: list[int] = row, mask: np.ndarray = mask) -> int:
                mask[i] = True
                return row[i]

            self.walk(choose)
        return made

    def walk(self, choose: Callable[[int], int]) -> Choices:
        """Makes the decisions in order, and returns canonical choices.

        Args:
            choose: the choice for a decision by its number; called for those that are made.
        """
        made: list[int] = []
        while (decision := self.next_decision(made)) is not None:
            i = self._numbers.get(decision.name, -1)
            if i < len(made):
                raise ValueError(
                    f"decision after {len(made)} choices is {decision.name}, expected a later one"
                )
            made += [0] * (i - len(made))
            made.append(choose(i))
        return (*made, *(0,) * (len(self.decisions) - len(made)))

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Every decision drawn on its own, `count` times, int [count, T]: canonical rows."""
        rows = self.draw_all(rng, count)
        return rows * self.live(rows) if self.conditional else rows

    def draw_all(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """The same with a choice for decisions, too, that are not made."""
        rows = rng.integers(self._highs, size=(count, len(self.decisions)))
        for i, bounds in self._weighted:
            rows[:, i] = np.searchsorted(bounds, rng.random(count))
        return rows

    def sample(self, rng: np.random.Generator) -> Choices:
        """Choices drawn at random, each decision on its own: by default uniformly."""
        return tuple(self.draw(rng, 1)[0].tolist())

    def replaced(
        self,
        choices: Choices,
        number: int,
        option: int,
        rng: np.random.Generator | None = None,
    ) -> Choices:
        """`choices` with another option of one decision.

        Later decisions keep their choices while they are made. Those that are made now and were
        not before are drawn from `rng`; they are 0 without it.
        """
        if not self.conditional:
            return (*choices[:number], option, *choices[number + 1 :])
        fresh = self.draw_all(rng, 1)[0] if rng is not None else np.zeros(len(choices), int)
        wanted = np.where(self.live([choices])[0], choices, fresh)
        wanted[number] = option
        return self.canonical(wanted.tolist())

    def neighbours(self, choices: Choices) -> list[Choices]:
        """All canonical choices that differ from `choices` in one decision that is made there."""
        return [
            self.replaced(choices, i, option)
            for i in np.flatnonzero(self.live([choices])[0]).tolist()
            for option in range(self.counts[i])
            if option != choices[i]
        ]

    def mutate(self, choices: Choices, rng: np.random.Generator) -> Choices:
        """`choices` with another option of one decision that is made: a random role, then one."""
        groups: dict[str, list[int]] = {}
        for i in np.flatnonzero(self.live([choices])[0]).tolist():
            if self.counts[i] > 1:
                groups.setdefault(self.decisions[i].role, []).append(i)
        if not groups:
            return choices
        group = [*groups.values()][rng.integers(len(groups))]
        number = group[rng.integers(len(group))]
        option = int(rng.integers(self.counts[number] - 1))
        option += option >= choices[number]  # any option but the present one
        return self.replaced(choices, number, option, rng)

    def size(self) -> int:
        """The number of different canonical choices."""
        if not self._ends_alone:
            return counted(self)[0]
        count = 1
        for decision in reversed(self.decisions):
            stays = len(decision.options) - (decision.end >= 0)
            count = len(decision.options) - stays + stays * count
        return count

    def entropy(self) -> float:
        """The entropy of `sample` in nats."""
        if not self._ends_alone:
            return counted(self)[1]
        total, reached = [], 1.0
        for decision in self.decisions:
            total += [-reached * share * math.log(share) for share in decision.shares if share]
            reached *= 1 - (decision.shares[decision.end] if decision.end >= 0 else 0.0)
        return math.fsum(total)

    def _repr_html_(self) -> str:
        """Its decisions, for notebooks."""
        size, count = self.size(), len(self.decisions)
        rows = [(d.name, ", ".join(d.options)) for d in self.decisions]
        text = f"{type(self).__name__}: {size:,} architectures, {count} decisions, "
        words = html.escape(f"{text}{self.entropy():.2f} nats")
        return f"<div>{words}</div>{table(('decision', 'options'), rows)}"

    def __iter__(self) -> Iterator[Choices]:
        """All canonical choices, the last decision changing first."""
        return self._below([])

    @functools.cached_property
    def counts(self) -> tuple[int, ...]:
        """The number of options of each decision, [T]."""
        return tuple(len(decision.options) for decision in self.decisions)

    @functools.cached_property
    def ends(self) -> tuple[int, ...]:
        """The number of each decision's option `TERMINATE`, or -1, [T]."""
        return tuple(decision.end for decision in self.decisions)

    @functools.cached_property
    def conditional(self) -> bool:
        """Whether there may be decisions that are not made."""
        return not self._ends_alone or max(self.ends) >= 0

    @functools.cached_property
    def _ends_alone(self) -> bool:
        """Whether nothing but a `TERMINATE` decides which decisions are made."""
        return type(self).next_decision is SearchSpace.next_decision

    @functools.cached_property
    def _highs(self) -> np.ndarray:
        return np.array(self.counts)

    @functools.cached_property
    def _weighted(self) -> list[tuple[int, np.ndarray]]:
        """The decisions whose options are not equally likely, and where in 0..1 these change."""
        return [
            (i, np.cumsum(decision.shares)[:-1])
            for i, decision in enumerate(self.decisions)
            if decision.weights
        ]

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        return {decision.name: i for i, decision in enumerate(self.decisions)}

    def _below(self, prefix: list[int]) -> Iterator[Choices]:
        decision = self.next_decision(prefix)
        if decision is None:
            yield (*prefix, *(0,) * (len(self.decisions) - len(prefix)))
            return
        skipped = [0] * (self._numbers[decision.name] - len(prefix))
        for choice in range(len(decision.options)):
            yield from self._below([*prefix, *skipped, choice])
