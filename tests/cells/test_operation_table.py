"""Operations: ours and a user's pass one suite; a user's are found by name, and only there."""

import subprocess
import sys
from pathlib import Path

import pytest

from nasnet.cells import OPERATIONS, Block, Cell, Genotype
from nasnet.cells.operation_table import VARIABLE, OperationTable
from nasnet.cells.operations import Pool
from nasnet.runtime.loading import absolute, load_object
from nasnet.testing.operations import OperationSuite

MINE = f"{Path(__file__).parent.parent / 'extensions' / 'operation.py'}:OPERATIONS"
THEIRS = load_object(MINE)


@pytest.mark.parametrize("operation", [*OPERATIONS.values(), *THEIRS.values()], ids=repr)
class TestOperations(OperationSuite):
    pass


@pytest.fixture
def environment(monkeypatch):
    """Where no file of operations is named; what a test adds is gone behind it."""
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setattr(OPERATIONS, "_operations", dict(OPERATIONS.items()))
    monkeypatch.setattr(OPERATIONS, "sources", [])
    return monkeypatch


def test_files_are_expanded_to_the_names_that_they_hold(environment):
    items = ("identity", MINE)
    assert tuple(map(absolute, items)) == ("identity", MINE)
    names = OPERATIONS.expand(items)
    assert OPERATIONS.sources == [MINE]
    assert names == ("identity", "res_sep_3x3", "res_sep_5x5")
    assert Block(0, 1, "identity", "res_sep_5x5").op_b == "res_sep_5x5"


def test_another_process_finds_them_by_the_environment_alone(environment):
    environment.setenv(VARIABLE, MINE)
    cell = Cell((Block(0, 1, "identity", "res_sep_3x3"),))
    text = Genotype(cell, cell).to_json()
    code = f"from nasnet.cells import Genotype; print(Genotype.from_json({text!r}).key)"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert found == Genotype.from_json(text).key
    environment.delenv(VARIABLE)
    refused = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert "operation is 'res_sep_3x3', expected one of: identity" in refused
    assert "or one of your own, with NASNET_OPERATIONS=file.py:NAME" in refused


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (["a"], r"operations are \['a'\], expected a mapping by name"),
        ({"Sep Conv": Pool("max", 3)}, "operation is 'Sep Conv', expected a name of a-z, 0-9"),
        ({"pool": Pool("max", 5)}, "operation 'pool' is known already, expected a new name"),
        ({"new": 3}, "operation 'new' is 3, expected a callable with kind and drops"),
    ],
)
def test_what_is_no_operation_is_refused_and_changes_nothing(environment, operations, message):
    table = OperationTable({"pool": Pool("max", 3)})
    with pytest.raises(ValueError, match=message):
        table.add(operations)
    assert dict(table) == {"pool": Pool("max", 3)}


def test_a_search_by_the_command_line_takes_them(environment, tmp_path, invoke):
    arguments = [
        "--evaluator",
        "parameters",
        "--trials",
        "4",
        "--blocks",
        "1",
        "--workers",
        "1",
        "--data",
        "shapes10",
    ]
    arguments += ["--train-images", "20", "--val-images", "10", "--controller", "random"]
    code, _, err = invoke("search", *arguments, "--operations", MINE, "--out", tmp_path / "run")
    assert code == 0, err
    code, out, _ = invoke("best", tmp_path / "run")
    assert code == 0
    assert "res_sep" in out
