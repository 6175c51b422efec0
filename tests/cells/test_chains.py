"""Chains of layers: what may follow what, keys, JSON, and the Keras network of one."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasnet.cells import Chain, ChainSpace
from nasnet.cells.chains import Conv, Dense, MaxPool, image_size
from nasnet.cells.spaces.base import TERMINATE

SPACE = ChainSpace()
TINY = ChainSpace(
    max_layers=3, kernels=(3,), filters=(4,), pools=((2, 2),), units=(8, 4), image_size=8
)
sequences = st.tuples(*(st.integers(0, len(d.options) - 1) for d in SPACE.decisions))


def test_the_defaults_are_the_papers():
    assert len(SPACE.decisions) == 12
    assert len(SPACE.decisions[1].options) == 12 + 3 + 3 + 1
    assert TERMINATE not in SPACE.decisions[0].options
    assert not any(name.startswith("dense") for name in SPACE.decisions[0].options)
    assert SPACE.decisions[1].options[:2] == (TERMINATE, "conv_1x1_64")


@given(sequences)
def test_every_sequence_stands_for_a_chain_that_obeys_the_rules(choices):
    layers = SPACE.decode(choices).layers
    assert 1 <= len(layers) <= 12
    size, dense = 32, []
    for before, layer in itertools.pairwise((None, *layers)):
        match layer:
            case Conv():
                assert not dense
            case MaxPool(window, stride):
                assert not dense
                assert not isinstance(before, MaxPool)
                assert window <= size
                size = (size - window) // stride + 1
            case Dense(units):
                assert size < 8
                dense.append(units)
    assert len(dense) <= 2
    assert dense == sorted(dense, reverse=True)
    assert image_size(layers, 32) == size


@given(sequences)
def test_a_chain_is_what_its_choices_and_its_json_say(choices):
    chain = SPACE.decode(choices)
    assert SPACE.decode(SPACE.encode(chain)) == chain
    assert Chain.from_json(chain.to_json()) == chain
    assert len(chain.key) == 16


@given(sequences)
def test_what_follows_the_end_does_not_matter(choices):
    ends = [i for i in range(1, 12) if choices[i] == 0]
    if not ends:
        assert SPACE.next_decision(choices) is None
        return
    prefix = choices[: ends[0] + 1]
    assert SPACE.next_decision(prefix) is None
    assert SPACE.next_decision(prefix[:-1]) == SPACE.decisions[ends[0]]
    assert SPACE.decode(prefix) == SPACE.decode(choices)
    other = (*prefix, *(0,) * (12 - len(prefix)))
    assert SPACE.decode(other).key == SPACE.decode(choices).key


def test_a_tiny_space_is_counted_and_listed_by_hand():
    # Two layers may come first, and of five options each time four go on.
    assert TINY.size() == 2 * (1 + 4 * (1 + 4))
    complete = 0
    chains = set()
    for choices in itertools.product(*(range(len(d.options)) for d in TINY.decisions)):
        chains.add(TINY.decode(choices))
        after = [i for i in (1, 2) if choices[i] == 0]
        complete += not after or not any(choices[after[0] :])
    assert complete == TINY.size()
    conv, pool, big, small = Conv(3, 4), MaxPool(2, 2), Dense(8), Dense(4)
    spatial = [(conv,), (pool,), (conv, conv), (conv, pool), (pool, conv)]
    spatial += [(conv, conv, conv), (conv, conv, pool), (conv, pool, conv), (pool, conv, conv)]
    spatial += [(pool, conv, pool)]
    # Dense layers need a pool before them, here, and there is room for three layers.
    heads = [(conv, pool, big), (conv, pool, small), (pool, conv, big), (pool, conv, small)]
    heads += [(pool, big), (pool, small), (pool, big, big), (pool, big, small)]
    heads += [(pool, small, small)]
    assert chains == {Chain(layers) for layers in spatial + heads}
    assert len({chain.key for chain in chains}) == len(chains)


def test_samples_are_uniform_sequences():
    rng = np.random.default_rng(0)
    samples = np.array([SPACE.sample(rng) for _ in range(2000)])
    counts = [len(decision.options) for decision in SPACE.decisions]
    assert (samples.max(axis=0) == np.array(counts) - 1).all()
    assert (samples.min(axis=0) == 0).all()


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        ((0,) * 13, "^13 choices, expected 12$"),
        ((1, 2), "^2 choices, expected 12$"),
        ((1, 19, 0), "^layer_1 is choice 19, expected 0 to 18$"),
        ((-1, 0), "^layer_0 is choice -1, expected 0 to 14$"),
    ],
)
def test_bad_choices_are_refused(choices, text):
    with pytest.raises(ValueError, match=text):
        SPACE.decode(choices)


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ((), "^number of layers is 0, expected 1 to 12$"),
        ((Conv(3, 64),) * 13, "^number of layers is 13, expected 1 to 12$"),
        ((Conv(3, 65),), r"^layer 0 is Conv\(kernel=3, filters=65\), expected one that may stand"),
        ((MaxPool(2, 2),) * 2, "^layer 1 is MaxPool.*, expected one that may stand there$"),
    ],
)
def test_chains_of_other_spaces_are_refused(layers, text):
    with pytest.raises(ValueError, match=text):
        SPACE.encode(Chain(layers))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"max_layers": 0}, "^max_layers is 0, expected at least 1$"),
        ({"image_size": 0}, "^image_size is 0, expected at least 1$"),
        ({"kernels": (), "pools": ()}, "^number of layers that may come first is 0, expected at"),
    ],
)
def test_empty_spaces_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        ChainSpace(**settings)


def test_impossible_chains_are_refused():
    with pytest.raises(ValueError, match=r"^layer 1 is Conv.* after a dense one, expected a dense"):
        Chain((Dense(8), Conv(3, 8)))
    with pytest.raises(ValueError, match=r"^layer 0: filters is 2.5, expected a number from 1$"):
        Chain((Conv(3, 2.5),))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda data: [], "expected the keys format, version and layers$"),
        (lambda data: data | {"version": 2}, "expected the keys format, version and layers$"),
        (lambda data: data | {"layers": {}}, r"^layers is \{\}, expected a list$"),
        (lambda data: data | {"layers": [{"kind": "gru"}]}, "^layer is .* expected conv, max_pool"),
        (lambda data: data | {"layers": [{"kind": []}]}, "^layer is .* expected conv, max_pool or"),
        (lambda data: data | {"layers": [{"kind": "dense"}]}, "^layer is .*, and its sizes$"),
    ],
)
def test_foreign_json_is_refused(change, text):
    data = json.loads(Chain((Dense(8),)).to_json())
    with pytest.raises(ValueError, match=text):
        Chain.from_json(json.dumps(change(data)))
    with pytest.raises(ValueError, match=r"^chain is '\{', expected JSON$"):
        Chain.from_json("{")


def test_a_chain_becomes_a_keras_network_that_learns():
    import keras

    from nasnet.stacking.keras.chain_network import build_chain

    keras.utils.set_random_seed(0)
    chain = Chain((Conv(3, 8), MaxPool(3, 2), Conv(1, 4), MaxPool(2, 2), Dense(16), Dense(8)))
    model = build_chain(chain, (16, 16, 3), 4)
    # by hand: 3x3x3x8 + 8, 8x4 + 4, 3x3x4x16 + 16 (16 to 7 to 3 pixels), 16x8 + 8, 8x4 + 4
    assert model.count_params() == 224 + 36 + 592 + 136 + 36
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=256)
    images = rng.normal(size=(256, 16, 16, 3)).astype(np.float32)
    images[:, :, :, 0] += labels[:, None, None]
    model = build_chain(chain, (16, 16, 3), 4, dropout=False)
    loss = "sparse_categorical_crossentropy"
    model.compile("adam", loss, metrics=["accuracy"], jit_compile=False)
    model.fit(images, labels, epochs=12, verbose=0)
    assert model.evaluate(images, labels, verbose=0)[1] > 0.7


@pytest.mark.parametrize("seed", range(4))
def test_any_chain_of_the_space_becomes_a_network(seed):
    from nasnet.stacking.keras.chain_network import build_chain

    space = dataclasses.replace(TINY, max_layers=5, image_size=12)
    chain = space.decode(space.sample(np.random.default_rng(seed)))
    model = build_chain(chain, (12, 12, 1), 3, classifier_activation=None)
    assert model(np.zeros((2, 12, 12, 1))).shape == (2, 3)
    spatial = [layer for layer in chain.layers if not isinstance(layer, Dense)]
    pooled = [layer.output.shape for layer in model.layers if layer.name.startswith("max_pool")]
    if pooled:
        assert pooled[-1][1] == image_size(spatial, 12)
