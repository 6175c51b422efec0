"""What every executor keeps to, whatever its worker does."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from nasnet.search.executors import Outcome
from nasnet.stacking.recipe import Diverged


@dataclasses.dataclass(frozen=True)
class Worker:
    """Doubles a number; some numbers are trouble. It says in `folder` that it is prepared."""

    folder: Path

    def prepare(self, threads):
        assert threads >= 1
        (self.folder / "prepared").touch()

    def __call__(self, task):
        assert (self.folder / "prepared").exists()
        match task:
            case -1:
                raise RuntimeError("no such number\nand more lines")
            case -2:
                raise MemoryError
            case -3:
                raise Diverged("loss is nan")
        return 2 * task


class ExecutorSuite:
    """Fixtures: `make_executor`, a function that makes an executor of a worker and closes it when
    the test has ended.
    """

    @pytest.fixture
    def executor(self, make_executor, tmp_path):
        """One with the worker of this suite."""
        return make_executor(Worker(tmp_path))

    def test_every_task_has_one_outcome(self, executor):
        found = outcomes(executor, range(5))
        assert sorted(found) == list(range(5))
        for number, outcome in found.items():
            assert (outcome.state, outcome.result, outcome.error) == ("complete", 2 * number, "")
            assert outcome.seconds >= 0

    def test_a_full_executor_says_so(self, executor):
        slots = executor.free
        assert slots >= 1
        for number in range(slots):
            executor.submit(number, number)
        assert executor.free == 0
        with pytest.raises(RuntimeError, match="child 9 was submitted where 0 slots are free"):
            executor.submit(9, 9)
        found: list[Outcome[int]] = []
        while len(found) < slots:
            found += executor.wait(0.2)
        assert executor.free == slots

    def test_waiting_for_nothing_ends(self, executor):
        assert executor.wait(0.01) == []

    @pytest.mark.parametrize(
        ("task", "state", "error"),
        [
            (-1, "error", "RuntimeError: no such number"),
            (-2, "error", "MemoryError"),
            (-3, "diverged", "loss is nan"),
        ],
    )
    def test_a_task_that_raises_is_an_outcome_and_costs_only_itself(
        self, executor, task, state, error
    ):
        found = outcomes(executor, [1, task, 2])
        assert [found[number].result for number in (0, 2)] == [2, 4]
        outcome = found[1]
        assert (outcome.state, outcome.error, outcome.result) == (state, error, None)

    def test_closing_ends_what_runs(self, executor):
        executor.submit(0, 0)
        executor.close()
        executor.close()


def outcomes(executor, tasks):
    """The outcomes of all tasks, by their place."""
    waiting = list(enumerate(tasks))
    found: dict[int, Outcome[Any]] = {}
    count = len(waiting)
    while len(found) < count:
        while waiting and executor.free:
            executor.submit(*waiting.pop(0))
        for outcome in executor.wait(0.2):
            assert outcome.number not in found
            found[outcome.number] = outcome
    return found
