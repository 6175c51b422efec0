"""Surrogate search: a learned predictor ranks many architectures, the best of them are tried.

After Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section
4.2, whose predictor is an LSTM or an ensemble of small networks. Ours is a Gaussian process, which
needs far fewer trials and says how sure it is. Cells do not grow block by block as they do there:
proposals are whole architectures of the space, so that all rewards can be compared.
"""

import dataclasses
import logging
from collections import deque
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri
from scipy.stats import kendalltau, rankdata, spearmanr

from controller.checks import Decisions, check_count, check_seed, check_trials
from controller.choices import choices_of
from controller.gaussian_process import GaussianProcess
from controller.history import remembered
from controller.protocol import Proposal
from controller.settings_search import SurrogateSettings
from controller.state import pack, unpack

_log = logging.getLogger(__name__)
_REPORTS = 1000  # so many are kept
_MUTATIONS = 3  # decisions that a mutant differs in at most


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


class Surrogate:
    """Proposes what a Gaussian process expects most of, allowing for how sure it is.

    The first `initial` trials are random. Then the process is fitted to the normal scores of the
    rewards, and judges `candidates` architectures that have not been tried: half of them random,
    half the best trials with one to three decisions drawn anew. The score of each is drawn from
    its own distribution (Thompson sampling), the `batch` with the highest draws are proposed, and
    the process is fitted again.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the defaults.
        seed: of every random choice, 0 or more.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    def __init__(
        self, space: Decisions, settings: SurrogateSettings | None = None, *, seed: int = 0
    ) -> None:
        check_seed(seed)
        self._choices = choices_of(space)
        self._settings = SurrogateSettings() if settings is None else settings
        self._seed = seed
        self._draws = self._observed = 0
        self._trials: list[tuple[tuple[int, ...], float]] = []
        # Predicted and not yet proposed, proposed and not yet observed, observed and not reported.
        self._queue: deque[tuple[tuple[int, ...], float]] = deque()
        self._pending: deque[tuple[tuple[int, ...], float]] = deque(maxlen=self._settings.window)
        self._outcomes: list[tuple[float, float]] = []
        self._reports: deque[RankCorrelation] = deque(maxlen=_REPORTS)

    @property
    def report(self) -> tuple[RankCorrelation, ...]:
        """How well each batch was predicted, the latest thousand."""
        return tuple(self._reports)

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals without log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        return [Proposal(self._next()) for _ in range(count)]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Remembers the trials, and reports how well they were predicted.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward. Nothing has been
                observed then.
        """
        check_trials(self._choices.counts, proposals, rewards)
        for proposal, reward in zip(proposals, rewards, strict=True):
            choices = self._choices.trimmed(proposal.choices)
            self._observed += 1
            self._trials.append((choices, float(reward)))
            self._trials = remembered(self._trials, self._settings.window, lambda trial: trial[1])
            predicted = next((entry for entry in self._pending if entry[0] == choices), None)
            if predicted is not None:
                self._pending.remove(predicted)
                self._outcomes.append((predicted[1], float(reward)))
            if len(self._outcomes) >= max(self._settings.batch, 2):
                found = _correlation(self._observed, np.array(self._outcomes))
                _log.info(
                    "surrogate: of the last %d children, predictions and rewards had a rank "
                    "correlation of %.2f (tau %.2f)",
                    len(self._outcomes),
                    found.spearman,
                    found.kendall,
                )
                self._reports.append(found)
                self._outcomes.clear()

    def state(self) -> bytes:
        """The trials that are remembered, predictions that still matter, and the report."""
        trials, rewards = self._table(self._trials)
        queue, queued = self._table(self._queue)
        pending, predicted = self._table(self._pending)
        reports = [dataclasses.astuple(report) for report in self._reports]
        arrays = {
            "draws": np.int64(self._draws),
            "observed": np.int64(self._observed),
            "trials": trials,
            "rewards": rewards,
            "queue": queue,
            "queued": queued,
            "pending": pending,
            "predicted": predicted,
            "outcomes": np.array(self._outcomes, np.float64).reshape(-1, 2),
            "reports": np.array(reports, np.float64).reshape(-1, 3),
        }
        return pack("surrogate", self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        table = (np.int32, (None, len(self._choices.counts)))
        column = (np.float64, (None,))
        specs: dict[str, tuple[type, tuple[int | None, ...]]] = {
            "draws": (np.int64, ()),
            "observed": (np.int64, ()),
            "trials": table,
            "rewards": column,
            "queue": table,
            "queued": column,
            "pending": table,
            "predicted": column,
            "outcomes": (np.float64, (None, 2)),
            "reports": (np.float64, (None, 3)),
        }
        arrays = unpack(state, "surrogate", self._arguments(), specs)
        self._trials, queue, pending = (
            [
                (tuple(choices), value)
                for choices, value in zip(
                    arrays[table].tolist(), arrays[column].tolist(), strict=True
                )
            ]
            for table, column in (
                ("trials", "rewards"),
                ("queue", "queued"),
                ("pending", "predicted"),
            )
        )
        self._draws, self._observed = int(arrays["draws"]), int(arrays["observed"])
        self._queue = deque(queue)
        self._pending = deque(pending, maxlen=self._settings.window)
        self._outcomes = [(a, b) for a, b in arrays["outcomes"].tolist()]
        self._reports = deque(
            (RankCorrelation(int(n), a, b) for n, a, b in arrays["reports"].tolist()), _REPORTS
        )

    def _next(self) -> tuple[int, ...]:
        rng = np.random.default_rng((self._seed, self._draws))
        self._draws += 1
        if self._observed < self._settings.initial:
            return self._choices.draw(rng)
        if not self._queue:
            self._queue.extend(self._best(rng))
        if not self._queue:  # a space so small that nothing new was found
            return self._choices.draw(rng)
        entry = self._queue.popleft()
        self._pending.append(entry)
        return entry[0]

    def _best(self, rng: np.random.Generator) -> list[tuple[tuple[int, ...], float]]:
        """The next batch, and what is expected of each."""
        trials, rewards = self._table(self._trials)
        candidates = self._candidates(rng, trials, rewards)
        if not len(candidates):
            return []
        process = GaussianProcess(trials, _normal_scores(rewards), self._choices.counts)
        mean, deviation = process.predict(candidates)
        noise = rng.standard_normal(len(candidates))
        draws = mean + self._settings.exploration * deviation * noise
        chosen = np.argsort(-draws, kind="stable")[: self._settings.batch]
        return [(tuple(candidates[i].tolist()), float(mean[i])) for i in chosen]

    def _candidates(
        self, rng: np.random.Generator, trials: np.ndarray, rewards: np.ndarray
    ) -> np.ndarray:
        """Architectures that are neither remembered nor under way, int [C, T]."""
        counts, count = self._choices.counts, self._settings.candidates
        fresh = rng.integers(counts, size=(count - count // 2, len(counts)))
        best = np.argsort(-rewards, kind="stable")[: self._settings.parents]
        mutants = trials[rng.choice(best, count // 2)]
        changes = rng.integers(1, _MUTATIONS + 1, size=len(mutants))
        for change in range(_MUTATIONS):
            rows = np.flatnonzero(changes > change)
            columns = rng.integers(len(counts), size=len(rows))
            mutants[rows, columns] = rng.integers(np.array(counts)[columns])
        known = {choices for choices, _ in (*self._trials, *self._pending)}
        drawn = np.concatenate([fresh, mutants]).tolist()
        unique = dict.fromkeys(self._choices.trimmed(row) for row in drawn)
        different = [row for row in unique if row not in known]
        return np.array(different, np.int64).reshape(-1, len(counts))

    def _table(self, entries):
        """Choices int32 [N, T] and the number beside each, float64 [N]."""
        choices = np.array([choices for choices, _ in entries], np.int32)
        values = np.array([value for _, value in entries], np.float64)
        return choices.reshape(len(entries), len(self._choices.counts)), values

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._choices.counts, "seed": self._seed, **settings}


def _normal_scores(rewards: np.ndarray) -> np.ndarray:
    """The normal quantile of each reward's rank, [N]: outliers become harmless."""
    return ndtri((rankdata(rewards) - 0.5) / len(rewards))


def _correlation(observed: int, outcomes: np.ndarray) -> RankCorrelation:
    """Of predictions and rewards, [N, 2]."""
    if (outcomes == outcomes[0]).all(axis=0).any():
        return RankCorrelation(observed, np.nan, np.nan)
    predictions, rewards = outcomes.T
    rho, tau = spearmanr(predictions, rewards), kendalltau(predictions, rewards)
    return RankCorrelation(observed, float(rho.statistic), float(tau.statistic))
