"""What a comparison of controllers is: its settings, checked when they are given."""

import dataclasses
import functools
from typing import Literal

from nasnet.controller import Chosen, parse_controller, split_names
from nasnet.experiments.compare.table_spaces import TABLE_SPACES
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.experiments.training.settings import TrainSettings
from nasnet.runtime.checks import check_fields, check_known, seconds_of
from nasnet.search.tables import Columns

EVALUATIONS = 500  # where nothing else ends a run
PERCENT = 100


@dataclasses.dataclass(frozen=True)
class CompareSettings:
    """Settings of a comparison.

    Args:
        controllers: names, divided by commas or spaces, each with settings behind it as in
            random,evolution,population=20,tournament=5; or file.py:NAME.
        evaluator: "table" looks accuracies up; "child" makes real searches.
        space: with a table, whose architectures it holds: nasbench201 or cells.
        table: a .csv, .csv.gz or .npz file of measured accuracies.
        dataset: of the table: cifar10, cifar100 or imagenet16-120 of NAS-Bench-201, shapes10 of
            our own.
        decisions: with any other table, the columns that are decisions. Each combination of their
            values is an architecture, and has a row.
        search_on: the column that is the reward, in place of that of --dataset; or one for each
            budget, the smallest first, of which the best third of the children goes on to the next.
        report: with --search-on, the column that the best are compared by.
        scale: with --search-on, the factor that brings both to 0 to 1, as 0.01 for percent.
        budget: evaluations in each run; 500 where no time is given, else without a bound.
        minutes: with real searches, wall time of each, where hours are not given. They are compared
            by shares of it then: within one time, one controller may make more evaluations.
        hours: the same in hours.
        budgets: numbers of evaluations, or percent of the time, at which the controllers are
            compared, the whole always; where there are none, a fifth and two fifths of it, too.
        runs: searches of each controller, each with random numbers of its own.
        seed: of the whole comparison.
        workers: runs at a time; 0 for one a core. (Real searches run one after the other, and
            their children at a time are --search.workers.)
        data: with real searches: auto, mini-cifar10, shapes10, mnist, a .npz file, or a folder of
            class folders.
        retrain: with real searches, so many of the best cells of each controller, and NASNet-A,
            are trained again afterwards, with equal numbers of parameters; 0 for none.
        search: with real searches, what a search is; its data, trials, controller and seed are the
            comparison's.
        final: how cells are trained again; its data are the comparison's, and its filters those of
            NASNet-A, whose number of parameters is the others' limit.
    """

    controllers: tuple[str, ...] = ("random", "ppo")
    evaluator: Literal["table", "child"] = "table"
    space: str = "nasbench201"
    table: str | None = None
    dataset: str = "cifar10"
    decisions: tuple[str, ...] = ()
    search_on: tuple[str, ...] = ()
    report: str | None = None
    scale: float = 1.0
    budget: int | None = None
    minutes: float | None = None
    hours: float | None = None
    budgets: tuple[int, ...] = ()
    runs: int = 100
    seed: int = 0
    workers: int = 0
    data: str = "auto"
    retrain: int = 0
    search: SearchSettings = SearchSettings()
    final: TrainSettings = TrainSettings()

    def __post_init__(self) -> None:
        check_fields(self, runs=1, seed=0, workers=0, retrain=0)
        if self.budget is not None:
            check_fields(self, budget=1)
        what = "the budget" if self.seconds is None else "percent of the time"
        for number in self.budgets:
            if not 1 <= number <= self.length:
                raise ValueError(f"budgets has {number}, expected 1 to {what}, {self.length}")
        texts = [parse_controller(text).text for text in split_names(self.controllers)]
        object.__setattr__(self, "controllers", tuple(dict.fromkeys(texts)))
        if not texts:
            raise ValueError("controllers is empty, expected at least one name")
        for name, one in self.chosen.items():
            if one.kind.grows and (self.evaluator == "table" or not self.search.grow):
                raise ValueError(
                    f"controllers has {name!r}, expected --evaluator child --search.grow with it"
                )
        if self.evaluator == "table":
            self._check_table()

    def _check_table(self) -> None:
        for name in ("decisions", "search_on"):
            parts = [part for text in getattr(self, name) for part in text.split(",") if part]
            object.__setattr__(self, name, tuple(parts))
        given = bool(self.search_on), self.report is not None
        if any(given) != all(given) or (self.decisions and not any(given)):
            raise ValueError(
                f"search_on is {' '.join(self.search_on)!r} with report {self.report!r}, expected "
                "columns of the table for both"
            )
        check_known("space", self.space, TABLE_SPACES)
        columns = TABLE_SPACES[self.space].columns
        if self.dataset not in columns and not self.search_on:
            known = ", ".join(columns)
            raise ValueError(
                f"dataset is {self.dataset!r} of {self.space}, expected one of: {known}"
            )
        if self.seconds is not None:
            raise ValueError(
                f"time is {self.seconds:g} seconds with a table, expected --budget: looking up "
                "takes none"
            )
        if self.retrain:
            raise ValueError(f"retrain is {self.retrain}, expected 0 with a table")

    def check_flags(self) -> None:
        """Refuses flags of a search that are the comparison's to give.

        Raises:
            ValueError: there is one.
        """
        flags = {
            "data": "--data",
            "trials": "--budget",
            "minutes": "--minutes",
            "hours": "--hours",
            "controller": "--controllers",
            "seed": "--seed",
        }
        for name, flag in flags.items():
            if getattr(self.search, name) != getattr(SearchSettings(), name):
                found = getattr(self.search, name)
                raise ValueError(f"search.{name} is {found}, expected {flag} instead")
        if self.final.data != TrainSettings().data:
            raise ValueError(f"final.data is {self.final.data}, expected --data instead")

    @property
    def seconds(self) -> float | None:
        """The time of each search; None where it is not limited."""
        return seconds_of(self.minutes, self.hours)

    @property
    def evaluations(self) -> int | None:
        """The most evaluations in a run; None where time alone ends it."""
        return EVALUATIONS if self.budget is None and self.seconds is None else self.budget

    @property
    def length(self) -> int:
        """The points of a run's curve: one an evaluation, or one a percent of the time."""
        return PERCENT if self.seconds is not None else self.budget or EVALUATIONS

    @property
    def names(self) -> tuple[str, ...]:
        """What the controllers are called."""
        return tuple(self.chosen)

    @property
    def columns(self) -> Columns:
        """Where the table has what."""
        known = TABLE_SPACES[self.space].columns
        if not self.search_on:
            return known[self.dataset]
        names = self.decisions or next(iter(known.values())).names
        return Columns(names, self.search_on, str(self.report), self.scale)

    @property
    def checkpoints(self) -> tuple[int, ...]:
        """The points of the curves at which the controllers are compared, rising."""
        chosen = self.budgets or (self.length // 5, 2 * self.length // 5)
        return tuple(sorted({number for number in (*chosen, self.length) if number}))

    @functools.cached_property
    def chosen(self) -> dict[str, Chosen]:
        """The controllers, each with its settings: those tuned for tables, then what was given.

        They are called by their names; where one comes several times, its settings are added.

        Raises:
            ValueError: a controller or a setting is unknown, or a setting is out of range.
        """
        found = {}
        given = [parse_controller(text) for text in split_names(self.controllers)]
        names = [one.name.rpartition(":")[2] for one in given]
        for one, name in zip(given, names, strict=True):
            alone = names.count(name) == 1
            label = name if alone else one.text.replace(one.name, name, 1)
            presets = one.kind.few_trials if self.evaluator == "table" else {}
            found[label] = one.made_with(presets)
        return found


COMPARISON = RunKind(
    "nasnet-comparison",
    "comparison",
    "compare",
    CompareSettings,
    # It adds runs, or says how fast they are made.
    may_change=(
        "controllers",
        "budgets",
        "runs",
        "workers",
        "retrain",
        "search.workers",
        "search.timeout",
    ),
    one_of=("minutes", "hours"),
)
Comparison = Run[CompareSettings]
