"""What `pip install` gives people: built, installed elsewhere, and used there."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from nasnet import __version__
from tests.test_architecture import ARROWS

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
BACKEND = "setuptools>=77"
TINY = """
    --trials 2 --data shapes10 --workers 1 --train-images 40 --val-images 20 --blocks 1
    --stack.filters 2 --controller random
"""


def run(*command, cwd, **variables):
    """The output of a command that must end well; none of this process's paths are seen there."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | variables
    result = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """A Python that has the build backend."""
    has = "import setuptools; assert int(setuptools.__version__.split('.')[0]) >= 77"
    if not subprocess.run([sys.executable, "-c", has], capture_output=True).returncode:
        return sys.executable
    folder = tmp_path_factory.mktemp("builder")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "-q", BACKEND]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip(f"{BACKEND} is neither installed nor to be had")
    return python


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what is tracked, for the build leaves files beside it; links stay links."""
    folder = tmp_path_factory.mktemp("tree") / "nasnet"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if names.returncode:
        pytest.skip("this is no checkout of git")
    for name in filter(None, names.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    return folder


def build(python, tree, kind, out):
    """Builds a wheel or an sdist with the backend alone; the file."""
    code = f"from setuptools import build_meta as b; print(b.build_{kind}({str(out)!r}))"
    return out / run(python, "-c", code, cwd=tree).splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(builder, tree, tmp_path_factory):
    return build(builder, tree, "wheel", tmp_path_factory.mktemp("wheel"))


def modules(names):
    """The package's own files among those of an archive, below `nasnet/`."""
    return {name.split("nasnet/", 1)[1] for name in names if "nasnet/" in name}


def test_the_wheel_holds_every_file_of_every_folder(wheel):
    found = modules(zipfile.ZipFile(wheel).namelist())
    for folder in ARROWS:
        ours = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py")}
        assert ours <= found, folder
    assert {f"viz/page/page.{suffix}" for suffix in ("css", "html", "js")} <= found
    assert not {name for name in found if name.startswith(("tests/", "benchmarks/"))}


def test_an_sdist_holds_files_and_builds_the_same_wheel(builder, tree, wheel, tmp_path):
    sdist = build(builder, tree, "sdist", tmp_path)
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert not [member.name for member in members if member.issym() or member.islnk()]
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    (tmp_path / "again").mkdir()
    again = build(builder, unpacked, "wheel", tmp_path / "again")
    names = [modules(zipfile.ZipFile(path).namelist()) for path in (wheel, again)]
    assert names[0] == names[1]


def test_pypi_would_take_both(builder, tree, wheel, tmp_path):
    if importlib.util.find_spec("twine") is None:
        pytest.skip("twine is not installed")
    files = [wheel, build(builder, tree, "sdist", tmp_path)]
    run(sys.executable, "-m", "twine", "check", "--strict", *files, cwd=tmp_path)
    (name,) = (n for n in zipfile.ZipFile(wheel).namelist() if n.endswith(".dist-info/METADATA"))
    metadata = zipfile.ZipFile(wheel).read(name).decode()
    for line in (
        f"Version: {__version__}",
        "License-Expression: Apache-2.0",
        "Description-Content-Type: text/markdown",
        "Classifier: Typing :: Typed",
    ):
        assert line in metadata.splitlines()
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"version: {__version__}\n" in citation


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of an environment with the wheel; other packages are those of this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", code, cwd=folder).strip())
    pip = [sys.executable, "-m", "pip", "--python", python]
    run(*pip, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder)
    # Such a path is searched for modules, but the .pth files in it (an editable install) are not.
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_nothing_but_nasnet_is_added_to_what_can_be_imported(installed):
    code = "import nasnet, nasnet.cells; print(nasnet.__file__, nasnet.__version__)"
    where, version = run(installed / "bin" / "python", "-c", code, cwd=installed).split()
    assert Path(where).is_relative_to(installed)
    assert version == __version__
    code = f"import importlib.util as u; print([n for n in {list(ARROWS)} if u.find_spec(n)])"
    assert run(installed / "bin" / "python", "-c", code, cwd=installed).strip() == "[]"


def test_commands_work_from_the_wheel(installed, tmp_path):
    nasnet = installed / "bin" / "nasnet"
    assert run(nasnet, "--version", cwd=tmp_path).strip() == __version__
    assert "nasnet-a" in run(nasnet, "zoo", cwd=tmp_path)
    run(nasnet, "search", *TINY.split(), "--out", "run", cwd=tmp_path)
    status = run(nasnet, "status", "run", cwd=tmp_path)
    assert "2 of 2 children done" in status
    assert (tmp_path / "run" / "best.svg").is_file()
    assert "next: nasnet train run" in run(nasnet, "report", "run", cwd=tmp_path)
    assert (tmp_path / "run" / "report.html").is_file()
