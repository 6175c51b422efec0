"""What was predicted of which architecture, and how well: for every controller that predicts."""

import dataclasses
import logging
import math
from collections import deque
from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri
from scipy.stats import kendalltau, rankdata, spearmanr

from nasnet.controller.history import Entry, from_table, to_table

_log = logging.getLogger(__name__)
_REPORTS = 1000  # so many are kept


@dataclasses.dataclass(frozen=True, slots=True)
class RankCorrelation:
    """How well a batch was predicted before it was observed.

    Args:
        observed: trials observed by then.
        spearman: rank correlation of prediction and reward; nan where all of one are equal.
        kendall: Kendall's tau-b of them, likewise.
    """

    observed: int
    spearman: float
    kendall: float


class Predictions:
    """Predictions that wait for their rewards, and reports on those that have them.

    Args:
        name: of the controller, for the log.
        batch: rewards in a report, two at least.
        window: predictions that wait at most; beyond it the oldest is forgotten.

    Attributes:
        pending: what was proposed and not yet observed, each with its prediction or nan.
    """

    def __init__(self, name: str, batch: int, window: int) -> None:
        self._name, self._batch = name, max(batch, 2)
        self.pending: deque[Entry] = deque(maxlen=window)
        self._outcomes: list[tuple[float, float]] = []  # observed and not yet reported
        self._reports: deque[RankCorrelation] = deque(maxlen=_REPORTS)

    @property
    def report(self) -> tuple[RankCorrelation, ...]:
        """How well each batch was predicted, the latest thousand."""
        return tuple(self._reports)

    def observe(self, choices: tuple[int, ...], reward: float, number: int) -> None:
        """Sets a reward beside its prediction, where there is one, and reports full batches.

        Args:
            choices: as they were predicted.
            reward: what came of them.
            number: of this trial, from 1.
        """
        predicted = next((entry for entry in self.pending if entry[0] == choices), None)
        if predicted is not None:
            self.pending.remove(predicted)
            if not math.isnan(predicted[1]):
                self._outcomes.append((predicted[1], reward))
        if len(self._outcomes) >= self._batch:
            found = _correlation(number, np.array(self._outcomes))
            if math.isnan(found.spearman):
                text = "all predictions or all rewards were equal"
            else:
                text = (
                    "predictions and rewards had a rank correlation of "
                    f"{found.spearman:.2f} (tau {found.kendall:.2f})"
                )
            _log.info("%s: of the last %d children, %s", self._name, len(self._outcomes), text)
            self._reports.append(found)
            self._outcomes.clear()

    def arrays(self, length: int) -> dict[str, np.ndarray]:
        """All of it, for a controller's state; `length` is the number of decisions."""
        pending, predicted = to_table(self.pending, length)
        reports = [dataclasses.astuple(report) for report in self._reports]
        return {
            "pending": pending,
            "predicted": predicted,
            "outcomes": np.array(self._outcomes, np.float64).reshape(-1, 2),
            "reports": np.array(reports, np.float64).reshape(-1, 3),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up `arrays`."""
        self.pending = deque(
            from_table(arrays["pending"], arrays["predicted"]), self.pending.maxlen
        )
        self._outcomes = [(a, b) for a, b in arrays["outcomes"].tolist()]
        self._reports = deque(
            (RankCorrelation(int(n), a, b) for n, a, b in arrays["reports"].tolist()), _REPORTS
        )


def normal_scores(rewards: np.ndarray) -> np.ndarray:
    """The normal quantile of each reward's rank, [N]: outliers become harmless."""
    return ndtri((rankdata(rewards) - 0.5) / len(rewards))


def _correlation(observed: int, outcomes: np.ndarray) -> RankCorrelation:
    """Of predictions and rewards, [N, 2]."""
    if (outcomes == outcomes[0]).all(axis=0).any():
        return RankCorrelation(observed, np.nan, np.nan)
    predictions, rewards = outcomes.T
    rho, tau = spearmanr(predictions, rewards), kendalltau(predictions, rewards)
    return RankCorrelation(observed, float(rho.statistic), float(tau.statistic))
