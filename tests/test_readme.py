"""What README.md and the pages of docs/ show must work, word for word."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from nasnet.cells import NASNET_A
from nasnet.experiments.commands.registry import COMMANDS

ROOT = Path(__file__).parent.parent
# Those whose Python goes on from page to page; that of extending.md is tested in test_docs.
PAGES = [ROOT / "README.md", *(ROOT / "docs" / f"{n}.md" for n in ("python", "imagenet", "keras"))]
PAGES += sorted({*(ROOT / "docs").glob("*.md")} - {*PAGES, ROOT / "docs" / "extending.md"})
PYTHON = [
    code
    for page in PAGES
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
]
# Flags of `dask scheduler`, sbatch, scripts and benchmarks.
OTHERS = {"--seeds", "--no-dashboard", "--host", "--port", "--protocol", "--rounds", "--children"}
OTHERS |= {"--array", "--cpus-per-task", "--job-name", "--time", "--epochs", "--environment"}
COMMANDS_SHOWN = re.compile(
    r"`(?:\.venv/bin/)?nasnet ([a-z][^`]*)`|^ {4}(?:\.venv/bin/)?nasnet (.*)$", re.M
)


@pytest.mark.slow
def test_the_python_in_the_readme_runs(tmp_path, monkeypatch, capsys, rng):
    monkeypatch.chdir(tmp_path)
    Path("runs/my-search").mkdir(parents=True)
    Path("runs/my-search/best.json").write_text(NASNET_A.to_json())
    names = {}
    smaller = {
        "Stack(6, 32), (32, 32, 3), 10)": "Stack(1, 4), (32, 32, 3), 10)",
        "Stack(repeats=6, filters=32), (32, 32, 3), 10)  # a": "Stack(1, 4), (32, 32, 3), 10)  # a",
    }
    smaller |= {"epochs=100": "epochs=1"}
    for split, count in (("train", 64), ("val", 32)):
        names[f"x_{split}"] = rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        names[f"y_{split}"] = rng.integers(0, 10, count)
    assert len(PYTHON) >= 3
    for code in PYTHON:
        if "import torch" in code:  # `nasnet code` is tested with what it writes
            continue
        # What downloads, or takes minutes, is imported alone.
        if 'weights="imagenet"' in code or "tuning.tuner import" in code:
            code = "\n".join(re.findall(r"^from nasnet\.[a-z.]+ import .*$", code, re.MULTILINE))
        for long, short in smaller.items():
            code = code.replace(long, short)
        exec(compile(code, "README.md", "exec"), names)
    assert "3346538 544333312" in capsys.readouterr().out
    assert {"network.keras", "cells.svg", "mine.db"} <= {p.name for p in tmp_path.iterdir()}


def shown_commands(page):
    """The words behind `nasnet` of each command that a page shows."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL).replace("\\\n", "")
    for match in COMMANDS_SHOWN.finditer(text):
        yield shlex.split(match[1] or match[2], comments=True)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.zh-CN.md"], ids=lambda page: page.stem)
def test_the_commands_of_a_page_are_there(page, invoke):
    for words in shown_commands(page):
        if "--resume" in words or "..." in words:  # names a run that is not here
            words = words[:1]
        assert invoke(*filter(lambda word: word != "&", words), "--help")[0] == 0, words


def test_the_flags_of_the_pages_are_there(invoke):
    known = "".join(invoke(*name.split(), "--help")[1] for name in COMMANDS)
    text = "".join(page.read_text() for page in PAGES)
    flags = set(re.findall(r"(?<!\w)--[a-z][a-z.-]+[a-z]", text))
    assert flags - OTHERS <= set(re.findall(r"--[a-z][a-z.-]+[a-z]", known))


def test_both_readmes_show_the_same_commands_and_pages():
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md"))
    for pattern in (r"^\| (`nasnet [^|]*`) \|", r"\((docs/[a-z-]+\.md)\)", r"^ {4}\S.*$"):
        found = [{*re.findall(pattern, text, re.M)} for text in (english, chinese)]
        assert {text.split("  #")[0] for text in found[0]} == {t.split("  #")[0] for t in found[1]}
    assert len(english.splitlines()) <= 150


@pytest.mark.slow
def test_the_model_in_the_readme_has_the_space_that_the_docs_show():
    from nasnet.cells.spaces.hyper import explore
    from nasnet.experiments.tuning.report import size_text

    (code,) = [code for code in PYTHON if "def build_model" in code]
    names = {}
    exec(compile(code, "tuning.md", "exec"), names)
    page = (Path(__file__).parent.parent / "docs" / "tuning.md").read_text()
    assert f"    {size_text(explore(names['build_model']))}\n" in page
