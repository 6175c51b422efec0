"""How the suite runs: which tests share a process, and what a test may cost. A plugin of pytest."""

import os
import time

import pytest

# Files whose tests share what takes long to build: with one process for all, it is built once.
TOGETHER = {
    name: "keras_mobile"
    for name in (
        "experiments/transfer/test_finetuning",
        "stacking/test_keras_weights",
        "transfer/test_backbone",
        "transfer/test_weights",
    )
}
_SPENT = "cpu_seconds"


def pytest_addoption(parser):
    parser.addini(
        "most_seconds", "of the processor, for a test that is not marked slow", default=20
    )


def _group(nodeid):
    name = nodeid.split("::")[0].removeprefix("tests/").removesuffix(".py")
    return TOGETHER.get(name, name)


def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that no process is left alone with it at the end."""
    groups = {}
    for item in items:
        groups.setdefault(_group(item.nodeid), []).append(item)
    items[:] = [item for group in sorted(groups.values(), key=_weight) for item in group]


def _weight(group):
    return -sum(10 if item.get_closest_marker("slow") else 1 for item in group)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One process has all tests of a file: what its fixtures build is built once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _group(nodeid)

    return ByFile(config, log)


def _cpu_seconds():
    """What this process and those that it has waited for have taken so far."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    before = _cpu_seconds()
    try:
        return (yield)
    finally:
        if not item.get_closest_marker("slow"):
            item.user_properties.append((_SPENT, _cpu_seconds() - before))


class Costs:
    """Collects what tests took, and fails the suite for those that should be marked slow."""

    def __init__(self, most):
        self._most, self._found = most, []

    def pytest_runtest_logreport(self, report):
        seconds = dict(report.user_properties).get(_SPENT, 0.0)
        if report.when == "call" and seconds > self._most:
            self._found.append((seconds, report.nodeid))

    def pytest_sessionfinish(self, session):
        if self._found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if self._found:
            terminalreporter.section("too long for a test that is not marked slow", red=True)
        for seconds, name in sorted(self._found, reverse=True):
            took = f"{name} took {seconds:.2f} seconds of the processor"
            terminalreporter.write_line(f"{took}, expected at most {self._most:g}")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # the process that hears of all tests
        config.pluginmanager.register(Costs(float(config.getini("most_seconds"))), "costs")
