"""Suites that our own parts pass, for parts of yours; they run under pytest.

A suite is a class of tests. Subclass it in a test file under a name that begins with `Test`, and
give the fixtures that its docstring names:

    class TestMine(ControllerSuite):
        @pytest.fixture
        def make(self):
            return Mine  # called as make(space, seed=0)
"""

import pytest

for _name in ("controllers", "evaluators", "executors", "spaces", "stores"):
    pytest.register_assert_rewrite(f"{__name__}.{_name}")

from nasnet.testing.controllers import ControllerSuite  # noqa: E402
from nasnet.testing.evaluators import EvaluatorSuite  # noqa: E402
from nasnet.testing.executors import ExecutorSuite  # noqa: E402
from nasnet.testing.spaces import SPACES, SpaceSuite  # noqa: E402
from nasnet.testing.stores import StoreSuite  # noqa: E402

__all__ = (
    "SPACES",
    "ControllerSuite",
    "EvaluatorSuite",
    "ExecutorSuite",
    "SpaceSuite",
    "StoreSuite",
)
