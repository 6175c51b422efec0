"""What a tuning is: every setting in one value, as JSON in the run directory."""

import dataclasses
from typing import Annotated

import tyro

from nasnet.controller import Chosen, parse_controller
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.experiments.searching.bounds import check_budget, loop_settings
from nasnet.runtime.checks import check_fields, check_seconds, seconds_of
from nasnet.runtime.loading import absolute, is_spec
from nasnet.search.budgets import BudgetSettings, Halving
from nasnet.search.evaluators.keras_training import FitSettings
from nasnet.search.settings import LoopSettings

TRIALS = 20  # where nothing else ends a search


@dataclasses.dataclass(frozen=True)
class TuneSettings:
    """Settings of a tuning.

    Args:
        model: the function that builds the model, as file.py:NAME: it takes hyper-parameters and
            returns a compiled model, as for KerasTuner.
        data: as of nasnet search.
        trials: models in all; where neither it nor a time is given 20, all of them for a grid, and
            whole cohorts for halving and hyperband.
        minutes: wall time in all, where hours are not given; with trials, whichever comes first.
        hours: the same in hours.
        controller: what proposes values, and its settings, as of nasnet search: random, tpe, grid,
            evolution, ppo, ...
        seed: of everything random.
        workers: models at a time; 0 for one a core.
        timeout: seconds that one model may take.
        train_images: examples to train on, as far as there are so many; 0 for all.
        val_images: examples to validate by, likewise.
        image_size: side to which images of class folders are brought.
        points: values that are taken of a range without a step.
        keep: how many of the best models are kept.
        synchronous: the controller hears of models in the order of their numbers.
        reuse: values that were tried before keep their result.
        fit: the training.
        budget: which models are trained for all epochs; hyperband is a controller's partner, not
            one itself.
    """

    model: str = ""
    data: str = "auto"
    trials: int | None = None
    minutes: float | None = None
    hours: float | None = None
    controller: str = "random"
    seed: int = 0
    workers: int = 0
    timeout: float = 600.0
    train_images: int = 0
    val_images: int = 0
    image_size: int | None = None
    points: int = 10
    keep: int = 5
    synchronous: bool = False
    reuse: bool = True
    fit: Annotated[FitSettings, tyro.conf.arg(name="")] = FitSettings()
    budget: BudgetSettings = BudgetSettings()

    def __post_init__(self) -> None:
        if self.model and not is_spec(self.model):
            raise ValueError(f"model is {self.model!r}, expected file.py:NAME of a function")
        check_fields(self, seed=0, workers=0, train_images=0, val_images=0, points=2, keep=1)
        check_seconds(self.timeout)
        seconds_of(self.minutes, self.hours)
        object.__setattr__(self, "model", absolute(self.model))
        object.__setattr__(self, "controller", parse_controller(self.controller).text)
        if self.fit.patience and self.budget.kind != "fixed":
            raise ValueError(
                f"patience is {self.fit.patience} with budget.kind {self.budget.kind}, expected 0"
            )
        check_budget(self.budget, self.fit.epochs, self.trials, synchronous=self.synchronous)
        self.loop(workers=1)

    @property
    def chosen(self) -> Chosen:
        """The controller and its settings."""
        return parse_controller(self.controller)

    @property
    def seconds(self) -> float | None:
        """The time in all; None where it is not limited."""
        return seconds_of(self.minutes, self.hours)

    @property
    def bound(self) -> int | None:
        """The number of models in all; None where time alone ends the search."""
        if self.trials is not None or self.seconds is not None:
            return self.trials
        budgets = self.budget.make(self.fit.epochs)
        period = budgets.period if isinstance(budgets, Halving) else 1
        return -(-TRIALS // period) * period

    def loop(self, workers: int) -> LoopSettings:
        """The loop's own settings."""
        return loop_settings(self, workers)


TUNING = RunKind(
    "nasnet-tuning",
    "tuning",
    "tune",
    TuneSettings,
    # The model's file may move: what it asks for must be the same.
    may_change=("model", "trials", "minutes", "hours", "workers", "timeout"),
    one_of=("minutes", "hours"),
)
TuneRun = Run[TuneSettings]
SPACE = "space.json"
WEIGHTS = "weights"
