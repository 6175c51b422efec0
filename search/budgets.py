"""How long a child is trained: to the end, or only as long as it keeps up with the others.

A child is trained in stages, and behind each one it goes on or is stopped. Whatever the rule, the
controller hears of it once, when it is stopped or has ended, and its reward is its accuracy at the
last stage that it reached; only children that reached the end can be a search's best. The learning
rate runs its schedule to the recipe's last epoch, so a stopped child is a training cut short.

Median rule: Golovin et al., Google Vizier (2017), section 3.2.2. Successive halving and Hyperband:
Li et al., https://arxiv.org/abs/1603.06560. ASHA: Li et al., https://arxiv.org/abs/1810.05934; here
in the form that stops: a child goes on where it is among the best 1 / eta of those that have
reached its stage so far, and is not looked at again where it is not.
"""

import bisect
import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

from nasnet.runtime.checks import check_fields
from nasnet.search.trial import Trial

Kind = Literal["fixed", "median", "asha", "halving", "hyperband"]


class Budgets(Protocol):
    """A rule that decides which children go on."""

    def stages(self, number: int) -> Sequence[int]:
        """Epochs at the end of each stage of a trial."""

    def record(self, number: int, stage: int, accuracy: float | None) -> dict[int, bool]:
        """Takes what a trial reached, which is not its last stage.

        Args:
            number: of the trial.
            stage: from 0.
            accuracy: None for a trial that has no result to be compared: it failed, say.

        Returns:
            By trial, whether it goes on (or is stopped): all that can be decided now.
        """

    def cohort(self, number: int, slots: int) -> int:
        """The epochs, one after the other, of all the trials that are of use only together.

        Args:
            number: of the trial that is the first of them; 0 epochs where it is not.
            slots: trials at a time.
        """
        return 0


@dataclasses.dataclass(frozen=True, slots=True)
class BudgetSettings:
    """How long children are trained.

    Args:
        kind: "fixed" trains all to the recipe's last epoch; "median" stops a child that is below
            the median of those before it; "asha" stops it behind each stage unless it is among the
            best 1 / eta so far; "halving" waits for a whole cohort and keeps its best 1 / eta;
            "hyperband" does so with cohorts that begin at different stages.
        eta: stages are longer by this factor each, and the best 1 / eta go on.
        min_epochs: of the first stage; the last one ends with the recipe.
        warm_up: with "median", children that must have reached a stage before any is stopped there.

    Raises:
        ValueError: a number is out of range.
    """

    kind: Kind = "fixed"
    eta: int = 3
    min_epochs: int = 1
    warm_up: int = 5

    def __post_init__(self) -> None:
        check_fields(self, eta=2, min_epochs=1, warm_up=1)

    def make(self, epochs: int) -> Budgets | None:
        """The rule for a recipe of so many epochs; None where all children are trained to the end.

        Raises:
            ValueError: the recipe is too short for two stages.
        """
        if self.kind == "fixed":
            return None
        least = self.min_epochs + 1 if self.kind == "median" else self.min_epochs * self.eta
        if epochs < least:
            raise ValueError(
                f"epochs is {epochs}, expected at least {least} for two stages of {self.kind}"
            )
        if self.kind == "median":
            return Median(range(self.min_epochs, epochs + 1), self.warm_up)
        rungs = [self.min_epochs]
        while rungs[-1] * self.eta <= epochs:
            rungs.append(rungs[-1] * self.eta)
        rungs[-1] = epochs
        if self.kind == "asha":
            return Asha(rungs, self.eta)
        return Halving(rungs, self.eta, brackets=len(rungs) if self.kind == "hyperband" else 1)


class Asha(Budgets):
    """Goes on with the best 1 / eta of those that have reached a stage so far, the first always.

    Args:
        rungs: epochs at the end of each stage, rising.
        eta: reduction factor.
    """

    def __init__(self, rungs: Sequence[int], eta: int) -> None:
        self._rungs, self._eta = tuple(rungs), eta
        self._reached: list[list[float]] = [[] for _ in rungs]

    def stages(self, number: int) -> Sequence[int]:
        return self._rungs

    def record(self, number: int, stage: int, accuracy: float | None) -> dict[int, bool]:
        if accuracy is None:
            return {}
        reached = self._reached[stage]
        bisect.insort(reached, accuracy)
        better = len(reached) - bisect.bisect_right(reached, accuracy)
        return {number: better < max(1, len(reached) // self._eta)}


class Median(Budgets):
    """Stops a child whose accuracy is below the median of those that reached its stage before it.

    Args:
        rungs: epochs at the end of each stage, rising.
        warm_up: children that must have reached a stage before.
    """

    def __init__(self, rungs: Iterable[int], warm_up: int) -> None:
        self._rungs, self._warm_up = tuple(rungs), warm_up
        self._reached: list[list[float]] = [[] for _ in self._rungs]

    def stages(self, number: int) -> Sequence[int]:
        return self._rungs

    def record(self, number: int, stage: int, accuracy: float | None) -> dict[int, bool]:
        if accuracy is None:
            return {}
        reached = self._reached[stage]
        half = len(reached) // 2
        goes_on = len(reached) < self._warm_up or 2 * accuracy >= reached[half] + reached[~half]
        bisect.insort(reached, accuracy)
        return {number: goes_on}


class Halving(Budgets):
    """Cohorts of trials with following numbers: behind each stage the best 1 / eta go on.

    A cohort decides when all that are left of it have ended the stage, so the order in which
    workers finish does not matter. With several brackets, cohorts take turns: one begins at the
    first stage with many trials, the next at the second with fewer, and so on (Hyperband).

    Args:
        rungs: epochs at the end of each stage, rising.
        eta: reduction factor.
        brackets: 1 for successive halving, at most the number of stages.

    Attributes:
        period: trials in one cohort of each bracket; a search must have a multiple of it.
    """

    def __init__(self, rungs: Sequence[int], eta: int, *, brackets: int = 1) -> None:
        self._rungs, self._eta = tuple(rungs), eta
        # Hyperband, algorithm 1: all brackets have about the same total of epochs.
        most = len(rungs) - 1
        self._sizes = [
            -(-(most + 1) * eta ** (most - b) // (most - b + 1)) for b in range(brackets)
        ]
        self._ends = list(itertools.accumulate(self._sizes))
        self.period = self._ends[-1]
        self._cohorts: dict[int, _Cohort] = {}

    def stages(self, number: int) -> Sequence[int]:
        return self._rungs[self._place(number)[1] :]

    def record(self, number: int, stage: int, accuracy: float | None) -> dict[int, bool]:
        first, bracket = self._place(number)
        size = self._sizes[bracket]
        cohort = self._cohorts.setdefault(first, _Cohort(set(range(first, first + size))))
        return cohort.record(number, stage, accuracy, self._eta)

    def cohort(self, number: int, slots: int) -> int:
        first, bracket = self._place(number)
        if number != first:
            return 0
        rungs, count, epochs = self._rungs[bracket:], self._sizes[bracket], 0
        for before, after in itertools.pairwise((0, *rungs)):
            epochs += math.ceil(count / slots) * (after - before)
            count = max(1, count // self._eta)
        return epochs

    def _place(self, number: int) -> tuple[int, int]:
        """The first trial of the cohort of a trial, and the cohort's bracket."""
        start, place = number - number % self.period, number % self.period
        bracket = bisect.bisect_right(self._ends, place)
        return start + self._ends[bracket] - self._sizes[bracket], bracket


@dataclasses.dataclass(slots=True)
class _Cohort:
    """Trials that are judged together.

    Attributes:
        left: those that have not dropped out.
        reached: the accuracies of these behind the stage that is under way.
    """

    left: set[int]
    reached: dict[int, float] = dataclasses.field(default_factory=dict)

    def record(self, number: int, stage: int, accuracy: float | None, eta: int) -> dict[int, bool]:
        if accuracy is None:
            self.left.discard(number)
            self.reached.pop(number, None)
        else:
            self.reached[number] = accuracy
        if not self.left or len(self.reached) < len(self.left):
            return {}
        ranked = sorted(self.left, key=lambda n: (-self.reached[n], n))
        keep = set(ranked[: max(1, len(ranked) // eta)])
        decisions = {n: n in keep for n in ranked}
        self.left, self.reached = keep, {}
        return decisions


def restore(budgets: Budgets, trials: Sequence[Trial]) -> None:
    """Tells a new rule what the trials of a store have reached; what it decides is decided.

    Stage by stage, as a cohort must have decided one before it hears of the next.
    """
    most = max((len(trial.stages) for trial in trials), default=0)
    for stage in range(most + 1):
        for trial in trials:
            last = len(budgets.stages(trial.number)) - 1
            if stage < min(len(trial.stages), last):
                budgets.record(trial.number, stage, trial.stages[stage])
            elif stage == len(trial.stages) <= last and trial.done and trial.state != "stopped":
                # It failed here, was rejected, or was a network that is known.
                budgets.record(trial.number, stage, None)
