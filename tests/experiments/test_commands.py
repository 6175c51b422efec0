"""Commands by their names: what is said of them, and what asking for one imports."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nasnet.experiments.cli import parse
from nasnet.experiments.commands.base import Command
from nasnet.experiments.commands.registry import COMMANDS, home, load

FOLDER = Path(__file__).parents[2] / "experiments" / "commands"
OURS = "nasnet.experiments.commands."
# What takes a tenth of a second and more, and is needed by what a command does, not by its flags.
HEAVY = {
    "PIL", "filelock", "graphviz", "jinja2", "keras", "matplotlib", "optuna", "pandas", "plotly",
    "rich", "scipy", "sqlalchemy", "tensorflow", "torch",
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_said_of_a_command_is_what_it_says_of_itself(name):
    kind = load(name)
    assert issubclass(kind, Command)
    first = inspect.getdoc(kind).split("\n\n")[0]
    assert COMMANDS[name] == " ".join(first.split())


def test_every_command_is_registered():
    modules = {path.relative_to(FOLDER) for path in FOLDER.rglob("*.py")}
    homes = {Path(*home(name).split(".")[3:]).with_suffix(".py") for name in COMMANDS}
    others = {path for path in modules if path.name in ("__init__.py", "base.py", "registry.py")}
    assert homes == modules - others


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("frobnicate", "command is 'frobnicate', expected one of: search, status, best"),
        ("", "command is '', expected one of: search"),
        ("transfer", "command is 'transfer', expected one of: plan, convert, train"),
        ("transfer search", "command is 'transfer search', expected one of: plan, convert"),
        ("--trials 3", "command is '--trials', expected one of: search"),
    ],
)
def test_a_wrong_name_is_refused_with_those_there_are(words, text):
    with pytest.raises(ValueError, match=text):
        parse(words.split())


def test_help_names_every_command(invoke):
    code, out, err = invoke("--help")
    assert (code, err) == (0, "")
    for name in COMMANDS:
        *group, last = name.split()
        lines = (invoke(*group, "--help")[1] if group else out).splitlines()
        assert any(line.split()[:1] == [last] for line in lines), name


def loaded_by(words):
    """What the process of a command has imported at its end; its exit code and output."""
    code = (
        "import atexit, sys\n"
        "from nasnet.experiments.cli import main\n"
        "atexit.register(lambda: print('\\n', *sorted(sys.modules), file=sys.stderr))\n"
        "main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", code, *words.split()],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    return set(result.stderr.rsplit("\n", 2)[-2].split()), result


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--help", 0),
        ("transfer --help", 0),
        ("--version", 0),
        ("frobnicate", 2),
        ("transfer frobnicate", 2),
        ("", 2),
    ],
)
def test_what_is_no_command_imports_next_to_nothing(words, code):
    """Seconds are what is imported; `benchmarks.commands` has the seconds."""
    loaded, result = loaded_by(words)
    assert result.returncode == code
    assert len(result.stdout or result.stderr) > 5
    assert not {name.split(".")[0] for name in loaded} & {*HEAVY, "numpy", "tyro"}
    assert {name for name in loaded if name.startswith(OURS)} == {f"{OURS}registry"}
    assert len(loaded) < 150  # 79 to 84 in Python 3.11


@pytest.mark.parametrize("name", COMMANDS)
def test_the_flags_of_a_command_import_that_command_alone(name):
    loaded, result = loaded_by(f"{name} --no-such-flag")
    assert result.returncode == 2
    assert not {name.split(".")[0] for name in loaded} & HEAVY
    assert loaded & {home(name) for name in COMMANDS} == {home(name)}
    assert len(loaded) < 650
