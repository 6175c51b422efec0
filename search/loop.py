"""The search: one driver owns the controller and the store, workers evaluate.

    propose -> executor.submit(task) -> results as they finish -> record -> observe

With one worker, or with `synchronous`, a search that was killed at any moment and is run again
proposes the very same sequence as one that never stopped; a limit of time decides its length alone.
"""

import dataclasses
import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nasnet.cells import Architecture, SearchSpace
from nasnet.controller.protocol import Controller
from nasnet.runtime.shown import in_notebook
from nasnet.search.budgets import Budgets, restore
from nasnet.search.clock import Clock
from nasnet.search.executors.base import Executor, Outcome
from nasnet.search.feedback import Feedback
from nasnet.search.record import Record
from nasnet.search.rules import Rules
from nasnet.search.schedule import Schedule
from nasnet.search.settings import LoopSettings, child_seed
from nasnet.search.shown import LiveDisplay, search_html
from nasnet.search.stores.base import Store
from nasnet.search.tasks import Evaluation
from nasnet.search.trial import State, Trial

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.5
_AT_ONCE = 100  # proposals before results are looked at again: they may all be known networks
_LOSSES = 3  # of a trial, behind which it is taken for their cause
_FRUITLESS = 1000  # proposals in a row without a new network, where their number has no bound


class Search:
    """A search that runs, or one that goes on from its store.

    All that an iteration of the loop changes is saved in one transaction, so that a kill undoes it
    as a whole.

    Args:
        space: what the choices stand for.
        controller: freshly constructed with the same arguments each time.
        store: the record; empty for a new search.
        executor: who evaluates.
        settings: the loop's.
        rules: what holds for every child.
        on_change: called with the search whenever trials have ended, and twice a second.

    Attributes:
        running: the trials that are being evaluated, by number.
    """

    def __init__(
        self,
        space: SearchSpace[Any],
        controller: Controller,
        store: Store,
        executor: Executor[Any, Evaluation],
        settings: LoopSettings,
        rules: Rules = Rules(),
        *,
        on_change: Callable[["Search"], None] = lambda search: None,
    ) -> None:
        self._space, self._controller, self._executor = space, controller, executor
        self._settings, self._rules = settings, rules
        self._on_change = LiveDisplay(on_change) if in_notebook() else on_change
        self._budgets = rules.budgets
        self._bound = math.inf if settings.trials is None else settings.trials
        self._stopping, self._short, self._fruitless = False, False, 0
        self._clock = Clock(store, settings.seconds)
        self._record = Record(store, controller.state)
        self._feedback = Feedback(
            controller,
            self._record,
            synchronous=settings.synchronous,
            failure_reward=rules.failure_reward,
            stages=None if rules.budgets is None else rules.budgets.stages,
        )
        to_do = ("waiting", "running")
        self._waiting = dict.fromkeys(t.number for t in self.trials if t.state in to_do)
        self._starting: list[Trial] = []
        self._busy: set[str] = set()  # keys of running trials
        self._imported = sum(trial.imported for trial in self.trials)
        self._schedule = Schedule(self._clock, rules, executor.free, self.trials)
        self.running = self._schedule.running
        if self._budgets is not None:
            restore(self._budgets, self.trials)
        if (state := store.controller_state()) is not None:
            controller.restore(state)

    @property
    def trials(self) -> list[Trial]:
        """All proposals so far, by number."""
        return self._record.trials

    def _repr_html_(self) -> str:
        """How far it is, for notebooks."""
        return search_html(self)

    @property
    def bound(self) -> int | None:
        """The number of trials in all; None where there is no bound."""
        return self._settings.trials

    @property
    def finished(self) -> int:
        """How many trials have ended, without those whose results are another search's."""
        return self._record.finished - self._imported

    @property
    def failed(self) -> int:
        """How many of these ended without a result."""
        return self._record.failed

    @property
    def over(self) -> bool:
        """Whether all trials have ended, or the time is up."""
        return self._clock.over or self.finished >= self._bound

    @property
    def left(self) -> float | None:
        """Seconds that it will go on, as far as that is known."""
        return self._schedule.left(self._bound - self.finished)

    @property
    def best(self) -> Trial | None:
        """The first of the complete trials with the highest reward."""
        return self._record.best

    def stop(self) -> None:
        """Lets `run` return as soon as the running children have ended."""
        self._stopping = True

    def run(self) -> None:
        """Evaluates until `settings.trials` have ended or the time is up, or until `stop`."""
        self._feedback.tell()
        while True:
            wait = self._fill()
            self._record.save_if_due()
            self._clock.keep()
            self._submit()
            self._on_change(self)
            if not self.running and (self._stopping or self._short or self.over):
                self._record.save()
                if self._short and not self.over:
                    self._clock.use_up()
                    if self._fruitless >= _FRUITLESS:
                        _log.warning("the last %d proposals were no new networks", _FRUITLESS)
                self._clock.keep(now=True)
                return
            # Where nothing runs and nothing is free, nodes may come.
            if self.running or not self._executor.free:
                for outcome in self._executor.wait(wait):
                    self._take(outcome)

    def _fill(self) -> float:
        """Finds free slots something to do, as far as there is anything to do, and time.

        Returns:
            Seconds to wait for results: none where there may be more to do.
        """
        self._short = False
        self._schedule.slots_are(self._executor.free + len(self.running))
        for _ in range(_AT_ONCE):
            if self._stopping or self._executor.free <= len(self._starting):
                break
            trial = self._next_waiting()
            if not self._time_for(trial):
                self._short = True
                if trial is not None:
                    self._put_first(trial.number)
                break
            if trial is not None:
                self._begin(trial)
            elif len(self._waiting) >= _AT_ONCE or not self._propose():
                break
        else:
            return 0.0
        return _TICK_SECONDS

    def _time_for(self, trial: Trial | None) -> bool:
        """Whether what is next of a trial will end in time; None is one to be proposed."""
        if trial is not None:
            return self._schedule.has_time(trial.number, len(trial.stages))
        known = math.isinf(self._bound) and self._fruitless >= _FRUITLESS
        return not known and self._schedule.has_time(len(self.trials))

    def _begin(self, trial: Trial) -> None:
        """Starts what is next of a trial, or ends it where nothing is to be evaluated."""
        self._fruitless += 1
        if trial.stages:  # a child that goes on
            self._start(trial)
        elif self._settings.reuse and (earlier := self._record.known(trial.key)) is not None:
            self._reuse(trial, earlier)
            self._record.save_if_due()
        elif (reason := self._rules.refusal(self._architecture(trial))) is not None:
            self._fail(trial, "rejected", reason)
            self._record.save_if_due()
        else:
            self._start(trial)

    def _next_waiting(self) -> Trial | None:
        """The first trial to do; one whose network is being evaluated just now has to wait."""
        busy = self._busy if self._settings.reuse else ()
        numbers = (number for number in self._waiting if self.trials[number].key not in busy)
        number = next(numbers, None)
        if number is None:
            return None
        del self._waiting[number]
        return self.trials[number]

    def _propose(self) -> bool:
        """Asks the controller for more; False where it must not be asked now."""
        room = self._bound - (len(self.trials) - self._imported)
        count = int(min(self._settings.batch, room))
        if count <= 0 or (self._settings.synchronous and (self._waiting or self.running)):
            return False
        for proposal in self._controller.propose(count):
            number = len(self.trials)
            architecture = self._space.decode(proposal.choices)
            seed = child_seed(self._settings.seed, number)
            trial = Trial(number, proposal, architecture.to_json(), architecture.key, seed)
            self._record.add(trial)
            self._waiting[number] = None
        self._record.controller_moved = True
        return True

    def _architecture(self, trial: Trial) -> Architecture:
        return self._space.decode(trial.proposal.choices)

    def _start(self, trial: Trial) -> None:
        trial = dataclasses.replace(trial, state="running", attempt=trial.attempt + 1)
        self._record.change(trial)
        self._schedule.started(trial.number)
        self._fruitless = 0
        self._busy.add(trial.key)
        self._starting.append(trial)

    def _submit(self) -> None:
        for trial in self._starting:
            task = self._rules.task_of(trial, self._architecture(trial))
            self._executor.submit(trial.number, task)
        self._starting.clear()

    def _take(self, outcome: Outcome[Evaluation]) -> None:
        """Takes what a worker gave."""
        trial = self.trials[outcome.number]
        if outcome.state == "lost":
            self._lose(trial, outcome.error)
            return
        self._schedule.stopped(trial, outcome.seconds)
        trial = trial.ran(outcome.seconds, self._clock.spent)
        self._busy.discard(trial.key)
        self._record.unsaved_seconds += outcome.seconds
        if outcome.state != "complete":
            self._fail(trial, outcome.state, outcome.error)
        elif not isinstance(outcome.result, Evaluation):
            text = f"the evaluator gave {outcome.result!r:.60}, expected an Evaluation"
            self._fail(trial, "error", text)
        elif not np.isfinite(outcome.result.reward):
            self._fail(trial, "diverged", "the reward is not a finite number")
        elif self._budgets is None:
            found = outcome.result
            self._finish(trial.with_result("complete", found.reward, found.metrics))
        else:
            self._take_stage(trial, outcome.result, self._budgets)

    def _lose(self, trial: Trial, reason: str) -> None:
        """Puts a trial that was lost without any fault of its own first among those to do."""
        self._schedule.lost(trial.number)
        self._busy.discard(trial.key)
        trial = trial.lost_with(reason)
        if len(trial.lost) < _LOSSES:
            _log.warning("trial %d was lost (%s) and will be done again", trial.number, reason)
            self._record.change(trial)
            self._put_first(trial.number)
        else:
            self._fail(trial, "died", f"lost {_LOSSES} times, at last as {reason}")

    def _take_stage(self, trial: Trial, evaluation: Evaluation, budgets: Budgets) -> None:
        stages = [*trial.stages, evaluation.reward]
        metrics = {**evaluation.metrics, "stages": stages}
        if again := metrics.get("trained_again"):
            text = "trial %d: %d epochs were trained again: what they had left is elsewhere"
            _log.warning(text, trial.number, again)
        if len(stages) == len(budgets.stages(trial.number)):
            self._finish(trial.with_result("complete", evaluation.reward, metrics))
        else:
            self._record.change(trial.with_result("paused", None, metrics))
            self._decide(budgets.record(trial.number, len(stages) - 1, evaluation.reward))

    def _decide(self, decisions: Mapping[int, bool]) -> None:
        """Lets paused trials go on, before any new one starts, or ends them."""
        for number, goes_on in decisions.items():
            trial = self.trials[number]
            if goes_on:
                self._record.change(dataclasses.replace(trial, state="waiting"))
                self._put_first(number)
            else:
                self._finish(trial.with_result("stopped", trial.stages[-1], trial.metrics))

    def _put_first(self, number: int) -> None:
        self._waiting = {number: None, **self._waiting}

    def _reuse(self, trial: Trial, earlier: Trial) -> None:
        text = "trial %d is the network of trial %d again and takes its reward, %.4f"
        _log.info(text, trial.number, earlier.number, earlier.reward)
        metrics = {name: v for name, v in earlier.metrics.items() if name != "stages"}
        trial = dataclasses.replace(trial, reused_from=earlier.number)
        self._finish(trial.with_result(earlier.state, earlier.reward, metrics))

    def _fail(self, trial: Trial, state: State, error: str) -> None:
        level = logging.INFO if state == "rejected" else logging.WARNING
        _log.log(level, "trial %d failed (%s): %s", trial.number, state, error)
        self._finish(dataclasses.replace(trial, state=state, error=error))

    def _finish(self, trial: Trial) -> None:
        self._record.end(trial)
        self._schedule.ended(trial)
        self._feedback.ended(trial.number)
        if self._budgets is not None and (trial.failed or trial.reused_from is not None):
            self._decide(self._budgets.record(trial.number, len(trial.stages), None))
