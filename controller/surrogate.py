"""Surrogate search: a learned predictor ranks many architectures, the best of them are tried.

After Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section
4.2, whose predictor is an LSTM or an ensemble of small networks. Ours is a Gaussian process, which
needs far fewer trials and says how sure it is. Cells do not grow block by block as they do there
(and in `controller.progressive`): proposals are whole architectures of the space, so that all
rewards can be compared.
"""

import dataclasses
from collections import deque
from collections.abc import Sequence

import numpy as np

from controller.checks import Decisions, check_count, check_seed, check_trials
from controller.choices import choices_of
from controller.gaussian_process import GaussianProcess
from controller.history import remembered
from controller.predictions import (
    Entry,
    Predictions,
    RankCorrelation,
    from_table,
    normal_scores,
    to_table,
)
from controller.protocol import Proposal
from controller.settings_search import SurrogateSettings
from controller.state import pack, unpack

_MUTATIONS = 3  # decisions that a mutant differs in at most


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
        self._trials: list[Entry] = []
        self._queue: deque[Entry] = deque()  # predicted and not yet proposed
        self._predictions = Predictions("surrogate", self._settings.batch, self._settings.window)

    @property
    def report(self) -> tuple[RankCorrelation, ...]:
        """How well each batch was predicted, the latest thousand."""
        return self._predictions.report

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
            self._predictions.observe(choices, float(reward), self._observed)

    def state(self) -> bytes:
        """The trials that are remembered, predictions that still matter, and the report."""
        length = len(self._choices.counts)
        trials, rewards = to_table(self._trials, length)
        queue, queued = to_table(self._queue, length)
        arrays = {
            "draws": np.int64(self._draws),
            "observed": np.int64(self._observed),
            "trials": trials,
            "rewards": rewards,
            "queue": queue,
            "queued": queued,
            **self._predictions.arrays(length),
        }
        return pack("surrogate", self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        length = len(self._choices.counts)
        specs: dict[str, tuple[type, tuple[int | None, ...]]] = {
            "draws": (np.int64, ()),
            "observed": (np.int64, ()),
            "trials": (np.int32, (None, length)),
            "rewards": (np.float64, (None,)),
            "queue": (np.int32, (None, length)),
            "queued": (np.float64, (None,)),
            **Predictions.specs(length),
        }
        arrays = unpack(state, "surrogate", self._arguments(), specs)
        self._draws, self._observed = int(arrays["draws"]), int(arrays["observed"])
        self._trials = from_table(arrays["trials"], arrays["rewards"])
        self._queue = deque(from_table(arrays["queue"], arrays["queued"]))
        self._predictions.restore(arrays)

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
        self._predictions.pending.append(entry)
        return entry[0]

    def _best(self, rng: np.random.Generator) -> list[Entry]:
        """The next batch, and what is expected of each."""
        trials, rewards = to_table(self._trials, len(self._choices.counts))
        candidates = self._candidates(rng, trials, rewards)
        if not len(candidates):
            return []
        process = GaussianProcess(trials, normal_scores(rewards), self._choices.counts)
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
        known = {choices for choices, _ in (*self._trials, *self._predictions.pending)}
        drawn = np.concatenate([fresh, mutants]).tolist()
        unique = dict.fromkeys(self._choices.trimmed(row) for row in drawn)
        different = [row for row in unique if row not in known]
        return np.array(different, np.int64).reshape(-1, len(counts))

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._choices.counts, "seed": self._seed, **settings}
