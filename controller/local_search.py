"""Local search: try all neighbours of the best, move, start anew where there is no way up.

White et al., https://arxiv.org/abs/2005.02960, algorithm 1.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.base import BaseController
from nasnet.controller.checks import check_whole
from nasnet.controller.history import Entry, to_table
from nasnet.controller.protocol import Proposal

Choice = tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LocalSearchSettings:
    """Settings of local search.

    Args:
        starts: random trials, the best of which is where a climb starts. 1 in the paper's
            algorithm 1.

    Raises:
        ValueError: a setting is out of range.
    """

    starts: int = 1

    def __post_init__(self) -> None:
        check_whole("starts", self.starts)


class LocalSearch(BaseController[LocalSearchSettings]):
    """Climbs from neighbour to neighbour; two architectures are neighbours if one decision differs.

    All neighbours of the present centre are tried in random order, but none that was tried earlier
    in the same climb. When the last of them has been observed the best becomes the centre, if it is
    better; else the climb has ended, and the next one starts from the best of `starts` random
    trials. Where proposals are asked for while the last neighbours are still under way, they are
    random too, and candidates for the next start.
    """

    name = "local_search"
    Settings = LocalSearchSettings
    few_trials = MappingProxyType({"starts": 10})

    def __init__(
        self, space: SearchSpace[Any], settings: LocalSearchSettings | None = None, *, seed: int = 0
    ) -> None:
        super().__init__(space, settings, seed=seed)
        self._moves = 0
        self._path: list[Choice] = []  # the centres of this climb
        self._around: dict[Choice, list[Choice]] = {}  # the neighbours of each
        self._height = -np.inf  # the present centre's reward
        self._waiting: list[Choice] = []  # neighbours to be proposed, the next one last
        self._open: dict[Choice, None] = {}  # neighbours under way
        self._best: Entry | None = None  # of the neighbours observed
        self._starts = 0  # random trials observed since the last start
        self._start: Entry | None = None  # the best of them

    def draw(self, rng: np.random.Generator) -> Choice:
        """The next neighbour, or a random start."""
        if not self._waiting:
            return self.space.sample(rng)
        choices = self._waiting.pop()
        self._open[choices] = None
        return choices

    def learn(self, proposal: Proposal, reward: float) -> None:
        """Learns where to climb."""
        choices = proposal.choices
        if choices in self._open:
            del self._open[choices]
            self._best = _better(self._best, (choices, reward))
        else:
            self._starts += 1
            self._start = _better(self._start, (choices, reward))
        if not self._waiting and not self._open:
            self._move()

    def adopt(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Climbs from the best known cell, and needs no random start then.

        One that comes when neighbours of another are under way is where the next climb may start.

        Raises:
            ValueError: a cell is not of this space, or lacks a finite reward.
        """
        for proposal, reward in zip(self.checked(proposals, rewards), rewards, strict=True):
            self._start = _better(self._start, (proposal.choices, float(reward)))
            self._starts = self.settings.starts
        begun = self._best is not None or bool(self._open)
        if self._start is not None and not begun and self._start[1] > self._height:
            self._path.clear()
            self._move()

    def memory(self) -> dict[str, np.ndarray]:
        """The climb, and the best start for the next."""
        arrays = {
            "moves": np.array(self._moves),
            "path": self._table(self._path),
            "height": np.array(self._height),
            "waiting": np.array(len(self._waiting)),
            "open": self._table(self._open),
            "starts": np.array(self._starts),
        }
        for name, trial in (("best", self._best), ("start", self._start)):
            arrays[name] = self._table([trial[0]] if trial else [])
            arrays[f"{name}_reward"] = np.array(trial[1] if trial else np.nan)
        return arrays

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up a climb."""
        rows = {
            name: [tuple(row) for row in arrays[name].tolist()]
            for name in ("path", "open", "best", "start")
        }
        self._moves, self._starts = int(arrays["moves"]), int(arrays["starts"])
        self._path, self._open = rows["path"], dict.fromkeys(rows["open"])
        self._height = float(arrays["height"])
        self._waiting = self._neighbourhood()[: int(arrays["waiting"])]
        self._best, self._start = (
            (rows[name][0], float(arrays[f"{name}_reward"])) if rows[name] else None
            for name in ("best", "start")
        )

    def _move(self) -> None:
        """Goes to the best neighbour, or to a new start, or waits for one."""
        if self._path and self._best is not None and self._best[1] > self._height:
            choices, self._height = self._best
            self._path.append(choices)
        elif self._start is not None and self._starts >= self.settings.starts:
            choices, self._height = self._start
            self._path, self._starts, self._start = [choices], 0, None
        else:
            self._path.clear()
        self._best = None
        self._moves += 1
        self._waiting = self._neighbourhood()

    def _neighbourhood(self) -> list[Choice]:
        """The centre's neighbours that are new to this climb, in random order."""
        if not self._path:
            return []
        centre = self._path[-1]
        self._around = {c: self._around.get(c) or self.space.neighbours(c) for c in self._path}
        tried = set(self._path).union(*(self._around[c] for c in self._path[:-1]))
        fresh = [choices for choices in self._around[centre] if choices not in tried]
        rng = np.random.default_rng((self.seed, self._moves, 1))
        return [fresh[i] for i in rng.permutation(len(fresh))]

    def _table(self, rows: Iterable[Choice]) -> np.ndarray:
        """Choices, int32 [N, T]."""
        return to_table([(row, 0.0) for row in rows], len(self.space.decisions))[0]


def _better(old: Entry | None, new: Entry) -> Entry:
    return new if old is None or new[1] > old[1] else old
