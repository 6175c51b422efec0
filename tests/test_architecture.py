"""The arrows between the folders, and what may be imported without TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ARROWS = {
    "cells": set(),
    "controller": {"cells"},
    "stacking": {"cells"},
    "transfer": {"cells", "stacking"},
    "viz": {"cells"},
    "search": {"cells", "controller", "stacking"},
    "experiments": {"cells", "controller", "stacking", "search", "transfer", "viz"},
}
HEAVY = ("keras", "tensorflow")


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("folder", ARROWS)
def test_imports_point_one_way(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    ours = set(ARROWS) | {"tests", "benchmarks"}
    for path in files:
        assert imported(path) & ours <= ARROWS[folder] | {folder}, path


def test_cells_need_numpy_alone():
    allowed = set(sys.stdlib_module_names) | {"cells", "numpy"}
    for path in (ROOT / "cells").rglob("*.py"):
        assert imported(path) <= allowed, path


@pytest.mark.parametrize(
    "statement",
    [
        "import nasnet.cells, nasnet.controller, nasnet.viz",
        "import nasnet.stacking, nasnet.search, nasnet.experiments.searching.driver",
        "from nasnet.experiments.cli import parse; parse(['zoo']).run()",
        "from nasnet.experiments.cli import parse; parse(['profile', 'nasnet-a']).run()",
        "from nasnet.experiments.cli import parse; parse(['doctor']).run()",
        "from nasnet.experiments.cli import parse; "
        "parse(['transfer', 'plan', 'nasnet-a', '--mult-adds', '600M']).run()",
    ],
)
def test_no_tensorflow_is_loaded_by(statement):
    code = f"{statement}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"
