"""The search: one driver owns the controller and the store, workers evaluate.

With one worker, or with `synchronous`, a search that was killed at any moment and is run again
proposes the very same sequence as one that never stopped.
"""

import dataclasses
import logging
from collections.abc import Callable, Sequence

import numpy as np

from cells import Genotype, SearchSpace
from controller.protocol import Controller
from search.evaluators import Evaluation
from search.executors import Executor, Outcome
from search.store import TrialStore
from search.trial import Trial

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """How the loop decides where the controller does not.

    Args:
        trials: proposals in all, failed and repeated ones included.
        seed: from which each trial's own seed is derived.
        synchronous: whether the controller hears of a batch only when all of it has ended, so that
            the order in which workers finish does not matter.
        batch: proposals that are asked for at a time.
        reuse: whether a network that was evaluated before keeps its result.
        failure_reward: what the controller is told of a child that failed.

    Raises:
        ValueError: a number is below 1 or the reward is not finite.
    """

    trials: int
    seed: int = 0
    synchronous: bool = False
    batch: int = 1
    reuse: bool = True
    failure_reward: float = 0.0

    def __post_init__(self) -> None:
        for name in ("trials", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least 1")
        if not np.isfinite(self.failure_reward):
            raise ValueError(f"failure_reward is {self.failure_reward}, expected a finite number")


class Search:
    """A search that runs, or one that goes on from its store.

    Args:
        space: what the choices stand for.
        controller: freshly constructed with the same arguments each time.
        store: the record; empty for a new search.
        executor: who evaluates.
        policy: the loop's settings.
        on_change: called with the search whenever trials have ended, and twice a second.

    Attributes:
        trials: all proposals so far, by number.
        running: numbers of the trials that are being evaluated.
        finished: how many trials have ended.
        best: the first of the complete trials with the highest reward.
    """

    def __init__(
        self,
        space: SearchSpace[Genotype],
        controller: Controller,
        store: TrialStore,
        executor: Executor,
        policy: Policy,
        *,
        on_change: Callable[["Search"], None] = lambda search: None,
    ) -> None:
        self._space, self._controller, self._store = space, controller, store
        self._executor, self._policy, self._on_change = executor, policy, on_change
        self._stopping = False
        self.trials = store.trials()
        self.running: set[int] = set()
        self.finished = sum(trial.done for trial in self.trials)
        self.best = best_trial(self.trials)
        self._waiting = [trial.number for trial in self.trials if not trial.done]
        self._known: dict[str, int] = {}
        for trial in self.trials:
            self._remember(trial)
        if (state := store.controller_state()) is not None:
            controller.restore(state)

    def stop(self) -> None:
        """Lets `run` return as soon as the running children have ended."""
        self._stopping = True

    def run(self) -> None:
        """Evaluates until `policy.trials` have ended, or until `stop`."""
        self._observe_finished()
        while True:
            if not self._stopping:
                self._fill()
            self._on_change(self)
            if not self.running and (self._stopping or self.finished >= self._policy.trials):
                return
            for outcome in self._executor.wait(_TICK_SECONDS) if self.running else []:
                self._record(outcome)

    def _fill(self) -> None:
        """Gives every free slot something to do, as far as there is anything to do."""
        while self._executor.free:
            trial = self._next_waiting()
            if trial is None:
                if not self._propose():
                    return
                continue
            if self._policy.reuse and trial.key in self._known:
                self._reuse(trial)
                continue
            self._start(trial)

    def _next_waiting(self) -> Trial | None:
        """The first trial to do; one whose network is being evaluated just now has to wait."""
        busy = {self.trials[number].key for number in self.running} if self._policy.reuse else ()
        numbers = (number for number in self._waiting if self.trials[number].key not in busy)
        number = next(numbers, None)
        if number is None:
            return None
        self._waiting.remove(number)
        return self.trials[number]

    def _propose(self) -> bool:
        """Asks the controller for more; False where it must not be asked now."""
        room = self._policy.trials - len(self.trials)
        if room <= 0 or (self._policy.synchronous and (self._waiting or self.running)):
            return False
        fresh: list[Trial] = []
        for proposal in self._controller.propose(min(room, self._policy.batch)):
            number = len(self.trials) + len(fresh)
            genotype = self._space.decode(proposal.choices)
            seed = child_seed(self._policy.seed, number)
            fresh.append(Trial(number, proposal, genotype.to_json(), genotype.key, seed))
        self._store.save(fresh, self._controller.state())
        self.trials += fresh
        self._waiting += [trial.number for trial in fresh]
        return True

    def _start(self, trial: Trial) -> None:
        trial = dataclasses.replace(trial, state="running", attempt=trial.attempt + 1)
        self._store.save([trial])
        self.trials[trial.number] = trial
        self.running.add(trial.number)
        self._executor.submit(trial.number, Genotype.from_json(trial.genotype), trial.seed)

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
                state="complete",
                reward=earlier.reward,
                metrics=earlier.metrics,
                reused_from=earlier.number,
            )
        )

    def _record(self, outcome: Outcome) -> None:
        self.running.remove(outcome.number)
        trial = dataclasses.replace(
            self.trials[outcome.number], seconds=outcome.seconds, error=outcome.error
        )
        evaluation = outcome.evaluation or Evaluation(self._policy.failure_reward)
        state = outcome.state
        if not np.isfinite(evaluation.reward):
            state, evaluation = "diverged", Evaluation(self._policy.failure_reward)
            trial = dataclasses.replace(trial, error="the reward is not a finite number")
        trial = dataclasses.replace(
            trial, state=state, reward=evaluation.reward, metrics=evaluation.metrics
        )
        if trial.failed:
            _log.warning("trial %d failed (%s): %s", trial.number, trial.state, trial.error)
        self._finish(trial)

    def _finish(self, trial: Trial) -> None:
        self.trials[trial.number] = trial
        self.finished += 1
        self.best = best_trial([self.best, trial] if self.best else [trial])
        self._remember(trial)
        if self._policy.synchronous:
            self._store.save([trial])
            self._observe_finished()
        else:
            self._observe([trial])

    def _observe_finished(self) -> None:
        """Tells the controller what it has not heard; a synchronous batch only as a whole."""
        heard = len(self.trials)
        while heard > 0 and not self.trials[heard - 1].observed:
            heard -= 1
        fresh = self.trials[heard:]
        if fresh and all(trial.done for trial in fresh):
            self._observe(fresh)

    def _observe(self, trials: Sequence[Trial]) -> None:
        rewards = [trial.reward for trial in trials if trial.reward is not None]
        self._controller.observe([trial.proposal for trial in trials], rewards)
        told = [dataclasses.replace(trial, observed=True) for trial in trials]
        self._store.save(told, self._controller.state())
        for trial in told:
            self.trials[trial.number] = trial

    def _remember(self, trial: Trial) -> None:
        if trial.state == "complete":
            self._known.setdefault(trial.key, trial.number)


def best_trial(trials: Sequence[Trial]) -> Trial | None:
    """The first of the complete trials with the highest reward."""
    complete = [trial for trial in trials if trial.state == "complete"]
    return max(complete, key=lambda trial: (trial.reward or 0.0, -trial.number), default=None)


def child_seed(seed: int, number: int) -> int:
    """The seed of trial `number`, below 2**31, from the search's own."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1)
