"""What every evaluator keeps to."""

import json
import math
import pickle
from collections.abc import Sequence

import pytest

from nasnet.cells.spaces.operations import OperationSpace
from nasnet.controller import make_controller
from nasnet.search.executors import InlineExecutor
from nasnet.search.loop import Search
from nasnet.search.rules import Rules
from nasnet.search.settings import LoopSettings
from nasnet.search.stores import MemoryStore
from nasnet.search.tasks import Evaluation

_SMALL = 1 << 16  # bytes that are sent to each process


class EvaluatorSuite:
    """Fixtures, both of the scope "class": `evaluator`, the one to test; and `tasks`, three or more
    that it can be called with, as different as they get.
    """

    @pytest.fixture(scope="class")
    def found(self, evaluator, tasks):
        """What the tasks are worth."""
        evaluator.prepare(1)
        return [evaluator(task) for task in tasks]

    def test_a_task_has_a_reward_and_a_record(self, found):
        for evaluation in found:
            assert isinstance(evaluation, Evaluation)
            assert math.isfinite(evaluation.reward)
            assert json.loads(json.dumps(evaluation.metrics, allow_nan=False)) is not None

    def test_equal_tasks_are_worth_the_same_wherever_it_is_sent(self, evaluator, tasks, found):
        sent = pickle.dumps(evaluator)
        assert len(sent) < _SMALL, "keep data in files that processes map"
        again = pickle.loads(sent)  # noqa: S301
        assert again(tasks[-1]).reward == found[-1].reward

    def test_failing_never_pays(self, evaluator, found):
        """What it says that a failure earns is at most what any child earns."""
        if evaluator.failure_reward is not None:
            assert evaluator.failure_reward <= min(evaluation.reward for evaluation in found)

    def test_no_controller_can_learn_to_fail(self, evaluator, found):
        """In a search every third child of which fails, from the first on."""
        trials = failing_search(
            found, Rules(failure_reward=evaluator.failure_reward), 3 * len(found)
        )
        assert all(trial.observed for trial in trials)
        assert sum(trial.failed for trial in trials) == len(found)
        ran = [trials[1].reward]  # the failure before it is told of with it
        for trial in trials:
            if trial.failed:
                assert trial.reward <= min(ran)
            else:
                ran.append(trial.reward)


class Replay:
    """Gives results in turn; fails at every third task, from the first on."""

    def __init__(self, results: Sequence[Evaluation]):
        self._results, self._count = results, 0

    def prepare(self, threads):
        """Nothing."""

    def __call__(self, task):
        self._count += 1
        if self._count % 3 == 1:
            raise RuntimeError("every third child fails")
        return self._results[self._count % len(self._results)]


def failing_search(found, rules, trials):
    """The trials of a random search whose children are worth what is `found`, or fail."""
    space = OperationSpace()
    controller, executor = make_controller("random", space), InlineExecutor(Replay(found))
    settings = LoopSettings(trials, reuse=False)
    search = Search(space, controller, MemoryStore(), executor, settings, rules)
    search.run()
    return search.trials
