"""Progressive search: from short sequences to long ones, led by a model of their rewards.

Liu et al., Progressive Neural Architecture Search, https://arxiv.org/abs/1712.00559, section 4 and
algorithm 1. Their predictor is an LSTM or an ensemble of small networks; ours is a Gaussian process
of sequences, which a few dozen trials suffice for.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nasnet.controller.checks import Decisions
from nasnet.controller.models.predicting import PredictingController
from nasnet.controller.models.predictions import Entry, from_table, normal_scores, to_table
from nasnet.controller.models.sequence_process import SequenceProcess
from nasnet.controller.settings_search import ProgressiveSettings
from nasnet.controller.state import Specs


class Progressive(PredictingController):
    """Tries the shortest sequences, then again and again the most promising ones a level longer.

    A level is a number of blocks: what lies between two decisions that may `TERMINATE`. Of the
    first level `initial` random sequences are tried. Then, level by level, the process is fitted to
    all trials, the `beam` best of the level are each expanded by one more block, in all ways or in
    a sample of `candidates`, and the `beam` expansions of which most is expected are tried. At the
    last level that goes on, with the process fitted anew for each `beam` proposals.

    The next level begins when half of what was proposed of the present one has been observed;
    where proposals are asked for before, they are of the present level, too. Where all expansions
    are known, the best of every level are expanded, and then random sequences serve.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the defaults.
        seed: of every random choice, 0 or more.

    Raises:
        ValueError: the space has no decisions or none that may `TERMINATE`, or the seed is
            negative.
    """

    name = "progressive"

    def __init__(
        self, space: Decisions, settings: ProgressiveSettings | None = None, *, seed: int = 0
    ) -> None:
        self._settings = settings = ProgressiveSettings() if settings is None else settings
        super().__init__(
            space, settings, batch=settings.beam, window=settings.window, initial=0, seed=seed
        )
        self._decisions = tuple(space.decisions)
        ends = [i for i, end in enumerate(self._choices.ends) if end >= 0]
        if not ends:
            raise ValueError(
                "number of decisions that may end a sequence is 0, expected at least 1, as in a "
                "space of cells that grow (--grow) or of chains"
            )
        # What is chosen anew at each level: from one decision that may end it up to the next.
        self._segments = list(itertools.pairwise([0, *ends, self._length]))
        self._level = 0  # of what is proposed, 1 from the first proposal on
        self._parents: list[Entry] = []  # the best of the level before

    def _arrays(self) -> dict[str, np.ndarray]:
        parents, rewards = to_table(self._parents, self._length)
        more = {"level": np.array(self._level), "parents": parents, "parent_rewards": rewards}
        return super()._arrays() | more

    def _specs(self) -> Specs:
        return {
            **super()._specs(),
            "level": (np.int64, ()),
            "parents": (np.int32, (None, self._length)),
            "parent_rewards": (np.float64, (None,)),
        }

    def _take(self, arrays: Mapping[str, np.ndarray]) -> None:
        super()._take(arrays)
        self._level = int(arrays["level"])
        self._parents = from_table(arrays["parents"], arrays["parent_rewards"])

    def _widen(self) -> int:
        """Goes to the next level where it is time to; how many proposals to choose now."""
        if self._level == len(self._segments):
            return self._settings.beam
        waiting = sum(
            self._level_of(choices) == self._level for choices, _ in self._predictions.pending
        )
        best = self._best(self._level)
        if self._level and not 0 < len(best) >= waiting:
            return 1
        self._parents = best[: self._settings.beam]
        self._level += 1
        return self._settings.initial if self._level == 1 else self._settings.beam

    def _chosen(self, rng: np.random.Generator) -> list[Entry]:
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
        process = SequenceProcess(trials, normal_scores(rewards), self._decisions)
        mean, _ = process.predict(np.array(new))
        return [(new[i], float(mean[i])) for i in np.argsort(-mean, kind="stable")[:count]]

    def _sources(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Where to look for new sequences, the first that has some counts; int [N, T] each."""
        yield self._expansions(self._parents, self._level, rng)
        levels = range(len(self._segments))
        best = [self._best(level)[: self._settings.beam] for level in levels]
        yield np.concatenate(
            [self._expansions(best[level], level + 1, rng) for level in levels if best[level]]
        )
        drawn = rng.integers(self._choices.counts, size=(self._settings.candidates, self._length))
        yield np.array([self._choices.trimmed(row) for row in drawn.tolist()])

    def _expansions(
        self, parents: Sequence[Entry], level: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Sequences of a level with the beginnings of `parents`: all, or a sample; int [N, T]."""
        start, stop = self._segments[level - 1]
        options = [
            [i for i in range(self._choices.counts[t]) if i != self._choices.ends[t]]
            for t in range(start, stop)
        ]
        ways, count = math.prod(map(len, options)), self._settings.candidates
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
            rows[:, stop] = self._choices.ends[stop]
        return rows

    def _best(self, level: int) -> list[Entry]:
        """The remembered trials of a level, the best first; of level 0, what all begin with."""
        if not level:
            return [((0,) * self._length, 0.0)]
        trials = [trial for trial in self._trials if self._level_of(trial[0]) == level]
        return sorted(trials, key=lambda trial: -trial[1])

    def _level_of(self, choices: Sequence[int]) -> int:
        """How many blocks count."""
        used, ends = self._choices.used(choices), self._choices.ends
        later = (start for start, _ in self._segments[1:] if start < used)
        return 1 + sum(choices[start] != ends[start] for start in later)
