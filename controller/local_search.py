"""Local search: try all neighbours of the best, move, start anew where there is no way up.

White et al., https://arxiv.org/abs/2005.02960, algorithm 1.
"""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from nasnet.controller.checks import Decisions, check_count, check_seed, check_trials
from nasnet.controller.choices import choices_of
from nasnet.controller.protocol import Proposal
from nasnet.controller.settings_search import LocalSearchSettings
from nasnet.controller.state import Specs, pack, unpack

Choice = tuple[int, ...]


class LocalSearch:
    """Climbs from neighbour to neighbour; two architectures are neighbours if one decision differs.

    All neighbours of the present centre are tried in random order, but none that was tried earlier
    in the same climb. When the last of them has been observed the best becomes the centre, if it is
    better; else the climb has ended, and the next one starts from the best of `starts` random
    trials. Where proposals are asked for while the last neighbours are still under way, they are
    random too, and candidates for the next start.

    Args:
        space: what may be proposed; only its `decisions` are read.
        settings: None stands for the paper's.
        seed: of every random choice, 0 or more.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    def __init__(
        self, space: Decisions, settings: LocalSearchSettings | None = None, *, seed: int = 0
    ) -> None:
        check_seed(seed)
        self._choices = choices_of(space)
        self._settings = LocalSearchSettings() if settings is None else settings
        self._seed = seed
        self._draws = self._moves = 0
        self._path: list[Choice] = []  # the centres of this climb
        self._height = -np.inf  # the present centre's reward
        self._waiting: list[Choice] = []  # neighbours to be proposed, the next one last
        self._open: dict[Choice, None] = {}  # neighbours under way
        self._best: tuple[Choice, float] | None = None  # of the neighbours observed
        self._starts = 0  # random trials observed since the last start
        self._start: tuple[Choice, float] | None = None  # the best of them

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals without log-probabilities.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        return [Proposal(self._next()) for _ in range(count)]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns where to climb.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward. Nothing has been
                observed then.
        """
        check_trials(self._choices.counts, proposals, rewards)
        for proposal, reward in zip(proposals, rewards, strict=True):
            choices = self._choices.trimmed(proposal.choices)
            trial = choices, float(reward)
            if choices in self._open:
                del self._open[choices]
                self._best = _better(self._best, trial)
            else:
                self._starts += 1
                self._start = _better(self._start, trial)
            if not self._waiting and not self._open:
                self._move()

    def state(self) -> bytes:
        """The climb, and the best start for the next."""
        arrays = {
            "draws": np.int64(self._draws),
            "moves": np.int64(self._moves),
            "path": self._table(self._path),
            "height": np.float64(self._height),
            "waiting": np.int64(len(self._waiting)),
            "open": self._table(self._open),
            "starts": np.int64(self._starts),
        }
        for name, trial in (("best", self._best), ("start", self._start)):
            arrays[name] = self._table([trial[0]] if trial else [])
            arrays[f"{name}_reward"] = np.float64(trial[1] if trial else np.nan)
        return pack("local_search", self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        table = (np.int32, (None, len(self._choices.counts)))
        specs: Specs = dict.fromkeys(("path", "open", "best", "start"), table)
        specs |= dict.fromkeys(("draws", "moves", "waiting", "starts"), (np.int64, ()))
        specs |= dict.fromkeys(("height", "best_reward", "start_reward"), (np.float64, ()))
        arrays = unpack(state, "local_search", self._arguments(), specs)
        rows = {
            name: [tuple(row) for row in arrays[name].tolist()]
            for name in ("path", "open", "best", "start")
        }
        self._draws, self._moves = int(arrays["draws"]), int(arrays["moves"])
        self._path, self._open = rows["path"], dict.fromkeys(rows["open"])
        self._height = float(arrays["height"])
        self._waiting = self._neighbourhood()[: int(arrays["waiting"])]
        self._starts = int(arrays["starts"])
        self._best, self._start = (
            (rows[name][0], float(arrays[f"{name}_reward"])) if rows[name] else None
            for name in ("best", "start")
        )

    def _next(self) -> Choice:
        number = self._draws
        self._draws += 1
        if self._waiting:
            choices = self._waiting.pop()
            self._open[choices] = None
            return choices
        rng = np.random.default_rng((self._seed, number))
        return self._choices.trimmed(self._choices.draw(rng))

    def _move(self) -> None:
        """Goes to the best neighbour, or to a new start, or waits for one."""
        if self._path and self._best is not None and self._best[1] > self._height:
            choices, self._height = self._best
            self._path.append(choices)
        elif self._start is not None and self._starts >= self._settings.starts:
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
        tried = set(self._path).union(*map(self._neighbours, self._path[:-1]))
        fresh = [choices for choices in self._neighbours(self._path[-1]) if choices not in tried]
        rng = np.random.default_rng((self._seed, self._moves, 1))
        return [fresh[i] for i in rng.permutation(len(fresh))]

    def _neighbours(self, centre: Choice) -> list[Choice]:
        return [
            self._choices.trimmed((*centre[:i], option, *centre[i + 1 :]))
            for i in range(self._choices.used(centre))
            for option in range(self._choices.counts[i])
            if option != centre[i]
        ]

    def _table(self, rows: Iterable[Choice]) -> np.ndarray:
        """Choices, int32 [N, T]."""
        rows = list(rows)
        return np.array(rows, np.int32).reshape(len(rows), len(self._choices.counts))

    def _arguments(self) -> dict[str, object]:
        settings = dataclasses.asdict(self._settings)
        return {"options": self._choices.counts, "seed": self._seed, **settings}


def _better(old: tuple[Choice, float] | None, new: tuple[Choice, float]) -> tuple[Choice, float]:
    return new if old is None or new[1] > old[1] else old
