"""What README.md shows must work, word for word."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from nasnet.cells import NASNET_A
from nasnet.experiments.commands.registry import COMMANDS

README = (Path(__file__).parent.parent / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.slow
def test_the_python_in_the_readme_runs(tmp_path, monkeypatch, capsys, rng):
    monkeypatch.chdir(tmp_path)
    Path("runs/my-search").mkdir(parents=True)
    Path("runs/my-search/best.json").write_text(NASNET_A.to_json())
    names = {}
    smaller = {"Stack(6, 32), (32, 32, 3), 10, recipe": "Stack(1, 4), (32, 32, 3), 10, recipe"}
    smaller |= {"epochs=100": "epochs=1"}
    for split, count in (("train", 64), ("val", 32)):
        names[f"x_{split}"] = rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        names[f"y_{split}"] = rng.integers(0, 10, count)
    assert len(PYTHON) >= 3
    for code in PYTHON:
        if 'weights="imagenet"' in code or "import tune" in code:  # a download, minutes: imports
            code = "\n".join(re.findall(r"^from nasnet\.[a-z.]+ import .*$", code, re.MULTILINE))
        for long, short in smaller.items():
            code = code.replace(long, short)
        exec(compile(code, "README.md", "exec"), names)
    assert "3346538 544333312" in capsys.readouterr().out
    assert {"network.keras", "cells.svg", "mine.db"} <= {p.name for p in tmp_path.iterdir()}


def test_the_commands_in_the_readme_are_there(invoke):
    text = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    spoken = re.findall(r"`(?:\.venv/bin/)?nasnet ([a-z][^`]*)`", text)
    spoken += re.findall(r"^ +\.venv/bin/nasnet (.*)$", text, re.MULTILINE)
    assert len(spoken) > 8
    for command in spoken:
        words = shlex.split(command)
        if "--resume" in words or "..." in words:  # names a run that is not here
            words = words[:1]
        assert invoke(*words, "--help")[0] == 0, command


def test_the_flags_in_the_readme_are_there(invoke):
    known = "".join(invoke(*name.split(), "--help")[1] for name in COMMANDS)
    searching = README.split("## Searching")[1].split("## In Python")[0]
    flags = set(re.findall(r"--[a-z][a-z.-]+[a-z]", searching))
    theirs = {"--seeds", "--no-dashboard", "--host"}  # of `dask scheduler`, and of a script
    assert flags - theirs <= set(re.findall(r"--[a-z][a-z.-]+[a-z]", known))


def test_the_model_in_the_readme_has_the_space_that_the_docs_show():
    from nasnet.cells.spaces.hyper import explore
    from nasnet.experiments.tuning.report import size_text

    (code,) = [code for code in PYTHON if "def build_model" in code]
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    page = (Path(__file__).parent.parent / "docs" / "tuning.md").read_text()
    assert f"    {size_text(explore(names['build_model']))}\n" in page
