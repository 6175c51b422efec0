"""The bar that everything long has, without a terminal and without waiting; and Ctrl-C."""

import io
import signal
from types import SimpleNamespace

import pytest
from rich.console import Console

from nasnet.experiments.console import bar as bars
from nasnet.experiments.console.bar import Bar
from nasnet.experiments.console.lines import duration, prose, spent
from nasnet.experiments.runs.stopping import stoppable
from nasnet.experiments.searching import running

PROSE = "one two three a/path-longer-than-a-line"


@pytest.fixture
def hands(clock):
    return clock(bars)


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45 s"), (200.4, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("left", "text"), [(45.2, "20 s, ETA 45 s"), (None, "20 s, ETA ?"), (0.2, "20 s")]
)
def test_the_time_that_is_left_is_said_where_there_is_some(left, text):
    assert spent(20.0, left) == text


@pytest.mark.parametrize(
    ("terminal", "expected"),
    [(True, "one two\n    three\n    a/path-longer-than-a-line\n"), (False, PROSE + "\n")],
)
def test_only_a_terminal_has_prose_in_lines_and_no_word_is_broken(terminal, expected):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=10, color_system=None)
    prose(console, PROSE)
    assert console.file.getvalue() == expected


def test_each_end_is_a_line_with_the_time_that_is_left(hands, capsys):
    with Bar("search", 6, done=2) as bar:
        bar.update(2, line="1 running")  # nothing has ended: nothing to say
        hands.now += 10
        bar.update(3, line="2 running")
        hands.now += 20
        bar.update(5)
    assert capsys.readouterr().err.splitlines() == [
        "3/6 done · 2 running · 10 s, ETA 30 s",
        "5/6 done · 2 running · 30 s, ETA 10 s",
    ]


def test_what_has_no_number_in_all_has_the_time_that_is_left(hands, capsys):
    with Bar("search", None) as bar:
        hands.now += 10
        bar.update(1, line="1 running", left=290.0)
        hands.now += 10
        bar.update(2, left=280.0)
    assert capsys.readouterr().err.splitlines() == [
        "1 done · 1 running · 10 s, ETA 4 min 50 s",
        "2 done · 1 running · 20 s, ETA 4 min 40 s",
    ]


@pytest.mark.parametrize(("over", "expected"), [(True, [16.0, 0.0]), (False, [16.0])])
def test_a_search_that_is_over_has_no_time_left(over, expected, monkeypatch):
    left = []

    class Shown(Bar):
        def update(self, *numbers, **more):
            left.append(more["left"])

    def make(on_change):
        search = SimpleNamespace(finished=0, failed=0, best=None, running=[], left=16.0, over=over)
        return SimpleNamespace(**vars(search), stop=None, run=lambda: on_change(search))

    monkeypatch.setattr(running, "Bar", Shown)
    running.carry_out(make, "search", None)
    assert left == expected


def test_lines_are_as_far_apart_as_asked_but_the_last_one(hands, capsys):
    with Bar("compare", 5, every=10.0) as bar:
        for done in range(1, 6):
            hands.now += 4
            bar.update(done)
    said = [line.split(" ")[0] for line in capsys.readouterr().err.splitlines()]
    assert said == ["3/5", "5/5"]


def test_the_first_step_with_its_tracing_tells_nothing_of_the_speed(hands, capsys):
    with Bar("train", unit="steps") as bar:
        hands.now += 60
        bar.update(1, 101)
        assert bar.rate is None
        hands.now += 5
        bar.update(11)
        assert bar.rate == 2.0
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["1/101 steps · 1 min 0 s, ETA ?", "11/101 steps · 1 min 5 s, ETA 45 s"]


def test_without_lines_it_is_silent(hands, capsys):
    with Bar("train", every=None) as bar:
        bar.update(1, 2)
    assert capsys.readouterr().err == ""


def test_the_first_ctrl_c_stops_and_the_second_interrupts(capsys):
    stopped, before = [], signal.getsignal(signal.SIGINT)
    with stoppable(lambda: stopped.append(True), lambda: "2 running children"):
        signal.raise_signal(signal.SIGINT)
        assert stopped == [True]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("stopping: 2 running children may end; Ctrl-C again to stop at once")
