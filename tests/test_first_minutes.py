"""docs/first-minutes.md shows what its script types, and the script writes down what is seen."""

import re
import shlex
from pathlib import Path

import pytest

from benchmarks import first_minutes as recording
from nasnet.experiments import cli

PAGE = recording.PAGE.read_text()
TYPED = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
COMMANDS = re.findall(r"(?:\$ |&& |next: |or: )nasnet (.*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_page_parses(command):
    cli.parse(shlex.split(command))


def test_the_page_shows_the_steps_of_the_script_and_the_command_that_made_it():
    (made,) = re.findall(r"^    python -m benchmarks.first_minutes (.*)$", PAGE, re.MULTILINE)
    flags = dict(zip(*[iter(shlex.split(made))] * 2, strict=True))
    assert set(flags) <= {"--minutes", "--epochs", "--environment"}
    assert len(COMMANDS) > len(TYPED) == len(recording.STEPS)
    for step, typed in zip(recording.STEPS, TYPED, strict=True):
        parts = re.split(r"{(\w+)}", step.command)
        given = [flags.get(f"--{name}") for name in parts[1::2]]
        pattern = "".join(map(re.escape, parts[:1]))
        for value, text in zip(given, parts[2::2], strict=True):
            pattern += (".+" if value is None else re.escape(value)) + re.escape(text)
        assert re.fullmatch(pattern, typed)


def test_nothing_on_the_page_is_wider_than_the_terminal_or_of_one_machine():
    assert max(map(len, PAGE.splitlines())) <= recording.COLUMNS
    assert not re.findall(r"/tmp/|/home/|/root/|\x1b", PAGE)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("printf 'a\\nb\\n'", ["a", "b"]),
        ("printf 'half\\rwhole\\n'", ["whole"]),
        ("printf '\\033[1mbar 1\\033[0m\\n\\033[1A\\033[2Kbar 2\\n'", ["bar 2"]),
        ("tput cols", ["100"]),
        ("cd / && true", []),
        ("pwd", ["/"]),
    ],
)
def test_a_terminal_shows_what_a_person_sees(terminal, command, expected):
    pytest.importorskip("pyte", reason="pyte is not installed")
    assert recording.seen(terminal.type(command)) == expected


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    with recording.Terminal(tmp_path_factory.mktemp("terminal"), {}) as found:
        yield found


def test_a_command_that_fails_ends_the_recording(terminal):
    with pytest.raises(SystemExit, match=r"ls nowhere ended with 2:\n.*No such file"):
        terminal.type("ls nowhere")


@pytest.mark.parametrize(
    ("count", "expected"),
    [(5, "0 1 2 3 4"), (6, "0 1 [... 2 lines ...] 4 5"), (9, "0 1 [... 5 lines ...] 7 8")],
)
def test_long_outputs_lose_their_middle(count, expected):
    assert " ".join(recording.shortened([str(i) for i in range(count)], most=5)) == expected


def test_a_lent_environment_is_ready_and_stays_as_it_is(tmp_path):
    (tmp_path / "theirs" / "bin").mkdir(parents=True)
    (tmp_path / "theirs" / "ready-test").touch()
    (tmp_path / "clone").mkdir()
    recording.lend(tmp_path / "theirs", tmp_path / "clone")
    assert {p.name for p in (tmp_path / "clone" / ".venv").iterdir()} == {"bin", "ready"}
    assert {p.name for p in (tmp_path / "theirs").iterdir()} == {"bin", "ready-test"}


def test_paths_get_other_names():
    paths = {Path("/tmp/x/nasnet"): "~/nasnet", Path("/tmp/x"): "~"}
    assert recording.anonymous("/tmp/x/nasnet/runs in /tmp/x", paths) == "~/nasnet/runs in ~"
