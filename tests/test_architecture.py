"""The arrows between the folders, and what may be imported without TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "nasnet"
ARROWS = {
    "runtime": set(),
    "cells": {"runtime"},
    "data": {"runtime"},
    "controller": {"cells", "runtime"},
    "stacking": {"cells", "runtime"},
    "transfer": {"cells", "data", "runtime", "stacking"},
    "viz": {"cells", "runtime"},
    "search": {"cells", "controller", "data", "runtime", "stacking"},
}
ARROWS["experiments"] = set(ARROWS)
ARROWS["testing"] = set(ARROWS) - {"experiments"}
# Inside experiments/: commands know verbs, verbs know runs and what a person sees, never back.
LAYERS: dict[str, set[str]] = {
    "console": set(),
    "runs": {"console"},
    "searching": {"console", "runs"},
    "tuning": {"console", "runs", "searching"},
    "training": {"console", "runs", "searching"},
    "transfer": {"console", "runs"},
    "curve": {"console", "runs", "searching", "transfer"},
    "recurrent": {"console", "runs"},
    "networks": {"runs", "searching", "training"},
    "exporting": {"runs", "training", "transfer"},
    "bench": {"runs", "searching", "training"},
    "proxies": {"console", "runs", "searching"},
    "rewards": {"console", "runs", "searching"},
    "compare": {"console", "networks", "runs", "searching", "training"},
}
LAYERS["reporting"] = set(LAYERS)
LAYERS["commands"] = set(LAYERS)
LAYERS["published"] = {*LAYERS, "cli"}
HEAVY = ("keras", "tensorflow")
MAY_BE_MISSING = {"quiet.py": {"tensorflow"}}  # imported by whom it is imported for
FOLDERS = sorted({path.parent for name in ARROWS for path in (ROOT / name).rglob("*.py")})


def modules(path: Path) -> set[str]:
    """What a file imports, anywhere in it, in full."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported(path: Path) -> set[str]:
    """The same: other packages, and folders of ours as `nasnet.x`."""
    names = modules(path)
    ours = {name for name in names if name.split(".")[0] == "nasnet"}
    return {name.split(".")[0] for name in names - ours} | {
        ".".join(name.split(".")[:2]) for name in ours
    }


def test_every_folder_is_linked():
    links = {path.name: path.resolve() for path in PACKAGE.iterdir() if path.is_symlink()}
    assert links == {folder: ROOT / folder for folder in ARROWS}


@pytest.mark.parametrize("folder", ARROWS)
def test_imports_point_one_way(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    allowed = {f"nasnet.{name}" for name in ARROWS[folder] | {folder, "__version__"}}
    for path in files:
        names = imported(path)
        assert {name for name in names if name.startswith("nasnet")} <= allowed, path
        assert not names & (set(ARROWS) | {"tests", "benchmarks"}), path


@pytest.mark.parametrize("folder", LAYERS)
def test_settings_become_objects_at_the_top_and_go_down(folder):
    """Errors and their exit codes are everybody's."""
    allowed = {f"nasnet.experiments.{name}" for name in LAYERS[folder] | {folder, "errors"}}
    for path in (ROOT / "experiments" / folder).rglob("*.py"):
        found = {name for name in modules(path) if name.startswith("nasnet.experiments.")}
        assert {".".join(name.split(".")[:3]) for name in found} <= allowed, path


def test_every_folder_of_experiments_has_a_layer():
    folders = {path.parent.name for path in (ROOT / "experiments").glob("*/__init__.py")}
    assert folders == set(LAYERS)


@pytest.mark.parametrize("folder", ["runtime", "cells"])
def test_numpy_is_all_that_is_needed_by(folder):
    allowed = set(sys.stdlib_module_names) | {"nasnet.runtime", f"nasnet.{folder}", "numpy"}
    for path in (ROOT / folder).rglob("*.py"):
        assert imported(path) - MAY_BE_MISSING.get(path.name, set()) <= allowed, path


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_folder_says_what_lives_there(path):
    text = ast.get_docstring(ast.parse((path / "__init__.py").read_text())) or ""
    assert text.partition("\n")[0].endswith("."), path


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
