"""The search: one driver owns the controller and the store, workers evaluate.

With one worker, or with `synchronous`, a search that was killed at any moment and is run again
proposes the very same sequence as one that never stopped.
"""

import dataclasses
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.protocol import Controller
from nasnet.search.budgets import Budgets, Stage, restore
from nasnet.search.evaluators import Evaluation
from nasnet.search.executors import Executor, Outcome
from nasnet.search.memory_store import Store
from nasnet.search.policy import Policy, best_trial, child_seed
from nasnet.search.trial import State, Trial

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.5
_GROUP_SECONDS = 0.02


class Search:
    """A search that runs, or one that goes on from its store.

    All that an iteration of the loop changes is saved in one transaction, so that a kill undoes it
    as a whole. Children of some milliseconds share a transaction: what a kill undoes, beside the
    running children, is at most 20 ms of finished ones.

    Args:
        space: what the choices stand for.
        controller: freshly constructed with the same arguments each time.
        store: the record; empty for a new search.
        executor: who evaluates.
        policy: the loop's settings.
        budgets: which children are trained to the end; None for all. The executor is given a
            `Stage` instead of an architecture then.
        limit: says why an architecture is not evaluated, or None where it is.
        on_change: called with the search whenever trials have ended, and twice a second.

    Attributes:
        trials: all proposals so far, by number.
        running: numbers of the trials that are being evaluated.
        finished: how many trials have ended.
        failed: how many of these ended without a result.
        best: the first of the complete trials with the highest reward.
    """

    def __init__(
        self,
        space: SearchSpace[Any],
        controller: Controller,
        store: Store,
        executor: Executor,
        policy: Policy,
        *,
        budgets: Budgets | None = None,
        limit: Callable[[Any], str | None] | None = None,
        on_change: Callable[["Search"], None] = lambda search: None,
    ) -> None:
        self._space, self._controller, self._store = space, controller, store
        self._executor, self._policy, self._on_change = executor, policy, on_change
        self._budgets, self._limit = budgets, limit
        self._stopping = False
        self.trials = store.trials()
        self.running: set[int] = set()
        self.finished = sum(trial.done for trial in self.trials)
        self.failed = sum(trial.failed for trial in self.trials)
        self.best = best_trial(self.trials)
        to_do = [trial for trial in self.trials if trial.state in ("waiting", "running")]
        self._waiting = dict.fromkeys(trial.number for trial in to_do)
        self._starting: list[Trial] = []
        self._busy: set[str] = set()  # keys of running trials
        self._known: dict[str, int] = {}
        for trial in self.trials:
            self._remember(trial)
        self._heard = sum(trial.observed for trial in self.trials)
        self._unsaved: dict[int, Trial] = {}
        self._unsaved_seconds, self._saved_at = 0.0, -math.inf
        self._controller_moved = False
        if budgets is not None:
            restore(budgets, self.trials)
        if (state := store.controller_state()) is not None:
            controller.restore(state)

    def stop(self) -> None:
        """Lets `run` return as soon as the running children have ended."""
        self._stopping = True

    def run(self) -> None:
        """Evaluates until `policy.trials` have ended, or until `stop`."""
        if self._policy.synchronous:
            self._observe_batch()
        while True:
            self._fill()
            self._save_if_due()
            self._submit()
            self._on_change(self)
            if not self.running and (self._stopping or self.finished >= self._policy.trials):
                self._save()
                return
            for outcome in self._executor.wait(_TICK_SECONDS) if self.running else []:
                self._record(outcome)

    def _fill(self) -> None:
        """Finds every free slot something to do, as far as there is anything to do."""
        while self._executor.free > len(self._starting) and not self._stopping:
            trial = self._next_waiting()
            if trial is None:
                if not self._propose():
                    return
            elif trial.stages:  # a child that goes on
                self._start(trial)
            elif self._policy.reuse and trial.key in self._known:
                self._reuse(trial)
                self._save_if_due()
            elif (reason := self._refusal(trial)) is not None:
                self._fail(trial, "rejected", reason)
                self._save_if_due()
            else:
                self._start(trial)

    def _next_waiting(self) -> Trial | None:
        """The first trial to do; one whose network is being evaluated just now has to wait."""
        busy = self._busy if self._policy.reuse else ()
        numbers = (number for number in self._waiting if self.trials[number].key not in busy)
        number = next(numbers, None)
        if number is None:
            return None
        del self._waiting[number]
        return self.trials[number]

    def _propose(self) -> bool:
        """Asks the controller for more; False where it must not be asked now."""
        room = self._policy.trials - len(self.trials)
        if room <= 0 or (self._policy.synchronous and (self._waiting or self.running)):
            return False
        for proposal in self._controller.propose(min(room, self._policy.batch)):
            number = len(self.trials)
            architecture = self._space.decode(proposal.choices)
            seed = child_seed(self._policy.seed, number)
            trial = Trial(number, proposal, architecture.to_json(), architecture.key, seed)
            self.trials.append(trial)
            self._change(trial)
            self._waiting[number] = None
        self._controller_moved = True
        return True

    def _start(self, trial: Trial) -> None:
        trial = dataclasses.replace(trial, state="running", attempt=trial.attempt + 1)
        self._change(trial)
        self.running.add(trial.number)
        self._busy.add(trial.key)
        self._starting.append(trial)

    def _submit(self) -> None:
        for trial in self._starting:
            task: Any = self._space.decode(trial.proposal.choices)
            if self._budgets is not None:
                stages, done = self._budgets.stages(trial.number), len(trial.stages)
                task = Stage(task, trial.number, stages[done], last=done + 1 == len(stages))
            self._executor.submit(trial.number, task, trial.seed)
        self._starting.clear()

    def _refusal(self, trial: Trial) -> str | None:
        """Why a network is not to be trained."""
        return self._limit(self._space.decode(trial.proposal.choices)) if self._limit else None

    def _reuse(self, trial: Trial) -> None:
        earlier = self.trials[self._known[trial.key]]
        _log.info(
            "trial %d is the network of trial %d again and takes its reward, %.4f",
            trial.number,
            earlier.number,
            earlier.reward,
        )
        self._finish(
            dataclasses.replace(
                trial,
                state=earlier.state,
                reward=earlier.reward,
                metrics={k: v for k, v in earlier.metrics.items() if k != "stages"},
                reused_from=earlier.number,
            )
        )

    def _record(self, outcome: Outcome) -> None:
        self.running.remove(outcome.number)
        trial = self.trials[outcome.number]
        trial = dataclasses.replace(trial, seconds=outcome.seconds + self._spent(trial))
        self._busy.discard(trial.key)
        self._unsaved_seconds += outcome.seconds
        if outcome.evaluation is None:
            self._fail(trial, outcome.state, outcome.error)
        elif not np.isfinite(outcome.evaluation.reward):
            self._fail(trial, "diverged", "the reward is not a finite number")
        elif self._budgets is None:
            self._finish(_ended(trial, "complete", outcome.evaluation))
        else:
            self._record_stage(trial, outcome.evaluation, self._budgets)

    def _spent(self, trial: Trial) -> float:
        """Seconds of the stages that are done."""
        return trial.seconds if trial.stages else 0.0

    def _record_stage(self, trial: Trial, evaluation: Evaluation, budgets: Budgets) -> None:
        stages = [*trial.stages, evaluation.reward]
        evaluation = Evaluation(evaluation.reward, {**evaluation.metrics, "stages": stages})
        if len(stages) == len(budgets.stages(trial.number)):
            self._finish(_ended(trial, "complete", evaluation))
        else:
            self._change(dataclasses.replace(trial, state="paused", metrics=evaluation.metrics))
            self._decide(budgets.record(trial.number, len(stages) - 1, evaluation.reward))

    def _decide(self, decisions: Mapping[int, bool]) -> None:
        """Lets paused trials go on, before any new one starts, or ends them."""
        for number, goes_on in decisions.items():
            trial = self.trials[number]
            if goes_on:
                self._change(dataclasses.replace(trial, state="waiting"))
                self._waiting = {number: None, **self._waiting}
            else:
                evaluation = Evaluation(trial.stages[-1], trial.metrics)
                self._finish(_ended(trial, "stopped", evaluation))

    def _fail(self, trial: Trial, state: State, error: str) -> None:
        level = logging.INFO if state == "rejected" else logging.WARNING
        _log.log(level, "trial %d failed (%s): %s", trial.number, state, error)
        failed = dataclasses.replace(trial, error=error)
        reward = Evaluation(self._policy.failure_reward, trial.metrics)
        self._finish(_ended(failed, state, reward))

    def _finish(self, trial: Trial) -> None:
        self._change(trial)
        self.finished += 1
        self.failed += trial.failed
        self.best = best_trial([self.best, trial] if self.best else [trial])
        self._remember(trial)
        if self._policy.synchronous:
            self._observe_batch()
        else:
            self._observe([trial])
        if self._budgets is not None and (trial.failed or trial.reused_from is not None):
            self._decide(self._budgets.record(trial.number, len(trial.stages), None))

    def _observe_batch(self) -> None:
        """Tells the controller of a synchronous batch, once all of it has ended."""
        if self.finished == len(self.trials) > self._heard:
            self._observe(self.trials[self._heard :])

    def _observe(self, trials: Sequence[Trial]) -> None:
        rewards = [trial.reward for trial in trials if trial.reward is not None]
        self._controller.observe([trial.proposal for trial in trials], rewards)
        self._controller_moved = True
        self._heard += len(trials)
        for trial in trials:
            self._change(dataclasses.replace(trial, observed=True))

    def _change(self, trial: Trial) -> None:
        self.trials[trial.number] = trial
        self._unsaved[trial.number] = trial

    def _save_if_due(self) -> None:
        waited = time.monotonic() - self._saved_at
        if max(self._unsaved_seconds, waited) >= _GROUP_SECONDS:
            self._save()

    def _save(self) -> None:
        """Writes what has changed since the last time: all of it or nothing."""
        if not self._unsaved:
            return
        moved = self._controller_moved and self._store.durable
        self._store.save(self._unsaved.values(), self._controller.state() if moved else None)
        self._unsaved.clear()
        self._controller_moved = False
        self._unsaved_seconds, self._saved_at = 0.0, time.monotonic()

    def _remember(self, trial: Trial) -> None:
        if trial.state in ("complete", "stopped"):
            self._known.setdefault(trial.key, trial.number)


def _ended(trial: Trial, state: State, evaluation: Evaluation) -> Trial:
    return dataclasses.replace(
        trial, state=state, reward=evaluation.reward, metrics=evaluation.metrics
    )
