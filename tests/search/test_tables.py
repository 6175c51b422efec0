"""Tables are read as they are, or refused in one line that names what is wrong."""

import dataclasses
import gzip

import numpy as np
import pytest

from nasnet.cells.spaces.nasbench201 import NASBench201Space
from nasnet.search import (
    Columns,
    Stage,
    StagedLookup,
    Table,
    TableLookup,
    Train,
    read_space,
    read_table,
)

COLUMNS = Columns(("arch",), ("valid",), "test")
TEXT = "arch,valid,test,note\na,0.5,0.25,x\nb,0.75,0.5,y\n"


def write(path, text):
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.npz"])
def test_every_format_gives_the_same_table(tmp_path, name):
    path = tmp_path / name
    if name.endswith("npz"):
        np.savez(path, arch=["a", "b"], valid=[0.5, 0.75], test=np.float32([0.25, 0.5]))
    else:
        write(path, TEXT)
    table = read_table(path, COLUMNS)
    assert table.rows == {"a": 0, "b": 1}
    assert table.search.tolist() == [[0.5, 0.75]]
    assert table.report.tolist() == [0.25, 0.5]


def test_the_reward_is_the_search_column_and_the_report_column_stays_away(tmp_path):
    columns = dataclasses.replace(COLUMNS, scale=0.01)
    table = read_table(write(tmp_path / "t.csv", TEXT), columns)
    evaluation = TableLookup(table, str)(Train("b", 7))
    assert evaluation.reward == pytest.approx(0.0075)
    assert evaluation.metrics == {}


def test_the_budgets_of_a_row_are_its_stages(tmp_path):
    path = write(tmp_path / "t.csv", TEXT)
    table = read_table(path, Columns(("arch",), ("valid", "test"), "test"))
    lookup = StagedLookup(table, str)
    rewards = [lookup(Stage("b", 0, 0, epochs, epochs == 2)).reward for epochs in (1, 2)]
    assert rewards == [0.75, 0.5]
    assert TableLookup(table, str)(Train("b", 0)).reward == 0.5


def test_columns_become_decisions_in_order_of_their_values(tmp_path):
    rows = [f"{depth},{kind},0.5" for kind in ("x", "b") for depth in (16, 8, 100)]
    path = write(tmp_path / "t.csv", "\n".join(["depth,kind,valid", *rows]) + "\n")
    space = read_space(path, ("kind", "depth"))
    assert [decision.options for decision in space.decisions] == [("b", "x"), ("8", "16", "100")]
    table = read_table(path, Columns(("kind", "depth"), ("valid",), "valid"))
    table.check_covers(space.decode(choices).key for choices in space)
    with pytest.raises(ValueError, match="decisions is kind, kind, expected different columns"):
        read_space(path, ("kind", "kind"))
    with pytest.raises(ValueError, match="has no column 'width', expected one of: depth, kind"):
        read_space(path, ("width",))


def test_nas_bench_201_has_the_published_best_cells(real_data):
    """94.37, 73.51 and 47.31 %: https://arxiv.org/abs/2001.00326, table 5, "optimal"."""
    path = real_data / "nas" / "nasbench201.csv.gz"
    for dataset, best in (("cifar10", 0.9437), ("cifar100", 0.7351), ("in16", 0.4731)):
        columns = Columns(("arch",), (f"e12_{dataset}_valid",), f"e200_{dataset}_test", 0.01)
        table = read_table(path, columns)
        space = NASBench201Space()
        table.check_covers(space.decode(choices).arch for choices in space)
        assert table.report.max() == pytest.approx(best, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("t.txt", TEXT, r"table is 't.txt', expected a file ending in .csv, .csv.gz, .npz"),
        ("t.csv", "", "cannot be read|has no column 'arch'"),
        ("t.csv", "arch,valid\na,1\n", "has no column 'test', expected one of: arch, valid"),
        ("t.csv", TEXT.replace("0.75", "many"), "valid of row 2 is 'many', expected a number"),
        ("t.csv", TEXT.replace("0.75", "nan"), "search value of row 2 is nan, expected a finite"),
        ("t.csv", TEXT.replace("b,", "a,"), "has 1 different names in 2 rows, expected each once"),
        ("t.csv", TEXT + "c,1\n", "cannot be read: row 3 has 2 values, expected 4"),
        ("t.csv", "arch,valid,test\n", "has 0 rows, expected at least 1"),
        ("t.csv", b"\xff\xfe\x00", "cannot be read: .*decode"),
        ("t.csv.gz", TEXT.encode(), "cannot be read: Not a gzipped file"),
        ("t.npz", b"PK no archive", "cannot be read"),
    ],
)
def test_a_bad_table_is_one_clear_line(tmp_path, name, content, text):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=text) as caught:
        read_table(path, COLUMNS)
    assert "\n" not in str(caught.value)


def test_a_missing_row_is_named():
    table = Table("t.csv", ["a"], np.zeros((1, 1)), np.zeros(1))
    with pytest.raises(ValueError, match=r"table t\.csv has no row 'b', expected one"):
        TableLookup(table, str)(Train("b", 0))
    with pytest.raises(ValueError, match=r"no row 'b' and lacks 2 of 3 architectures"):
        table.check_covers(["a", "b", "c"])


def test_a_pickled_table_is_refused(tmp_path):
    np.savez(tmp_path / "t.npz", arch=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"cannot be read: .*pickle"):
        read_table(tmp_path / "t.npz", COLUMNS)
