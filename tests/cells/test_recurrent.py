"""Recurrent cells as data."""

import json
import math

import pytest

from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.cells.spaces.recurrent import RecurrentSpace

ENAS = RECURRENT_ZOO["enas-recurrent"].architecture


@pytest.mark.parametrize(("nodes", "size"), [(4, 1_536), (6, 491_520), (12, 669_692_775_628_800)])
def test_the_space_has_as_many_cells_as_published(nodes, size):
    space = RecurrentSpace(nodes)
    assert space.size() == size == 4**nodes * math.factorial(nodes - 1)


def test_uniform_entropy_of_the_papers_space():
    assert RecurrentSpace(12).entropy() == pytest.approx(34.1378, abs=1e-4)


def test_the_published_cell():
    assert ENAS.loose_ends == (2, 5, 6, 9, 10, 11)  # DARTS' code lists them
    space = RecurrentSpace(12)
    assert space.decode(space.encode(ENAS)) == ENAS


def test_an_arc_is_an_activation_and_then_pairs():
    cell = Recurrent.from_arc("0 0 1 1 2")
    assert cell == Recurrent(("tanh", "relu", "identity"), (0, 1))
    assert cell.sketch == "0 = tanh(x, h); 1 = relu(0); 2 = identity(1)"


@pytest.mark.parametrize("name", RECURRENT_ZOO)
def test_a_cell_is_read_as_it_was_written(name):
    cell = RECURRENT_ZOO[name].architecture
    assert Recurrent.from_json(cell.to_json(indent=2)) == cell
    last = cell.parts()[-1]
    assert last.inputs == tuple(f"node_{i}" for i in reversed(cell.loose_ends))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Recurrent((), ()), "0 activations and 0 inputs, expected one input fewer"),
        (lambda: Recurrent(("tanh", "gelu"), (0,)), "activation of node 1 is 'gelu', expected"),
        (lambda: Recurrent(("tanh", "relu"), (1,)), "node 1 reads 1, expected a node from 0 to 0"),
        (lambda: Recurrent(("tanh", "relu"), (True,)), "node 1 reads True"),
        (lambda: Recurrent.from_arc("0 0"), "arc is '0 0', expected an odd number"),
        (lambda: Recurrent.from_arc("4"), "activation of the arc is 4, expected 0 to 3"),
        (lambda: Recurrent.from_json("{"), "recurrent cell is '{', expected JSON"),
        (lambda: Recurrent.from_json('{"a": 1}'), "expected the keys format, version"),
        (lambda: RecurrentSpace(0), "nodes is 0, expected at least 1"),
        (lambda: RecurrentSpace(4).encode(ENAS), "nodes is 12, expected 4"),
    ],
)
def test_what_is_no_cell_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_unknown_keys_are_refused():
    data = json.loads(ENAS.to_json()) | {"more": 1}
    with pytest.raises(ValueError, match="expected the keys"):
        Recurrent.from_json(json.dumps(data))
