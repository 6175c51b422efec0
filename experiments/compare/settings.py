"""What a comparison of controllers is: its settings, checked when they are given."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from nasnet.controller import CONTROLLERS
from nasnet.controller.presets import TABLE_SETTINGS
from nasnet.experiments.compare.table_spaces import TABLE_SPACES
from nasnet.experiments.searching.settings import SearchSettings, TrainSettings

# What may differ when a comparison goes on: it adds runs, or says how fast they are made.
RESUMABLE = (
    "controllers",
    "budgets",
    "runs",
    "workers",
    "retrain",
    "search.workers",
    "search.timeout",
)


@dataclasses.dataclass(frozen=True)
class CompareSettings:
    """Settings of a comparison.

    Args:
        controllers: names, divided by commas or spaces.
        evaluator: "table" looks accuracies up; "child" makes real searches.
        space: with a table, whose architectures it holds: nasbench201 or cells.
        table: a .csv, .csv.gz or .npz file of measured accuracies.
        dataset: of the table: cifar10, cifar100 or imagenet16-120 of NAS-Bench-201, shapes10 of
            our own.
        budget: evaluations in each run.
        budgets: numbers of evaluations at which the controllers are compared, the budget always;
            where there are none, a fifth and two fifths of it, too.
        runs: searches of each controller, each with random numbers of its own.
        seed: of the whole comparison.
        settings: of controllers, such as evolution.population=50, or one JSON file with an object
            for each controller.
        workers: runs at a time; 0 for one a core. (Real searches run one after the other, and
            their children at a time are --search.workers.)
        data: with real searches: auto, mini-cifar10, shapes10, a .npz file, or a folder of class
            folders.
        retrain: with real searches, so many of the best cells of each controller, and NASNet-A,
            are trained again afterwards, with equal numbers of parameters; 0 for none.
        search: with real searches, what a search is; its data, trials, controller, seed and policy
            are the comparison's.
        final: how cells are trained again; its data are the comparison's, and its filters those of
            NASNet-A, whose number of parameters is the others' limit.
    """

    controllers: tuple[str, ...] = ("random", "ppo")
    evaluator: Literal["table", "child"] = "table"
    space: str = "nasbench201"
    table: str | None = None
    dataset: str = "cifar10"
    budget: int = 500
    budgets: tuple[int, ...] = ()
    runs: int = 100
    seed: int = 0
    settings: tuple[str, ...] = ()
    workers: int = 0
    data: str = "auto"
    retrain: int = 0
    search: SearchSettings = SearchSettings()
    final: TrainSettings = TrainSettings()

    def __post_init__(self) -> None:
        for name, lowest in (("budget", 1), ("runs", 1), ("seed", 0), ("workers", 0)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least {lowest}")
        if self.retrain < 0:
            raise ValueError(f"retrain is {self.retrain}, expected at least 0")
        for number in self.budgets:
            if not 1 <= number <= self.budget:
                raise ValueError(f"budgets has {number}, expected 1 to the budget, {self.budget}")
        if not self.names:
            raise ValueError("controllers is empty, expected at least one name")
        for name in self.names:
            if name not in CONTROLLERS:
                known = ", ".join(CONTROLLERS)
                raise ValueError(f"controllers has {name!r}, expected some of: {known}")
            if CONTROLLERS[name].grows and (self.evaluator == "table" or not self.search.grow):
                raise ValueError(
                    f"controllers has {name!r}, expected --evaluator child --search.grow with it"
                )
        self.controller_settings()
        if self.evaluator == "table":
            self._check_table()

    def _check_table(self) -> None:
        if self.space not in TABLE_SPACES:
            known = ", ".join(TABLE_SPACES)
            raise ValueError(f"space is {self.space!r}, expected one of: {known}")
        columns = TABLE_SPACES[self.space].columns
        if self.dataset not in columns:
            known = ", ".join(columns)
            raise ValueError(
                f"dataset is {self.dataset!r} of {self.space}, expected one of: {known}"
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
            "controller": "--controllers",
            "seed": "--seed",
            "policy": "--settings",
        }
        for name, flag in flags.items():
            if getattr(self.search, name) != getattr(SearchSettings(), name):
                found = getattr(self.search, name)
                raise ValueError(f"search.{name} is {found}, expected {flag} instead")
        if self.final.data != TrainSettings().data:
            raise ValueError(f"final.data is {self.final.data}, expected --data instead")

    @property
    def names(self) -> tuple[str, ...]:
        """The controllers, each once."""
        return tuple(dict.fromkeys(n for part in self.controllers for n in part.split(",") if n))

    @property
    def checkpoints(self) -> tuple[int, ...]:
        """Numbers of evaluations at which the controllers are compared, rising."""
        chosen = self.budgets or (self.budget // 5, 2 * self.budget // 5)
        return tuple(sorted({number for number in (*chosen, self.budget) if number}))

    def controller_settings(self) -> dict[str, dict[str, Any]]:
        """The settings of each controller: those tuned for tables, then what was given.

        Raises:
            ValueError: a setting is not `controller.name=value`, unknown, or out of range.
        """
        chosen = {name: self._presets(name) for name in self.names}
        for name, values in given_settings(self.settings).items():
            if name in chosen:
                chosen[name] |= values
        for name, values in chosen.items():
            try:
                CONTROLLERS[name].settings(**values)
            except (TypeError, ValueError) as error:
                raise ValueError(f"settings of {name} are {values}: {error}") from None
        return chosen

    def _presets(self, name: str) -> dict[str, Any]:
        return dict(TABLE_SETTINGS.get(name, {})) if self.evaluator == "table" else {}


def given_settings(settings: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Values by controller and name, from `controller.name=value` or a JSON file.

    Raises:
        ValueError: a text is neither, or names no controller.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in settings:
        left, equals, value = text.partition("=")
        name, dot, field = left.partition(".")
        if equals and dot and field:
            pairs: Mapping[str, Any] = {name: {field: _value(value)}}
        else:
            pairs = _settings_file(Path(text))
        for controller, values in pairs.items():
            if controller not in CONTROLLERS:
                known = ", ".join(CONTROLLERS)
                raise ValueError(f"settings are for {controller!r}, expected one of: {known}")
            found.setdefault(controller, {}).update(values)
    return found


def _settings_file(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise ValueError(f"settings is {str(path)!r}, expected controller.name=value or a file")
    try:
        data = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict) or not all(isinstance(value, dict) for value in data.values()):
        raise ValueError(f"{path} is {data!r:.60}, expected an object for each controller")
    return data


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
