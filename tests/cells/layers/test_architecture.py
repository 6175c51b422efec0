"""Layers as data: who reads whom, what is refused, JSON."""

import json

import pytest

from nasnet.cells import LAYER_ZOO, Layers
from nasnet.cells.layers.kinds import Conv, Dense, Dropout, MaxPool, Raster
from nasnet.cells.layers.zoo import chain

CONV, POOL = Conv(8, (3, 3)), MaxPool(2, 2)
GRAPH = Layers(
    (Conv(8, (1, 7), (2, 3), norm=True), MaxPool(3, 1, "same"), CONV, Dropout(0.25)),
    ((), (), (0, 1), (0,)),
)
FLAT = Layers((Raster(), CONV, Dense(8), Dropout(0.5), Dense(4)), head="flatten")


def test_a_chain_is_what_is_left_out():
    assert Layers((CONV, POOL, CONV)).inputs == ((), (0,), (1,))
    assert Layers(()).loose_ends == ()
    assert GRAPH.loose_ends == (2, 3)
    assert FLAT.flat == (False, False, True, True, True)
    assert hash(GRAPH) == hash(Layers(GRAPH.layers, GRAPH.inputs))


@pytest.mark.parametrize("found", [GRAPH, FLAT, Layers(()), Layers((CONV,), head="class-maps")])
def test_json_is_one_line_and_comes_back(found):
    text = found.to_json()
    assert "\n" not in text
    assert Layers.from_json(text) == found
    assert Layers.from_json(found.to_json(indent=2)).key == found.key


def test_keys_tell_architectures_apart():
    found = [GRAPH, FLAT, Layers(()), *(entry.architecture for entry in LAYER_ZOO.values())]
    assert len({each.key for each in found}) == len(found)


@pytest.mark.parametrize(
    ("layers", "inputs", "head", "text"),
    [
        ((CONV, "conv"), (), "mean", r"^layer 1 is 'conv', expected one of: conv, max_pool, dense"),
        ((Conv(0, (3, 3)),), (), "mean", "^layer 0: filters is 0, expected a whole number from 1$"),
        ((Conv(8, (3, 2.0)),), (), "mean", r"kernel is \(3, 2.0\), expected two whole numbers"),
        ((Conv(8, (3, 3), 2),), (), "mean", "stride is 2, expected two whole numbers from 1$"),
        ((MaxPool(2, (2, 2)),), (), "mean", r"stride is \(2, 2\), expected a whole number from 1$"),
        ((MaxPool(2, 2, "zeros"),), (), "mean", "padding is 'zeros', expected valid or same$"),
        ((Dropout(1.0),), (), "mean", "rate is 1.0, expected from 0 and below 1$"),
        ((CONV,), (), "max", "^head is 'max', expected one of: mean, flatten, class-maps$"),
        ((CONV, CONV), ((),), "mean", "^1 inputs, expected 2, one a layer$"),
        ((CONV, CONV), ((), (1,)), "mean", r"^layer 1 reads \[1\], expected earlier ones, rising$"),
        ((CONV, CONV, CONV), ((), (0,), (1, 0)), "mean", r"^layer 2 reads \[1, 0\], expected earl"),
        ((Dense(4), CONV), (), "mean", "^layer 1 reads units of layer 0, expected a dense layer"),
        ((CONV, Dense(4)), ((), ()), "mean", "^the classifier reads units of layer 1, expected"),
    ],
)
def test_impossible_layers_are_refused(layers, inputs, head, text):
    with pytest.raises(ValueError, match=text):
        Layers(layers, inputs, head)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda data: [], "expected the keys format, version, layers, inputs, head$"),
        (lambda data: data | {"version": 2}, "expected the keys format, version"),
        (lambda data: data | {"more": 2}, "expected the keys format, version"),
        (lambda data: data | {"layers": {}}, r"^layers are \{\}, expected a list$"),
        (lambda data: data | {"inputs": [0]}, r"^inputs are \[0\], expected lists of numbers$"),
        (lambda data: data | {"inputs": []}, "^0 inputs, expected 4, one a layer$"),
        (lambda data: data | {"head": []}, "^head is '\\[\\]', expected one of"),
        (lambda data: data | {"layers": [{"kind": "gru"}] * 4}, "^layer 0 is .*, and its sizes$"),
        (lambda data: data | {"layers": [{"kind": []}] * 4}, "^layer 0 is .* expected conv, max_"),
        (lambda data: data | {"layers": [{"kind": "dense", "units": "4"}] * 4}, "units is '4'"),
    ],
)
def test_foreign_json_is_refused(change, text):
    data = json.loads(GRAPH.to_json())
    with pytest.raises(ValueError, match=text):
        Layers.from_json(json.dumps(change(data)))
    with pytest.raises(ValueError, match=r"^layers are '\{', expected JSON$"):
        Layers.from_json("{")


def test_a_sketch_says_what_is_read():
    found = Layers((CONV, POOL, Dense(4)), head="flatten")
    assert found.sketch == "image → conv 3×3, 8 → pool max 2×2 /2 → dense 4 → classes"
    assert "pool max 3×3 /1 of the image → conv 3×3, 8 of 0, 1 → dropout 0.25 of 0" in GRAPH.sketch


@pytest.mark.parametrize("text", ["C(64)", "P(3,2,1)", "GAP(10)", "FC(1,2)", "C(64,3)P(2,2)"])
def test_another_notation_is_refused(text):
    with pytest.raises(ValueError, match=r"expected C\(64,3\), P\(3,2\) or FC\(128\)$"):
        chain(text)
