"""Suites that our own parts pass, for parts of yours; they run under pytest.

A suite is a class of tests. Subclass it in a test file under a name that begins with `Test`, and
give the fixtures that its docstring names:

    class TestMine(EvaluatorSuite):
        @pytest.fixture
        def evaluator(self):
            return Mine()
        ...
"""
