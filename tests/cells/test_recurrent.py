"""Recurrent cells as data."""

import json
import math

import pytest

from nasnet.cells.recurrent.architecture import Recurrent
from nasnet.cells.recurrent.reading import read_recurrent
from nasnet.cells.recurrent.tree import Tree
from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.cells.spaces.recurrent import RecurrentSpace
from nasnet.cells.spaces.tree import TreeSpace


def tree(**changes):
    made = {"combinations": ("add",) * 3, "activations": ("tanh",) * 3, "inject": ("add", "relu")}
    return Tree(**{**made, "gives": 2, "takes": 0, **changes})


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
    assert read_recurrent(cell.to_json(indent=2)) == cell
    names = [part.name for part in cell.parts()]
    assert all({*part.inputs} <= {*names[:i]} for i, part in enumerate(cell.parts()))


def test_what_is_of_another_kind_is_no_recurrent_cell():
    assert read_recurrent("{") is None
    assert read_recurrent('{"format": "nasnet-genotype"}') is None


def test_trees_of_two_leaves_are_as_many_as_their_decisions_give():
    """The paper counts 6e16 for eight leaves."""
    assert TreeSpace(2).size() == 8**4 * 3**2 == 36_864
    assert TreeSpace(8).size() == 8**16 * 15**2
    assert f"{TreeSpace(8).size():.0e}" == "6e+16"
    cell = RECURRENT_ZOO["nas-recurrent"].architecture
    assert TreeSpace(8).decode(TreeSpace(8).encode(cell)) == cell
    assert cell.labels[8] == "8: tanh ×, tanh + c"


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
        (lambda: Tree(("add",), ("tanh",), ("add", "tanh"), 0, 0), "1 nodes, expected 3, 7, 15"),
        (lambda: tree(inject=("add", "gelu")), "activation is 'gelu', expected one of: tanh"),
        (lambda: tree(combinations=("mean",) * 3), "combination is 'mean', expected one of: add"),
        (lambda: tree(activations=("tanh",)), "1 activations and 2 words to inject, expected 3"),
        (lambda: tree(takes=3), "takes is 3, expected a node from 0 to 2"),
        (lambda: Tree.from_json("[]"), "expected the keys format, version, combinations"),
        (lambda: TreeSpace(3), "leaves is 3, expected 2, 4, 8 and so on"),
        (lambda: TreeSpace(4).encode(tree()), "leaves is 2, expected 4"),
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
