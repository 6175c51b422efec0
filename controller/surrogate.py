"""Surrogate search: a learned predictor ranks many architectures, the best of them are tried.

After Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section
4.2, whose predictor is an LSTM or an ensemble of small networks. Ours is a Gaussian process, which
needs far fewer trials and says how sure it is. Cells do not grow block by block as they do there
(and in `nasnet.controller.progressive`): proposals are whole architectures of the space, so that
all rewards can be compared.
"""

import dataclasses
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.checks import check_whole
from nasnet.controller.history import Entry, to_table
from nasnet.controller.models.gaussian_process import GaussianProcess
from nasnet.controller.models.predicting import PredictingController
from nasnet.controller.models.predictions import normal_scores

_MUTATIONS = 3  # decisions that a mutant differs in at most


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateSettings:
    """Settings of surrogate search; all of them are our choice.

    Args:
        initial: random trials before the first prediction.
        batch: proposals taken from one prediction.
        candidates: architectures ranked to find them.
        parents: the best trials, of which half of the candidates are mutants.
        exploration: factor of the standard deviations that scores are drawn with; 0 for none.
        window: trials that the predictor remembers at most: when there are more, the best quarter
            of this number and the latest quarter stay.

    Raises:
        ValueError: a setting is out of range.
    """

    initial: int = 20
    batch: int = 10
    candidates: int = 1000
    parents: int = 10
    exploration: float = 1.0
    window: int = 400

    def __post_init__(self) -> None:
        check_whole("initial", self.initial, least=2)
        check_whole("batch", self.batch)
        check_whole("candidates", self.candidates, least=2)
        check_whole("parents", self.parents)
        if not 0 <= self.exploration < float("inf"):
            raise ValueError(f"exploration is {self.exploration}, expected 0 or more")
        check_whole("window", self.window, least=4)


class Surrogate(PredictingController[SurrogateSettings]):
    """Proposes what a Gaussian process expects most of, allowing for how sure it is.

    The first `initial` trials are random. Then the process is fitted to the normal scores of the
    rewards, and judges `candidates` architectures that have not been tried: half of them random,
    half the best trials with one to three decisions drawn anew. The score of each is drawn from
    its own distribution (Thompson sampling), the `batch` with the highest draws are proposed, and
    the process is fitted again.
    """

    name = "surrogate"
    Settings = SurrogateSettings

    def __init__(
        self, space: SearchSpace[Any], settings: SurrogateSettings | None = None, *, seed: int = 0
    ) -> None:
        settings = settings or SurrogateSettings()
        batch, window, initial = settings.batch, settings.window, settings.initial
        super().__init__(space, settings, batch=batch, window=window, initial=initial, seed=seed)

    def chosen(self, rng: np.random.Generator) -> list[Entry]:
        """The next batch."""
        trials, rewards = to_table(self._trials, self._length)
        candidates = self._candidates(rng, trials, rewards)
        if not len(candidates):
            return []
        process = GaussianProcess(trials, normal_scores(rewards), self.space)
        mean, deviation = process.predict(candidates)
        noise = rng.standard_normal(len(candidates))
        draws = mean + self.settings.exploration * deviation * noise
        chosen = np.argsort(-draws, kind="stable")[: self.settings.batch]
        return [(tuple(candidates[i].tolist()), float(mean[i])) for i in chosen]

    def _candidates(
        self, rng: np.random.Generator, trials: np.ndarray, rewards: np.ndarray
    ) -> np.ndarray:
        """Architectures that are neither remembered nor under way, int [C, T]."""
        counts, count = np.array(self.space.counts), self.settings.candidates
        fresh = self.space.draw_all(rng, count - count // 2)
        best = np.argsort(-rewards, kind="stable")[: self.settings.parents]
        mutants = trials[rng.choice(best, count // 2)]
        changes = rng.integers(1, _MUTATIONS + 1, size=len(mutants))
        for change in range(_MUTATIONS):
            rows = np.flatnonzero(changes > change)
            columns = rng.integers(len(counts), size=len(rows))
            mutants[rows, columns] = rng.integers(counts[columns])
        known = self._known()
        drawn = np.concatenate([fresh, mutants])
        unique = dict.fromkeys(map(tuple, (drawn * self.space.live(drawn)).tolist()))
        different = [row for row in unique if row not in known]
        return np.array(different, np.int64).reshape(-1, len(counts))
