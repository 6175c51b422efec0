"""Data of a user's own, by the name of a function."""

import json
from pathlib import Path

import numpy as np
import pytest

from nasnet.data.sources import load

FILE = Path(__file__).parent.parent / "extensions" / "data.py"
MINE = f"{FILE}:stripes"


def test_a_function_is_called_with_the_seed():
    one, same, other = load(MINE, seed=1), load(MINE, seed=1), load(MINE, seed=2)
    assert one.source == "stripes of seed 1"
    np.testing.assert_array_equal(one.x_train, same.x_train)
    assert not np.array_equal(one.x_train, other.x_train)
    assert load(MINE, image_size=8).image_shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("data = 3", "is 3, expected a function of a seed"),
        ("def data(seed): return [seed]", r"gave \[0\], expected a dict of arrays or a Dataset"),
        ("def data(seed): return {'x': 3}", r"data set .*mine.py:data: y_train is missing"),
        ("def data(seed): return {'what': [3]}", "array name is 'what', expected x_train, y_train"),
        (
            "def data(seed): return {'x': [[1], [2, 3]], 'y': [0, 1]}",
            "mine.py:data: x is no array, expected one: .* inhomogeneous",
        ),
        (
            "def data(seed): return {'x': [None], 'y': [0]}",
            "mine.py:data: x_train is not an array of numbers or text, expected one",
        ),
        ("def data(seed): raise OSError('no disk')", "failed: .*no disk"),
        ("other = 1", "has no 'data', expected one of: other"),
    ],
)
def test_what_makes_no_data_is_one_line(tmp_path, body, message):
    (tmp_path / "mine.py").write_text(body)
    with pytest.raises(ValueError, match=message) as info:
        load(f"{tmp_path / 'mine.py'}:data")
    assert "\n" not in str(info.value)


def test_what_a_function_gives_is_looked_at_as_a_file_is(tmp_path):
    made = (
        "import numpy as np\nfrom nasnet.data.dataset import Dataset\n"
        "x, y = np.arange(40 * 192, dtype=np.uint8).reshape(40, 3, 8, 8), np.arange(40) % 2\n"
        "def first(seed): return Dataset('first', 'made', ('a', 'b'), x, y, x, y)\n"
        "def black(seed): return Dataset('black', 'made', ('a', 'b'), x // 255, y, x // 255, y)\n"
    )
    (tmp_path / "mine.py").write_text(made)
    dataset = load(f"{tmp_path / 'mine.py'}:first")
    assert dataset.image_shape == (8, 8, 3)
    assert dataset.notes == ("channels came first, 3 x 8 x 8; the images became 8 x 8 x 3",)
    with pytest.raises(ValueError, match=r"data set .*mine.py:black: values are 0 and 1 alone"):
        load(f"{tmp_path / 'mine.py'}:black")


def test_a_function_may_give_arrays_as_an_npz_holds_them(tmp_path):
    made = (
        "import numpy as np\n"
        "def arrays(seed):\n"
        "    rng = np.random.default_rng(seed)\n"
        "    images = rng.integers(0, 256, (40, 3, 12, 16)) / 255\n"
        "    return {'train_images': images, 'train_labels': [1, 2] * 20,\n"
        "            'class_names': ['a', 'b']}\n"
    )
    (tmp_path / "mine.py").write_text(made)
    dataset = load(f"{tmp_path / 'mine.py'}:arrays", seed=3)
    assert (dataset.name, dataset.classes) == ("arrays", ("a", "b"))
    arrays = {
        "train_images": np.random.default_rng(3).integers(0, 256, (40, 3, 12, 16)) / 255,
        "train_labels": np.array([1, 2] * 20),
        "class_names": np.array(["a", "b"]),
    }
    np.savez(tmp_path / "mine.npz", **arrays)
    stored = load(str(tmp_path / "mine.npz"), seed=3)
    assert dataset.notes == stored.notes
    assert dataset.content == stored.content


def test_a_search_by_the_command_line_takes_it(tmp_path, invoke):
    run = tmp_path / "run"
    flags = [
        "--evaluator",
        "parameters",
        "--trials",
        "2",
        "--blocks",
        "1",
        "--workers",
        "1",
        "--controller",
        "random",
    ]
    code, _, err = invoke("search", "--data", MINE, *flags, "--out", run)
    assert code == 0, err
    assert "data: stripes of seed 0" in err
    assert json.loads((run / "config.json").read_text())["classes"] == ["lying", "standing"]
