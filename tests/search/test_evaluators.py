"""Every evaluator keeps to the suite that users' own are held to, and failing never pays."""

import numpy as np
import pytest

from nasnet.cells import CellSpace
from nasnet.search import (
    EVALUATORS,
    Conditions,
    Evaluation,
    InlineExecutor,
    LoopSettings,
    MemoryStore,
    ProcessPool,
    Rules,
    Search,
    Stage,
    Table,
    TableLookup,
    Train,
    TrainChild,
    TrialStore,
)
from nasnet.search.evaluators.proxies import Several, ShortTraining
from nasnet.search.evaluators.registry import find_evaluator
from nasnet.search.evaluators.shared import FOLDER, SharedWeights
from nasnet.search.shared.exchange import MOVING, WEIGHTS
from nasnet.search.tables import StagedLookup
from nasnet.stacking import FlatLayout, Recipe, Stack
from nasnet.stacking.network import CellFrame
from nasnet.testing import EvaluatorSuite
from tests import fakes
from tests.fakes import Share, Sick, Witness

SPACE = CellSpace(1, operations=("identity", "conv_3x3", "max_pool_3x3"))
FRAME = CellFrame(Stack(1, 2), (8, 8, 3), 3)
CELLS = [SPACE.decode(SPACE.sample(np.random.default_rng(seed))) for seed in range(3)]


@pytest.fixture(scope="module")
def conditions(tmp_path_factory):
    """Two dozen images, and shared weights at their beginning."""
    folder, rng = tmp_path_factory.mktemp("evaluators"), np.random.default_rng(0)
    for split, count in (("train", 24), ("val", 10)):
        images = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        np.save(folder / f"x_{split}.npy", images)
        np.save(folder / f"y_{split}.npy", rng.integers(3, size=count))
    recipe = Recipe(batch_size=8, augmentation="none")
    found = Conditions(folder, folder, FRAME, SPACE, recipe)
    (folder / FOLDER).mkdir()
    layout = FlatLayout(SharedWeights.make(found).layout().parameters)
    for name, vector in zip((WEIGHTS, MOVING), layout.initial(0), strict=True):
        np.save(folder / FOLDER / name, vector)
    return found


def table():
    search = np.array([[0.1, 0.2, 0.3], [-2.0, 0.5, -7.0]])
    return Table("t", [cell.key for cell in CELLS], search, np.zeros(3))


def _key(cell):
    return cell.key


OTHERS = {
    "staged": lambda c: TrainChild.make(c).in_stages(c.folder),
    "short": lambda c: ShortTraining(TrainChild.make(c), 16),
    "warm": lambda c: ShortTraining(TrainChild.make(c), 16, SharedWeights.make(c)),
    "several": lambda c: Several((("a", Share()),)),
    "table": lambda c: TableLookup(table(), _key),
    "table in stages": lambda c: StagedLookup(table(), _key),
}
MAKE = {name: kind.make for name, kind in EVALUATORS.items()} | OTHERS


class TestEvaluators(EvaluatorSuite):
    @pytest.fixture(params=MAKE, scope="class")
    def evaluator(self, request, conditions):
        return MAKE[request.param](conditions)

    @pytest.fixture(scope="class")
    def tasks(self, evaluator):
        if evaluator.task is Stage:
            return [Stage(cell, 3, i, 1, last=True) for i, cell in enumerate(CELLS)]
        return [evaluator.task(cell, seed) for seed, cell in enumerate(CELLS)]


def test_every_evaluator_says_what_its_rewards_are():
    names = [kind.reward_name for kind in EVALUATORS.values()]
    assert len({*names}) == len(names)
    assert "reward" not in names


class Below(Share):
    """Rewards from -2 to -1, which are unbounded for all that it says."""

    failure_reward = None

    def __call__(self, task, /):
        return Evaluation(super().__call__(task).reward - 2)


def search(path, evaluator, trials, *, stop_at=None, synchronous=False):
    """What the controller heard of a search, and the trials."""

    def on_change(search):
        if stop_at is not None and search.finished >= stop_at:
            search.stop()

    controller = Witness()
    settings = LoopSettings(trials, synchronous=synchronous, batch=4 if synchronous else 1)
    with TrialStore(path) as store:
        executor = InlineExecutor(evaluator)
        found = Search(fakes.SPACE, controller, store, executor, settings, on_change=on_change)
        found.run()
    return controller.observed, found.trials


@pytest.mark.parametrize("synchronous", [False, True])
def test_a_search_that_goes_on_tells_the_same_of_failures(tmp_path, synchronous):
    class Failing(Below):
        def __call__(self, task, /):
            if task.seed % 3 == 0 or task.architecture.key < "5":
                raise RuntimeError("one of many")
            return super().__call__(task)

    whole, trials = search(tmp_path / "whole", Failing(), 24, synchronous=synchronous)
    parts = []
    for stop_at in (1, 2, 7, 13, 24):
        heard, again = search(
            tmp_path / "parts", Failing(), 24, stop_at=stop_at, synchronous=synchronous
        )
        parts += heard
    assert parts == whole
    assert [trial.reward for trial in again] == [trial.reward for trial in trials]
    assert 3 < sum(trial.failed for trial in trials) < 21
    assert all(reward < 0 for _, reward in whole)


def test_failures_wait_for_the_first_child_that_runs(tmp_path):
    evaluator = Sick("raise", tmp_path / "once")
    heard, trials = search(tmp_path / "s.db", evaluator, 1)
    assert (heard, trials[0].observed, trials[0].reward) == ([], False, None)
    heard, trials = search(tmp_path / "s.db", evaluator, 2)
    assert [trial.state for trial in trials] == ["error", "complete"]
    assert [reward for _, reward in heard] == [0.5, 0.5]


def test_what_is_rejected_earns_what_failing_earns():
    settings = LoopSettings(9, reuse=False)
    controller = Witness()
    refuse = lambda genotype: "too large" if genotype.key < "8" else None  # noqa: E731
    found = Search(
        fakes.SPACE,
        controller,
        MemoryStore(),
        InlineExecutor(Below()),
        settings,
        Rules(limit=refuse),
    )
    found.run()
    lowest = min(trial.reward for trial in found.trials)
    assert {"complete", "rejected"} == {trial.state for trial in found.trials}
    assert lowest == min(trial.reward for trial in found.trials if not trial.failed)


MINE = """
from nasnet.search import Evaluation, Evaluator


class Mine(Evaluator):
    reward_name = "cells by their names"

    def __call__(self, task):
        return Evaluation(int(task.architecture.key, 16) / 16**16)


other = 3
"""


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_an_evaluator_of_a_users_file_works_in_worker_processes(mine, conditions):
    evaluator = find_evaluator(f"{mine}:Mine").make(conditions)
    pool = ProcessPool(evaluator, 1)
    pool.submit(0, Train(CELLS[0], 0))
    outcomes = []
    while not outcomes:
        outcomes = pool.wait(1)
    pool.close()
    assert outcomes[0].error == ""
    assert outcomes[0].result == evaluator(Train(CELLS[0], 0))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("flops", "evaluator is 'flops', expected one of: child, shared, .*; or your own as FILE"),
        ("{mine}:other", "mine.py:other is 3, expected a subclass of search.Evaluator"),
        ("{mine}:Other", "mine.py has no 'Other', expected one of: Evaluation, Evaluator, Mine"),
    ],
)
def test_what_is_no_evaluator_is_one_clear_line(mine, name, text):
    with pytest.raises(ValueError, match=text):
        find_evaluator(name.format(mine=mine))
