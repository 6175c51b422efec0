"""Progressive search: from short sequences to long ones, led by a model of their rewards.

Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section 4 and
algorithm 1. Their predictor is an LSTM or an ensemble of small networks; ours is a Gaussian process
of sequences, which a few dozen trials suffice for.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.checks import check_whole
from nasnet.controller.history import Entry, from_table, to_table
from nasnet.controller.models.gaussian_process import SequenceProcess
from nasnet.controller.models.predicting import PredictingController
from nasnet.controller.models.predictions import normal_scores


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProgressiveSettings:
    """Settings of progressive search; the defaults are for searches of some seventy trials.

    Liu et al., https://arxiv.org/abs/1712.00559, tried 1,160 cells.

    Args:
        initial: sequences of the first level, drawn at random; in the paper all that differ, 136.
        beam: sequences that are tried at each other level, and at most so many expanded; 256 in the
            paper.
        candidates: expansions ranked to find them; all of them where there are fewer.
        window: trials that the predictor remembers at most: when there are more, the best quarter
            of this number and the latest quarter stay.

    Raises:
        ValueError: a setting is out of range.
    """

    initial: int = 20
    beam: int = 10
    candidates: int = 1000
    window: int = 400

    def __post_init__(self) -> None:
        check_whole("initial", self.initial)
        check_whole("beam", self.beam)
        check_whole("candidates", self.candidates)
        check_whole("window", self.window, least=4)


class Progressive(PredictingController[ProgressiveSettings]):
    """Tries the shortest sequences, then again and again the most promising ones a level longer.

    A level is a number of blocks: what lies between two decisions that may `TERMINATE`. Of the
    first level `initial` random sequences are tried. Then, level by level, the process is fitted to
    all trials, the `beam` best of the level are each expanded by one more block, in all ways or in
    a sample of `candidates`, and the `beam` expansions of which most is expected are tried. At the
    last level that goes on, with the process fitted anew for each `beam` proposals.

    The next level begins when half of what was proposed of the present one has been observed;
    where proposals are asked for before, they are of the present level, too. Where all expansions
    are known, the best of every level are expanded, and then random sequences serve.
    """

    name = "progressive"
    Settings = ProgressiveSettings
    grows = True

    def __init__(
        self, space: SearchSpace[Any], settings: ProgressiveSettings | None = None, *, seed: int = 0
    ) -> None:
        settings = settings or ProgressiveSettings()
        batch, window = settings.beam, settings.window
        super().__init__(space, settings, batch=batch, window=window, initial=0, seed=seed)
        ends = [i for i, end in enumerate(space.ends) if end >= 0]
        # What is chosen anew at each level: from one decision that may end it up to the next.
        self._segments = list(itertools.pairwise([0, *ends, self._length]))
        self._level = 0  # of what is proposed, 1 from the first proposal on
        self._parents: list[Entry] = []  # the best of the level before

    def memory(self) -> dict[str, np.ndarray]:
        """That of every predicting controller, and what the present level began with."""
        parents, rewards = to_table(self._parents, self._length)
        more = {"level": np.array(self._level), "parents": parents, "parent_rewards": rewards}
        return super().memory() | more

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a memory."""
        super().recall(arrays)
        self._level = int(arrays["level"])
        self._parents = from_table(arrays["parents"], arrays["parent_rewards"])

    def _widen(self) -> int:
        """Goes to the next level where it is time to; how many proposals to choose now."""
        if self._level == len(self._segments):
            return self.settings.beam
        waiting = sum(
            self._level_of(choices) == self._level for choices, _ in self._predictions.pending
        )
        best = self._best(self._level)
        if self._level and not 0 < len(best) >= waiting:
            return 1
        self._parents = best[: self.settings.beam]
        self._level += 1
        return self.settings.initial if self._level == 1 else self.settings.beam

    def chosen(self, rng: np.random.Generator) -> list[Entry]:
        """New sequences and what is expected of each; nan where nothing is."""
        count, known = self._widen(), self._known()
        for rows in self._sources(rng):
            new = [row for row in dict.fromkeys(map(tuple, rows.tolist())) if row not in known]
            if new:
                break
        else:
            return []
        if self._level == 1 or not self._trials:
            return [(new[i], math.nan) for i in rng.permutation(len(new))[:count]]
        trials, rewards = to_table(self._trials, self._length)
        process = SequenceProcess(trials, normal_scores(rewards), self.space)
        mean, _ = process.predict(np.array(new))
        return [(new[i], float(mean[i])) for i in np.argsort(-mean, kind="stable")[:count]]

    def _sources(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Where to look for new sequences, the first that has some counts; int [N, T] each."""
        yield self._expansions(self._parents, self._level, rng)
        levels = range(len(self._segments))
        best = [self._best(level)[: self.settings.beam] for level in levels]
        yield np.concatenate(
            [self._expansions(best[level], level + 1, rng) for level in levels if best[level]]
        )
        yield self.space.draw(rng, self.settings.candidates)

    def _expansions(
        self, parents: Sequence[Entry], level: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Sequences of a level with the beginnings of `parents`: all, or a sample; int [N, T]."""
        start, stop = self._segments[level - 1]
        options = [
            [i for i in range(self.space.counts[t]) if i != self.space.ends[t]]
            for t in range(start, stop)
        ]
        ways, count = math.prod(map(len, options)), self.settings.candidates
        rows, _ = to_table(parents, self._length)
        if len(rows) * ways <= count:
            blocks = np.array([*itertools.product(*options)], np.int32).reshape(ways, stop - start)
            rows = rows.repeat(ways, axis=0)
            rows[:, start:stop] = np.tile(blocks, (len(parents), 1))
        else:
            rows = rows[rng.integers(len(rows), size=count)]
            for t, some in enumerate(options, start):
                rows[:, t] = rng.choice(some, count)
        if stop < self._length:
            rows[:, stop] = self.space.ends[stop]
        return rows * self.space.live(rows)

    def _best(self, level: int) -> list[Entry]:
        """The remembered trials of a level, the best first; of level 0, what all begin with."""
        if not level:
            return [((0,) * self._length, 0.0)]
        trials = [trial for trial in self._trials if self._level_of(trial[0]) == level]
        return sorted(trials, key=lambda trial: -trial[1])

    def _level_of(self, choices: Sequence[int]) -> int:
        """How many blocks count."""
        live, ends = self.space.live([choices])[0], self.space.ends
        later = (start for start, _ in self._segments[1:] if live[start])
        return 1 + sum(choices[start] != ends[start] for start in later)
