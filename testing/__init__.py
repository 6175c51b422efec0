"""The suites that our own parts pass, for those that a user writes: run by the user's pytest.

A suite is a class of tests. Its docstring names the fixtures that it needs::

    from nasnet.testing import ControllerSuite

    class TestMine(ControllerSuite):
        @pytest.fixture
        def make(self):
            return Mine  # called as make(space, seed=0)
"""

import pytest

for _name in ("controllers", "evaluators", "executors", "operations", "spaces", "stores"):
    pytest.register_assert_rewrite(f"{__name__}.{_name}")

from nasnet.testing.controllers import ControllerSuite  # noqa: E402
from nasnet.testing.evaluators import EvaluatorSuite  # noqa: E402
from nasnet.testing.executors import ExecutorSuite  # noqa: E402
from nasnet.testing.operations import OperationSuite  # noqa: E402
from nasnet.testing.spaces import SPACES, SpaceSuite  # noqa: E402
from nasnet.testing.stores import StoreSuite  # noqa: E402

__all__ = (
    "SPACES",
    "ControllerSuite",
    "EvaluatorSuite",
    "ExecutorSuite",
    "OperationSuite",
    "SpaceSuite",
    "StoreSuite",
)
