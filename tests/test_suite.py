"""The suite's own rules: what a test may cost, what it may look at, who runs beside whom."""

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
# The one reads the processor's time for the suite's check, the other is a clock of our own.
MAY_READ_CLOCKS = {"suite.py", "clocks.py"}
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"}
CLOCKS |= {"process_time_ns", "thread_time", "time_ns", "times", "getrusage", "clock_gettime"}
TESTS = """
import time
import pytest

def burn():
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass

def test_quick(): pass

def test_long(): burn()

@pytest.mark.slow
def test_marked(): burn()
"""


@pytest.fixture
def rules(pytester, monkeypatch):
    """A suite under this one's rules, found from elsewhere."""
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    pytester.makeconftest('pytest_plugins = ["tests.suite"]')
    return pytester


@pytest.fixture
def suite(rules):
    """A suite of three tests; `suite(flags)` is what came of it."""
    rules.makeini("[pytest]\nmarkers = slow: long\nmost_seconds = 0.1")
    rules.makepyfile(test_three=TESTS)
    return lambda *flags: rules.runpytest_subprocess("-p", "no:cacheprovider", *flags)


@pytest.mark.parametrize("flags", [(), ("-n", "2")])
def test_a_long_test_that_is_not_marked_slow_fails_the_suite(suite, flags):
    result = suite(*flags)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["*::test_long* took 0.* seconds of the processor, expected at*0.1"]
    )
    result.stdout.no_fnmatch_line("*test_marked* took *")


def test_a_suite_of_quick_and_marked_tests_passes(suite):
    result = suite("-k", "not test_long")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*too long*")


def _name(path):
    return str(path.relative_to(FOLDER).with_suffix(""))


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=_name)
def test_no_test_depends_on_the_machines_speed(path):
    """None reads a clock, and none gives another process so many seconds; `timeout` is pytest's."""
    if path.name in MAY_READ_CLOCKS:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            reads = node.value.id in ("time", "os", "resource") and node.attr in CLOCKS
            assert not reads, f"{path.name}:{node.lineno} reads {node.value.id}.{node.attr}"
            assert (node.value.id, node.attr) != ("time", "time"), f"{path.name}:{node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            waits = node.func.attr in ("communicate", "run", "wait", "check_output")
            limits = [k for k in node.keywords if k.arg == "timeout"]
            assert not (waits and limits), f"{path.name}:{node.lineno} waits for some seconds only"


def test_tests_of_a_file_are_in_one_process(rules):
    check = "import os, pytest\n@pytest.mark.parametrize('i', range(9))\n"
    check += "def test_{0}(i): open('{0}-' + os.environ['PYTEST_XDIST_WORKER'], 'w').close()\n"
    rules.makepyfile(**{f"test_{name}": check.format(name) for name in "abc"})
    result = rules.runpytest_subprocess("-n", "2", "--no-loadscope-reorder")
    result.assert_outcomes(passed=27)
    assert [len(list(rules.path.glob(f"{name}-gw*"))) for name in "abc"] == [1, 1, 1]


def test_files_that_share_a_network_are_there():
    from tests.suite import TOGETHER

    assert all((FOLDER / f"{name}.py").is_file() for name in TOGETHER)
