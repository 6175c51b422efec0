"""MetaQNN's space: the transition rules of the released code, its pools repaired."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

from nasnet.cells import LAYER_ZOO, ChainSpace, Layers
from nasnet.cells.layers.kinds import Conv, Dense, Dropout, MaxPool
from nasnet.cells.layers.zoo import chain

SPACE = ChainSpace()
# systems.md 8: counted with the rules of state_enumerator.py, for images of 28 pixels.
COUNTS = {1: 14, 2: 206, 3: 2978, 12: 53_501_710_400_882}


def plain(text, head="flatten"):
    """The layers of a chain as MetaQNN writes it, without dropout."""
    return Layers(chain(text), head=head)


def with_dropout(architecture):
    """The same with the dropout of the space."""
    layers = [layer for layer in architecture.layers if not isinstance(layer, Dropout)]
    space = ChainSpace(18, image_size=32)
    # The space knows where it stands; what has none is encoded layer by layer.
    return space.decode(encoded(space, layers, architecture.head))


def encoded(space, layers, head="flatten"):
    choices = []
    for layer in [*layers, "class_maps" if head == "class-maps" else "classifier"]:
        decision = space.next_decision(choices)
        if decision is None:
            break
        choices += [0] * (space.decisions.index(decision) - len(choices))
        choices.append(decision.options.index(name_of(layer)))
    return (*choices, *(0,) * (len(space.decisions) - len(choices)))


def name_of(layer):
    match layer:
        case Conv(filters, (kernel, _)):
            return f"conv_{kernel}x{kernel}_{filters}"
        case MaxPool(window, stride):
            return f"max_pool_{window}x{window}_{stride}"
        case Dense(units):
            return f"dense_{units}"
    return layer


@pytest.mark.parametrize("limit", COUNTS)
def test_there_are_as_many_chains_as_the_rules_allow(limit):
    space = ChainSpace(limit)
    assert space.size() == COUNTS[limit]
    if limit <= 3:
        listed = [*space]
        assert len({*listed}) == COUNTS[limit]
        assert len({space.decode(choices).key for choices in listed}) == COUNTS[limit]


def test_the_entropy_is_that_of_the_listed_chains():
    space = ChainSpace(3)
    chances = [
        math.prod(1 / space.counts[i] for i in np.flatnonzero(space.live([choices])[0]))
        for choices in space
    ]
    assert math.fsum(chances) == pytest.approx(1)
    expected = -math.fsum(chance * math.log(chance) for chance in chances)
    assert space.entropy() == pytest.approx(expected)


def test_what_may_follow_is_what_the_rules_say(rng):
    for _ in range(200):
        found = SPACE.decode(SPACE.sample(rng))
        layers = [layer for layer in found.layers if not isinstance(layer, Dropout)]
        size, dense = 28, []
        assert len(layers) <= 12
        assert not layers[:1] or not isinstance(layers[0], MaxPool)
        for before, layer in itertools.pairwise([None, *layers]):
            bound = 8 if size >= 8 else 4 if size >= 4 else 1
            match layer:
                case Conv(_, (kernel, _)):
                    assert kernel < bound
                    assert not dense
                case MaxPool(window, stride):
                    assert isinstance(before, Conv)
                    assert window < bound
                    size = (size - window) // stride + 1
                case Dense(units):
                    assert size < 8
                    assert not dense or units <= dense[-1]
                    dense.append(units)
        assert len(dense) <= 2


def test_the_released_search_could_not_pool_and_this_one_does(rng):
    kinds = {type(layer) for _ in range(200) for layer in SPACE.decode(SPACE.sample(rng)).layers}
    assert kinds == {Conv, MaxPool, Dense, Dropout}


# Numerators and denominators of the released page, index.html of bowenbaker/metaqnn, and of its
# issue of strings such as [..., D(2,4), ...]; the code counts the end as one more layer.
RATES = {
    "C(128,5) C(512,3) P(2,2) C(128,1) C(128,5) P(3,2) C(512,3)": [1 / 8, 2 / 8, 3 / 8],
    "C(256,3) C(128,1) C(128,3) C(128,3) P(5,3) C(128,3)": [1 / 6, 2 / 6, 3 / 6],
    "C(64,3) C(128,3) P(5,3) C(256,3) P(3,2) FC(512) FC(128)": [1 / 10, 2 / 10, 3 / 10, 4 / 10],
    "C(64,5) C(512,3) C(512,1) C(64,1) C(128,5) P(3,2) C(512,5) C(512,3) P(5,3)": [
        1 / 10,
        2 / 10,
        3 / 10,
        4 / 10,
    ],
}


@pytest.mark.parametrize("text", RATES)
def test_dropout_stands_where_the_released_networks_have_it(text):
    found = with_dropout(plain(text))
    rates = [layer.rate for layer in found.layers if isinstance(layer, Dropout)]
    assert rates == pytest.approx(RATES[text])


def test_maps_of_classes_count_for_no_dropout():
    found = with_dropout(plain("C(128,3) C(64,1) C(64,5) C(64,3)", "class-maps"))
    rates = [layer.rate for layer in found.layers if isinstance(layer, Dropout)]
    assert rates == [0.25, 0.5]  # D(1,2), D(2,2)
    assert found.head == "class-maps"


@pytest.mark.parametrize("name", [name for name in LAYER_ZOO if name.startswith("metaqnn")])
def test_published_networks_are_in_the_space(name):
    """That of CIFAR-10, whose images have 32 pixels."""
    space, found = ChainSpace(18, image_size=32), with_dropout(LAYER_ZOO[name].architecture)
    assert space.decode(space.encode(found)) == found


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (plain("C(64,3) C(64,3)"), "expected the dropout of MetaQNN$"),
        (plain("P(2,2)"), "^layer 0 is MaxPool.*, expected one that may stand there$"),
        (plain("C(65,3)"), "^layer 0 is Conv"),
        (plain("FC(128)"), "^layer 0 is Dense"),
        (Layers((Conv(64, (3, 3)),) * 13, head="flatten"), "^layer 12 is Conv"),
        (plain("C(64,3)", "mean"), "expected the dropout of MetaQNN$"),
    ],
)
def test_chains_of_other_spaces_are_refused(found, text):
    with pytest.raises(ValueError, match=text):
        SPACE.encode(found)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"max_layers": 0}, "^max_layers is 0, expected at least 1$"),
        ({"image_size": 0}, "^image_size is 0, expected at least 1$"),
        ({"kernels": (3, 1)}, r"^kernels are \[3, 1\], expected rising numbers$"),
    ],
)
def test_empty_spaces_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        ChainSpace(**settings)


def test_small_images_need_no_pool_for_a_dense_layer():
    options = dataclasses.replace(SPACE, image_size=5).decisions[0].options
    assert {"dense_512", "conv_3x3_64"} <= {*options}
    assert "conv_5x5_64" not in options
