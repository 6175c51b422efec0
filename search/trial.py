"""One child of a search: what was proposed and what came of it."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

from nasnet.controller.protocol import Proposal
from nasnet.runtime.shown import table

State = Literal[
    "waiting",
    "running",
    "paused",
    "complete",
    "stopped",
    "error",
    "diverged",
    "timeout",
    "died",
    "rejected",
]
_ORIGIN, _LOST, _SPANS = "origin", "lost", "spans"
_KEPT = (_ORIGIN, _LOST, _SPANS)
FAILURES: tuple[State, ...] = ("error", "diverged", "timeout", "died", "rejected")


@dataclasses.dataclass(frozen=True, slots=True)
class Trial:
    """A proposal and its outcome, as one row of the store.

    Attributes:
        number: from 0, in the order of the proposals.
        proposal: what the controller chose.
        genotype: the architecture as JSON.
        key: shared by equal networks.
        seed: of the child's weights and its data order.
        state: "waiting" and "running" are to be done, "paused" waits until it can be compared with
            others; "complete" has a reward of its own, "stopped" that of a training cut short; the
            others are ways to fail: an exception, a loss that is not finite, too much time, a dead
            process, or a network beyond a limit, which was not trained.
        attempt: how often it was started.
        reward: what the controller is told; None before the end.
        observed: whether the controller has been told.
        reused_from: the earlier trial of the same network whose result this one takes.
        metrics: JSON values that the evaluator gave, such as the accuracy of each epoch; and the
            `origin` of a known cell, what attempts were `lost` with, and the `spans` of time that
            it was evaluated in.
        seconds: wall time of the last attempt.
        error: one line about a failure.
    """

    number: int
    proposal: Proposal
    genotype: str
    key: str
    seed: int
    state: State = "waiting"
    attempt: int = 0
    reward: float | None = None
    observed: bool = False
    reused_from: int | None = None
    metrics: dict[str, Any] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""

    def _repr_html_(self) -> str:
        """What is known of it, for notebooks."""
        reward = "" if self.reward is None else f"{self.reward:.4f}"
        row = (self.number, self.state, reward, self.key, f"{self.seconds:.1f}", self.error)
        return table(("trial", "state", "reward", "network", "seconds", "error"), [row])

    @property
    def done(self) -> bool:
        """Whether nothing remains to be evaluated."""
        return self.state not in ("waiting", "running", "paused")

    @property
    def stages(self) -> list[float]:
        """The accuracy behind each stage so far, where a search has budgets."""
        return self.metrics.get("stages", [])

    @property
    def origin(self) -> str:
        """Where a known cell comes from, which no controller proposed; empty for proposals."""
        return self.metrics.get(_ORIGIN, "")

    @property
    def imported(self) -> bool:
        """Whether its result is that of another search."""
        fresh = self.attempt == 0 and self.reused_from is None
        return bool(self.origin) and self.state == "complete" and fresh

    @property
    def measured(self) -> dict[str, Any]:
        """What the evaluator gave of the metrics."""
        return {name: value for name, value in self.metrics.items() if name not in _KEPT}

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Begin and end of each of its tasks in seconds of the search; none of version 0.1."""
        return [(begin, end) for begin, end in self.metrics.get(_SPANS, ())]

    def ran(self, seconds: float, now: float) -> "Trial":
        """The trial behind a task that took some seconds and has just ended.

        Args:
            seconds: wall time of the task; that of a stage is added to those before.
            now: seconds of the search.
        """
        spans = [*self.spans, (round(max(0.0, now - seconds), 3), round(now, 3))]
        spent = self.seconds if self.stages else 0.0
        metrics = {**self.metrics, _SPANS: [list(span) for span in spans]}
        return dataclasses.replace(self, seconds=seconds + spent, metrics=metrics)

    def with_result(self, state: State, reward: float | None, metrics: dict[str, Any]) -> "Trial":
        """The trial in another state, with a reward or none yet; what the search knows stays."""
        found = {name: value for name, value in metrics.items() if name not in _KEPT}
        kept = {name: value for name, value in self.metrics.items() if name in _KEPT and value}
        return dataclasses.replace(self, state=state, reward=reward, metrics=found | kept)

    @property
    def lost(self) -> list[str]:
        """What each attempt that came to nothing was lost with, such as a node that was gone."""
        return self.metrics.get(_LOST, [])

    def lost_with(self, reason: str) -> "Trial":
        """The trial behind one such attempt more, to be done again."""
        metrics = {**self.metrics, _LOST: [*self.lost, reason]}
        return dataclasses.replace(self, state="waiting", metrics=metrics)

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return self.state in FAILURES


def best_trial(trials: Sequence[Trial]) -> Trial | None:
    """The first of the complete trials with the highest reward."""
    complete = [trial for trial in trials if trial.state == "complete"]
    return max(complete, key=lambda trial: (trial.reward or 0.0, -trial.number), default=None)
