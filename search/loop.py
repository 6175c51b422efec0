"""The search: one driver owns the controller and the store, workers evaluate.

    propose -> executor.submit(task) -> results as they finish -> record -> observe

With one worker, or with `synchronous`, a search that was killed at any moment and is run again
proposes the very same sequence as one that never stopped.
"""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nasnet.cells import Architecture, SearchSpace
from nasnet.controller.protocol import Controller
from nasnet.search.budgets import Budgets, restore
from nasnet.search.executors.base import Executor, Outcome
from nasnet.search.feedback import Feedback
from nasnet.search.record import Record
from nasnet.search.rules import Rules
from nasnet.search.settings import LoopSettings, child_seed
from nasnet.search.stores.base import Store
from nasnet.search.tasks import Evaluation
from nasnet.search.trial import State, Trial

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.5


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
        running: numbers of the trials that are being evaluated.
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
        self._settings, self._rules, self._on_change = settings, rules, on_change
        self._budgets = rules.budgets
        self._stopping = False
        self._record = Record(store, controller.state)
        self._feedback = Feedback(
            controller,
            self._record,
            synchronous=settings.synchronous,
            failure_reward=rules.failure_reward,
        )
        self.running: set[int] = set()
        to_do = [trial for trial in self.trials if trial.state in ("waiting", "running")]
        self._waiting = dict.fromkeys(trial.number for trial in to_do)
        self._starting: list[Trial] = []
        self._busy: set[str] = set()  # keys of running trials
        if self._budgets is not None:
            restore(self._budgets, self.trials)
        if (state := store.controller_state()) is not None:
            controller.restore(state)

    @property
    def trials(self) -> list[Trial]:
        """All proposals so far, by number."""
        return self._record.trials

    @property
    def finished(self) -> int:
        """How many trials have ended."""
        return self._record.finished

    @property
    def failed(self) -> int:
        """How many of these ended without a result."""
        return self._record.failed

    @property
    def best(self) -> Trial | None:
        """The first of the complete trials with the highest reward."""
        return self._record.best

    def stop(self) -> None:
        """Lets `run` return as soon as the running children have ended."""
        self._stopping = True

    def run(self) -> None:
        """Evaluates until `settings.trials` have ended, or until `stop`."""
        self._feedback.tell()
        while True:
            self._fill()
            self._record.save_if_due()
            self._submit()
            self._on_change(self)
            if not self.running and (self._stopping or self.finished >= self._settings.trials):
                self._record.save()
                return
            for outcome in self._executor.wait(_TICK_SECONDS) if self.running else []:
                self._take(outcome)

    def _fill(self) -> None:
        """Finds every free slot something to do, as far as there is anything to do."""
        while self._executor.free > len(self._starting) and not self._stopping:
            trial = self._next_waiting()
            if trial is None:
                if not self._propose():
                    return
            elif trial.stages:  # a child that goes on
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
        room = self._settings.trials - len(self.trials)
        if room <= 0 or (self._settings.synchronous and (self._waiting or self.running)):
            return False
        for proposal in self._controller.propose(min(room, self._settings.batch)):
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
        self.running.add(trial.number)
        self._busy.add(trial.key)
        self._starting.append(trial)

    def _submit(self) -> None:
        for trial in self._starting:
            task = self._rules.task_of(trial, self._architecture(trial))
            self._executor.submit(trial.number, task)
        self._starting.clear()

    def _take(self, outcome: Outcome[Evaluation]) -> None:
        """Takes what a worker gave."""
        self.running.remove(outcome.number)
        trial = self.trials[outcome.number]
        spent = trial.seconds if trial.stages else 0.0
        trial = dataclasses.replace(trial, seconds=outcome.seconds + spent)
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
            self._finish(_ended(trial, "complete", outcome.result))
        else:
            self._take_stage(trial, outcome.result, self._budgets)

    def _take_stage(self, trial: Trial, evaluation: Evaluation, budgets: Budgets) -> None:
        stages = [*trial.stages, evaluation.reward]
        evaluation = Evaluation(evaluation.reward, {**evaluation.metrics, "stages": stages})
        if len(stages) == len(budgets.stages(trial.number)):
            self._finish(_ended(trial, "complete", evaluation))
        else:
            paused = dataclasses.replace(trial, state="paused", metrics=evaluation.metrics)
            self._record.change(paused)
            self._decide(budgets.record(trial.number, len(stages) - 1, evaluation.reward))

    def _decide(self, decisions: Mapping[int, bool]) -> None:
        """Lets paused trials go on, before any new one starts, or ends them."""
        for number, goes_on in decisions.items():
            trial = self.trials[number]
            if goes_on:
                self._record.change(dataclasses.replace(trial, state="waiting"))
                self._waiting = {number: None, **self._waiting}
            else:
                evaluation = Evaluation(trial.stages[-1], trial.metrics)
                self._finish(_ended(trial, "stopped", evaluation))

    def _reuse(self, trial: Trial, earlier: Trial) -> None:
        text = "trial %d is the network of trial %d again and takes its reward, %.4f"
        _log.info(text, trial.number, earlier.number, earlier.reward)
        metrics = {name: v for name, v in earlier.metrics.items() if name != "stages"}
        evaluation = Evaluation(earlier.reward or 0.0, metrics)
        trial = dataclasses.replace(trial, reused_from=earlier.number)
        self._finish(_ended(trial, earlier.state, evaluation))

    def _fail(self, trial: Trial, state: State, error: str) -> None:
        level = logging.INFO if state == "rejected" else logging.WARNING
        _log.log(level, "trial %d failed (%s): %s", trial.number, state, error)
        self._finish(dataclasses.replace(trial, state=state, error=error))

    def _finish(self, trial: Trial) -> None:
        self._record.end(trial)
        self._feedback.ended(trial.number)
        if self._budgets is not None and (trial.failed or trial.reused_from is not None):
            self._decide(self._budgets.record(trial.number, len(trial.stages), None))


def _ended(trial: Trial, state: State, evaluation: Evaluation) -> Trial:
    return dataclasses.replace(
        trial, state=state, reward=evaluation.reward, metrics=evaluation.metrics
    )
