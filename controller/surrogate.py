"""Surrogate search: a learned predictor ranks many architectures, the best of them are tried.

After Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section
4.2, whose predictor is an LSTM or an ensemble of small networks. Ours is a Gaussian process, which
needs far fewer trials and says how sure it is. Cells do not grow block by block as they do there
(and in `nasnet.controller.progressive`): proposals are whole architectures of the space, so that
all rewards can be compared.
"""

import numpy as np

from nasnet.controller.checks import Decisions
from nasnet.controller.models.gaussian_process import GaussianProcess
from nasnet.controller.models.predicting import PredictingController
from nasnet.controller.models.predictions import Entry, normal_scores, to_table
from nasnet.controller.settings_search import SurrogateSettings

_MUTATIONS = 3  # decisions that a mutant differs in at most


class Surrogate(PredictingController):
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

    name = "surrogate"

    def __init__(
        self, space: Decisions, settings: SurrogateSettings | None = None, *, seed: int = 0
    ) -> None:
        self._settings = settings = SurrogateSettings() if settings is None else settings
        batch, window, initial = settings.batch, settings.window, settings.initial
        super().__init__(space, settings, batch=batch, window=window, initial=initial, seed=seed)

    def _chosen(self, rng: np.random.Generator) -> list[Entry]:
        """The next batch."""
        trials, rewards = to_table(self._trials, self._length)
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
        known = self._known()
        drawn = np.concatenate([fresh, mutants]).tolist()
        unique = dict.fromkeys(self._choices.trimmed(row) for row in drawn)
        different = [row for row in unique if row not in known]
        return np.array(different, np.int64).reshape(-1, len(counts))
