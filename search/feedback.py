"""What the controller is told of trials that have ended, and what failing earns."""

import dataclasses
from collections.abc import Callable, Sequence

from nasnet.controller.protocol import Controller, Proposal
from nasnet.search.record import Record
from nasnet.search.trial import Trial


class Feedback:
    """Tells a controller of each trial once, when it is its turn; of known cells, as of such.

    A failure earns what its evaluator names; or, where that is None, the lowest reward so far: of
    all children that the controller has heard of and of those it hears of with the failure. It is
    never above what a child that ran has earned, and follows from the record alone, so that a
    search that goes on tells the same. While no child has run there is no such reward, and failures
    wait for the first one.

    Args:
        controller: is told.
        record: of the trials.
        synchronous: whether it hears of a batch only when all of it has ended.
        failure_reward: what a failure earns; None is the lowest reward so far.
        stages: the epochs at the end of each stage of a trial, in a search with budgets.
    """

    def __init__(
        self,
        controller: Controller,
        record: Record,
        *,
        synchronous: bool,
        failure_reward: float | None,
        stages: Callable[[int], Sequence[int]] | None = None,
    ) -> None:
        self._controller, self._record = controller, record
        self._synchronous, self._failure_reward = synchronous, failure_reward
        self._stages = stages
        self._lowest: float | None = None
        self._unheard: list[int] = []  # in the order of their ends
        for trial in record.trials:
            if trial.observed:
                self._hear(trial.reward, trial.failed)
            elif trial.done:
                self._unheard.append(trial.number)

    def ended(self, number: int) -> None:
        """Takes note of a trial that has ended, and tells what can be told."""
        self._unheard.append(number)
        self.tell()

    def tell(self) -> None:
        """Tells what can be told: of a synchronous batch nothing before all of it has ended."""
        record = self._record
        if not self._unheard or (self._synchronous and record.finished < len(record.trials)):
            return
        numbers = sorted(self._unheard) if self._synchronous else self._unheard
        trials = [record.trials[number] for number in numbers]
        for trial in trials:
            self._hear(trial.reward, trial.failed)
        failure = self._lowest if self._failure_reward is None else self._failure_reward
        if failure is None:
            return
        told = [dataclasses.replace(t, reward=failure) if t.failed else t for t in trials]
        observe_curves = getattr(self._controller, "observe_curves", None)
        known = [trial for trial in told if trial.origin]
        if self._stages is not None and observe_curves is not None:
            observe_curves(*_pairs(told), [_curve(self._stages(t.number), t) for t in told])
        else:
            if known:
                getattr(self._controller, "adopt", self._controller.observe)(*_pairs(known))
            if len(known) < len(told):
                self._controller.observe(*_pairs([t for t in told if not t.origin]))
        record.controller_moved = True
        for trial in told:
            record.change(dataclasses.replace(trial, observed=True))
        self._unheard = []

    def _hear(self, reward: float | None, failed: bool) -> None:
        if reward is not None and not failed:
            self._lowest = reward if self._lowest is None else min(self._lowest, reward)


def _pairs(trials: Sequence[Trial]) -> tuple[list[Proposal], list[float]]:
    """Proposals, and the reward of each."""
    return [t.proposal for t in trials], [t.reward for t in trials if t.reward is not None]


def _curve(epochs: Sequence[int], trial: Trial) -> dict[int, float]:
    """The accuracy behind each stage of a trial; one that failed has its reward at the end."""
    curve = dict(zip(epochs, trial.stages, strict=False))
    if trial.reward is not None and (trial.failed or not curve):
        curve[epochs[-1]] = trial.reward
    return curve
