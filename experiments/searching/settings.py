"""What a search is: every setting in one value, as JSON in the run directory."""

import dataclasses
from pathlib import Path
from typing import Any, Literal

from nasnet.cells import (
    COMBINES,
    NASNET_OPERATIONS,
    OPERATIONS,
    ZOO,
    CellSpace,
    Genotype,
    GrowingCellSpace,
    SearchSpace,
)
from nasnet.controller import Chosen, parse_controller
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.experiments.searching.bounds import (
    check_budget,
    check_shared,
    kept_images,
    loop_settings,
)
from nasnet.experiments.searching.spaces import example, image_space
from nasnet.runtime.checks import check_fields, check_least, check_seconds, seconds_of
from nasnet.runtime.loading import absolute
from nasnet.search.budgets import BudgetSettings
from nasnet.search.cluster.place import scheduler_place
from nasnet.search.evaluators import find_evaluator
from nasnet.search.limits import SearchLimits
from nasnet.search.objectives import Objective
from nasnet.search.settings import LoopSettings
from nasnet.search.shared.settings import SharedSettings, enas_policy
from nasnet.search.stores.address import parse_address
from nasnet.stacking.plan import Stack
from nasnet.stacking.recipe import Recipe, check_in_memory

TRIALS = 70  # where nothing else ends a search


@dataclasses.dataclass(frozen=True)
class SearchSettings:
    """Settings of a search.

    Args:
        data: auto, mini-cifar10, shapes10, mnist, a .npz file, a folder of class folders, or
            file.py:NAME, a function of your own. auto takes mini-cifar10 where it is on disk or can
            be downloaded, else shapes10.
        trials: children in all; 70 where no time is given, else without a bound.
        minutes: wall time in all, where hours are not given: a child that would not end in it is
            not begun. With trials, whichever comes first.
        hours: the same in hours.
        controller: what proposes cells, and its settings: random, reinforce, ppo, evolution,
            local_search, q_learning, surrogate, progressive, tpe, nsga2, or file.py:NAME; with
            settings as in ppo,learning_rate=8e-4,minibatch=10. With shared.sampling gumbel it is
            the logits that propose.
        evaluator: what a cell is worth: a "child" is trained; "shared" scores it under weights that
            all cells share and that are trained first; synflow, naswot, jacob_cov, grad_norm,
            parameters and mult_adds look at its network before any training; FILE.py:NAME is one of
            your own.
        start_from: known cells, which are the first trials: names of the zoo, genotype files, or
            run directories of searches, for all of their cells or, as RUN:17, for one. Where
            images, stack, recipe and evaluator are the same, the results of a run are taken over
            and don't count as trials; else its cells are evaluated again.
        seed: of everything random.
        workers: children at a time; 0 for one a core.
        timeout: seconds that one child may take.
        train_images: images that a child trains on, as far as there are so many; 0 for all. Left
            out, 1000, and all where weights are shared.
        val_images: images that give its reward, likewise. Left out, 500, and 2000 where weights are
            shared.
        batch_statistics: whether batch normalization takes the statistics of the images that give
            the reward in place of the running ones, which lag behind in short trainings.
        image_size: side to which images of class folders are brought.
        space: what is searched, in place of the cells that the next four make: layers, chain,
            conv-pool (`nasnet spaces` lists them), with settings as in layers,layers=6,version=v2;
            or FILE.py:NAME, one of your own.
        blocks: blocks in a cell.
        grow: whether cells have 1 to `blocks` blocks, both cells equally many.
        operations: what a block may do to a state; file.py:NAME is a mapping of operations of your
            own, all of which count.
        combines: how a block may combine its two results.
        executor: where children are evaluated: in a "pool" of processes of this machine, or on a
            "dask" cluster: that of address or scheduler_file, else one of this machine's own.
        address: of a cluster's scheduler, such as tcp://host:8786; executor is dask then.
        scheduler_file: that the scheduler writes, in its place.
        store: where the record is kept in place of the run directory, so that several machines can
            look at it: postgresql://HOST/DATABASE#SEARCH.
        mirror_optuna: URL of an Optuna storage in which the trials are mirrored, for dashboards.
        synchronous: the controller hears of children in the order of their numbers, so that even
            with several workers a search can be repeated exactly.
        reuse: a network that was evaluated before keeps its accuracy.
        stack: the child's plan.
        recipe: the child's training.
        shared: how shared weights are trained, where they are.
        shared_time: the share of the time that trains shared weights, where it is limited: as many
            epochs as fit, at most shared.epochs; the rest scores cells.
        budget: which children are trained for all of the recipe's epochs.
        limits: what a child's network may cost.
        objectives: what NSGA-II weighs: accuracy, and with it parameters or mult_adds or both.
    """

    data: str = "auto"
    trials: int | None = None
    minutes: float | None = None
    hours: float | None = None
    controller: str = "ppo"
    evaluator: str = "child"
    start_from: tuple[str, ...] = ()
    seed: int = 0
    workers: int = 0
    timeout: float = 600.0
    train_images: int | None = None
    val_images: int | None = None
    batch_statistics: bool = False
    image_size: int | None = None
    space: str | None = None
    blocks: int = 5
    grow: bool = False
    operations: tuple[str, ...] = NASNET_OPERATIONS
    combines: tuple[str, ...] = COMBINES
    executor: Literal["pool", "dask"] = "pool"
    address: str | None = None
    scheduler_file: str | None = None
    store: str | None = None
    mirror_optuna: str | None = None
    synchronous: bool = False
    reuse: bool = True
    stack: Stack = Stack(repeats=1, filters=8)
    recipe: Recipe = Recipe(batch_size=8, learning_rate=0.05, augmentation="flip")
    shared: SharedSettings = dataclasses.field(default_factory=SharedSettings)
    shared_time: float = 0.75
    budget: BudgetSettings = BudgetSettings()
    limits: SearchLimits = SearchLimits()
    objectives: tuple[Objective, ...] = ("accuracy",)

    def __post_init__(self) -> None:
        check_fields(self, workers=0, seed=0)
        for name in ("train_images", "val_images"):
            check_least(0, **{name: getattr(self, name) or 0})
        check_seconds(self.timeout)
        seconds_of(self.minutes, self.hours)
        if not 0 < self.shared_time < 1:
            raise ValueError(f"shared_time is {self.shared_time}, expected between 0 and 1")
        if self.image_size is not None:
            check_fields(self, image_size=8)
        object.__setattr__(self, "controller", parse_controller(self.controller).text)
        object.__setattr__(self, "operations", tuple(map(absolute, self.operations)))
        object.__setattr__(self, "evaluator", absolute(self.evaluator))
        object.__setattr__(self, "start_from", tuple(map(absolute_cell, self.start_from)))
        self._check_places()
        self._check_space()
        check_in_memory(self.recipe.augmentation)
        self._check_objectives()
        self._check_evaluator()
        self._check_budget()
        self.loop(workers=1)

    def _check_places(self) -> None:
        file = None if self.scheduler_file is None else Path(self.scheduler_file).absolute()
        if scheduler_place(self.address, file) is not None:
            object.__setattr__(self, "executor", "dask")
        object.__setattr__(self, "scheduler_file", None if file is None else str(file))
        if self.store is not None:
            object.__setattr__(self, "store", str(parse_address(self.store)))

    def _check_space(self) -> None:
        if self.space is not None:
            object.__setattr__(self, "space", absolute(self.space))
            if not self.of_cells and self.stack != SearchSettings.stack:
                raise ValueError(
                    f"stack is {self.stack} beside space {self.space}, expected none: it is a plan "
                    "of cells"
                )
            for name in ("blocks", "grow", "operations", "combines"):
                if getattr(self, name) != (default := getattr(SearchSettings, name)):
                    found = getattr(self, name)
                    raise ValueError(f"{name} is {found} beside a space, expected {default}")
        if self.grow and self.blocks < 2:
            raise ValueError(f"blocks is {self.blocks} of cells that grow, expected at least 2")
        space = self.search_space()
        if self.chosen.kind.grows and max(space.ends) < 0:
            raise ValueError(
                f"controller is {self.controller!r} with cells of a fixed number of blocks, "
                "expected --grow"
            )

    def _check_objectives(self) -> None:
        names = self.objectives
        if names[:1] != ("accuracy",) or len({*names}) < len(names):
            raise ValueError(
                f"objectives is {' '.join(names)!r}, expected accuracy, then parameters, "
                "mult_adds or both"
            )
        if len(names) > 1 and not self.chosen.kind.multi_objective:
            raise ValueError(
                f"controller is {self.controller!r} with objectives {' '.join(names)}, expected "
                "one that weighs several, as nsga2; or accuracy alone, with limits"
            )
        found = self.chosen.settings.get("objectives", len(names))
        if found != len(names):
            raise ValueError(f"objectives of the controller is {found}, expected {len(names)}")

    def _check_budget(self) -> None:
        staged, latency = self.budget.kind != "fixed", self.limits.latency_ms is not None
        evaluator = find_evaluator(self.evaluator)
        for asked, can, name, what in (
            (staged, evaluator.staged, f"budget.kind {self.budget.kind}", "trains in stages"),
            (latency, evaluator.latency, "limits.latency_ms", "heeds latency"),
        ):
            if asked and not can:
                raise ValueError(
                    f"evaluator is {self.evaluator!r} with {name}, expected child, which {what}"
                )
        check_budget(self.budget, self.recipe.epochs, self.bound, synchronous=self.synchronous)

    def _check_evaluator(self) -> None:
        if not find_evaluator(self.evaluator).shares_weights:
            return
        check_shared(self)

    @staticmethod
    def upgraded(data: dict[str, Any]) -> dict[str, Any]:
        """JSON values of version 0.1 as of today: settings of the controller stood apart."""
        if not isinstance(data.get("policy"), dict):
            return data
        policy = {key: value for key, value in data["policy"].items() if value is not None}
        text = Chosen(str(data.get("controller", "ppo")), policy).text
        rest = {key: value for key, value in data.items() if key != "policy"}
        return {**rest, "controller": text}

    @property
    def chosen(self) -> Chosen:
        """The controller with the settings that it is made with: those given, ENAS's, its own."""
        shares = find_evaluator(self.evaluator).shares_weights
        enas = shares and self.shared.sampling == "controller"
        several = {"objectives": len(self.objectives)} if len(self.objectives) > 1 else {}
        return parse_controller(self.controller).made_with(
            {**(enas_policy(self.search_space()) if enas else {}), **several}
        )

    @property
    def images(self) -> tuple[int, int]:
        """How many training and validation images are kept; 0 for all."""
        return kept_images(self)

    @property
    def searches_by_gradients(self) -> bool:
        """Whether logits that gradients teach propose the cells, in place of the controller."""
        shares = find_evaluator(self.evaluator).shares_weights
        return shares and self.shared.sampling == "gumbel"

    @property
    def seconds(self) -> float | None:
        """The time in all; None where it is not limited."""
        return seconds_of(self.minutes, self.hours)

    @property
    def bound(self) -> int | None:
        """The number of children in all; None where time alone ends the search."""
        return TRIALS if self.trials is None and self.seconds is None else self.trials

    def search_space(self) -> SearchSpace[Any]:
        """What is searched.

        Raises:
            ValueError: there is no such space, or it is not one of image networks.
        """
        if self.space is None:
            kind = GrowingCellSpace if self.grow else CellSpace
            return kind(self.blocks, OPERATIONS.expand(self.operations), self.combines)
        return image_space(self.space)

    @property
    def of_cells(self) -> bool:
        """Whether cells are searched, which a plan makes networks."""
        return self.space is None or isinstance(example(self.search_space()), Genotype)

    def loop(self, workers: int) -> LoopSettings:
        """The loop's own settings."""
        return loop_settings(self, workers)


def absolute_cell(text: str) -> str:
    """A cell to start from, good in every working directory; RUN:17 is a trial of a run."""
    place, colon, last = text.rpartition(":")
    if Path(text).exists() and text not in ZOO:
        return str(Path(text).absolute())
    return f"{Path(place).absolute()}:{last}" if colon and Path(place).is_dir() else text


def _check(run: Run[SearchSettings]) -> None:
    """Refuses what this version would go on with in another way."""
    stored = run.read_config()["settings"]
    if "policy" not in stored:  # version 0.1 wrote it
        return
    name = stored.get("evaluator", "child")
    kind = find_evaluator(name)
    how = "cells that grow" if stored.get("grow", False) else f"evaluator {name}"
    # Shared weights skipped children; a child that failed earned 0, however little others earn.
    if stored.get("grow", False) or kind.shares_weights or kind.failure_reward is None:
        raise ValueError(
            f"{run.path} was begun by version 0.1 with {how}, which this version draws or scores "
            "in another way; expected a search that this version began"
        )


SEARCH = RunKind(
    "nasnet-search",
    "search",
    "search",
    SearchSettings,
    # It changes how fast and how long, not what is searched.
    may_change=(
        *("trials", "minutes", "hours", "workers", "timeout"),
        *("executor", "address", "scheduler_file", "mirror_optuna"),
    ),
    one_of=("minutes", "hours"),
    check=_check,
)
SearchRun = Run[SearchSettings]
