"""Surrogate search: a learned predictor ranks many architectures, the best of them are tried.

After Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section
4.2, whose predictor is an LSTM or an ensemble of small networks. Ours is a Gaussian process, which
needs far fewer trials and says how sure it is. Cells do not grow block by block as they do there
(and in `nasnet.controller.progressive`): proposals are whole architectures of the space, so that
all rewards can be compared.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.checks import check_whole
from nasnet.controller.history import Entry, to_table
from nasnet.controller.models.curves import Curve, curve_scores
from nasnet.controller.models.gaussian_process import SequenceProcess
from nasnet.controller.models.predicting import PredictingController
from nasnet.controller.models.predictions import normal_scores
from nasnet.controller.protocol import Proposal

_PENDING = 10  # proposals that wait for each one that a prediction gives
_MUTATIONS = 3  # decisions that a mutant differs in at most


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateSettings:
    """Settings of surrogate search; all of them are our choice.

    Args:
        initial: random trials before the first prediction.
        batch: proposals taken from one prediction; more where more than ten times as many wait for
            their results.
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
    the process is fitted again. In a search with budgets it learns from the children that were
    stopped, too: from how they stood among those with as many epochs.
    """

    name = "surrogate"
    Settings = SurrogateSettings
    later = ("curves", "curve_epochs", "curve_values")

    def __init__(
        self, space: SearchSpace[Any], settings: SurrogateSettings | None = None, *, seed: int = 0
    ) -> None:
        settings = settings or SurrogateSettings()
        batch, window, initial = settings.batch, settings.window, settings.initial
        super().__init__(space, settings, batch=batch, window=window, initial=initial, seed=seed)
        self._curves: dict[tuple[int, ...], Curve] = {}  # of remembered trials with budgets

    def observe_curves(
        self,
        proposals: Sequence[Proposal],
        rewards: Sequence[float],
        curves: Sequence[Curve],
    ) -> None:
        """Learns from finished trials of a search with budgets, in this order.

        Args:
            proposals: the finished trials, [B].
            rewards: what each is worth, finite, [B].
            curves: of each the accuracy behind so many epochs, [B]; none of them empty.

        Raises:
            ValueError: as `observe`.
        """
        checked = self.checked(proposals, rewards)
        self._curves |= {p.choices: dict(c) for p, c in zip(checked, curves, strict=True)}
        self.observe(checked, rewards)
        remembered = {choices for choices, _ in self._trials}
        self._curves = {c: curve for c, curve in self._curves.items() if c in remembered}

    def memory(self) -> dict[str, np.ndarray]:
        """That of every predicting controller, and curves, a row for each of their points."""
        points = [(c, *point) for c, curve in self._curves.items() for point in curve.items()]
        choices = [c for c, _, _ in points]
        return super().memory() | {
            "curves": np.array(choices, np.int32).reshape(len(points), self._length),
            "curve_epochs": np.array([epochs for _, epochs, _ in points], np.int64),
            "curve_values": np.array([value for _, _, value in points], np.float64),
        }

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a memory."""
        super().recall(arrays)
        points = (arrays[name].tolist() for name in ("curves", "curve_epochs", "curve_values"))
        curves: dict[tuple[int, ...], dict[int, float]] = {}
        for choices, epochs, value in zip(*points, strict=True):
            curves.setdefault(tuple(choices), {})[epochs] = value
        self._curves = dict(curves)

    def chosen(self, rng: np.random.Generator) -> list[Entry]:
        """The next batch."""
        trials, rewards = to_table(self._trials, self._length)
        candidates = self._candidates(rng, trials, rewards)
        if not len(candidates):
            return []
        scores, noise = self._scores(rewards)
        process = SequenceProcess(trials, scores, self.space, noise)
        mean, deviation = process.predict(candidates)
        noise = rng.standard_normal(len(candidates))
        draws = mean + self.settings.exploration * deviation * noise
        # Where hundreds of children run, one more prediction for each ten would be too slow.
        count = max(self.settings.batch, len(self._predictions.pending) // _PENDING)
        chosen = np.argsort(-draws, kind="stable")[:count]
        return [(tuple(candidates[i].tolist()), float(mean[i])) for i in chosen]

    def _scores(self, rewards: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of each remembered trial a score, and the variance of its noise, [N] each."""
        if not self._curves:
            return normal_scores(rewards), np.zeros(len(rewards))
        longest = max(epochs for curve in self._curves.values() for epochs in curve)
        return curve_scores(
            [self._curves.get(choices, {longest: reward}) for choices, reward in self._trials]
        )

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
