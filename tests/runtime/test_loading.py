"""Objects by name: from a file, from a module, or one line that says what is wrong."""

import multiprocessing

import pytest

from nasnet.runtime.loading import absolute, is_spec, load_object, loaded_files, run_file


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    text = "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int = 3\nB = A()\n"
    path.write_text(text)
    return path


def test_what_was_just_written_is_run_and_nobody_hears_of_it(tmp_path):
    before, path = loaded_files(), tmp_path / "written.py"
    path.write_text("A = 3")
    assert run_file(path)["A"] == 3
    assert loaded_files() == before


def test_a_file_is_run_once(mine):
    assert load_object(f"{mine}:B").x == 3
    assert load_object(f"{mine}:A") is load_object(f"{mine}:A")
    assert isinstance(load_object(f"{mine}:B"), load_object(f"{mine}:A"))


def test_a_relative_name_becomes_good_everywhere(mine, monkeypatch):
    monkeypatch.chdir(mine.parent)
    spec = absolute("mine.py:B")
    monkeypatch.chdir("/")
    assert load_object(spec).x == 3
    assert absolute("json:dumps") == "json:dumps"


def test_a_module_will_do():
    import json

    assert load_object("json:dumps") is json.dumps
    assert is_spec("json:dumps")
    assert not is_spec("evolution")


def test_another_process_loads_the_same(mine):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_value, (f"{mine}:B",)) == 3


def _value(spec):
    return load_object(spec).x


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("mine.py", r"name is 'mine.py', expected file.py:NAME or module:NAME"),
        ("mine.py:", r"name is 'mine.py:', expected"),
        ("{folder}/none.py:B", r"none.py:B is in .*none.py, expected a file that exists"),
        ("{folder}/mine.py:C", r"mine.py has no 'C', expected one of: dataclasses, A, B"),
        ("no_such_module:C", r"cannot be imported: ModuleNotFoundError: No module named"),
        ("{folder}/bad.py:C", r"bad.py cannot be run: ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_not_there_is_one_clear_line(mine, spec, text):
    (mine.parent / "bad.py").write_text("1 / 0\n")
    with pytest.raises(ValueError, match=text) as caught:
        load_object(spec.format(folder=mine.parent))
    assert "\n" not in str(caught.value)
