"""Recurrences and language models, against closed forms, NumPy and Keras."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells.recurrent.architecture import ACTIVATIONS, Recurrent
from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.cells.spaces.recurrent import RecurrentSpace
from nasnet.cells.spaces.tree import TreeSpace
from nasnet.stacking.recurrent.model import LanguageModel, parameters, windows
from nasnet.stacking.recurrent.recipe import LanguageRecipe
from nasnet.stacking.recurrent.recurrences import Gated, Graph, Trees

FUNCTIONS = {
    "tanh": np.tanh,
    "relu": lambda v: np.maximum(v, 0),
    "identity": lambda v: v,
    "sigmoid": lambda v: 1 / (1 + np.exp(-v)),
}
PLAIN = LanguageRecipe(batch_size=2, steps=4, dropout=0.0)
CELL = Recurrent(("relu", "tanh", "sigmoid", "identity"), (0, 0, 2))


def highway(candidate, gate, state, name):
    return state + FUNCTIONS["sigmoid"](gate) * (FUNCTIONS[name](candidate) - state)


def in_numpy(cell, weights, x, h, output):
    """The equations of ENAS' section 2.1, word by word."""
    states = [
        highway(
            *np.split(x @ weights["input"] + h @ weights["hidden"], 2, 1), h, cell.activations[0]
        )
    ]
    for i, (j, name) in enumerate(zip(cell.previous, cell.activations[1:], strict=True), 1):
        read = states[j]
        states.append(highway(*np.split(read @ weights[f"node_{i}"][0], 2, 1), read, name))
    chosen = cell.loose_ends if output == "loose" else range(1, len(states))
    return np.mean([states[i] for i in chosen], 0)


def scalars(**values):
    return {name: tf.constant([[value]], tf.float32) for name, value in values.items()}


def test_a_step_in_scalars():
    graph = Graph(3, 1, output="loose")
    weights = scalars(
        input=[0.3, 0.1], hidden=[-0.2, 0.4], node_1=[[0.7, 0.5]], node_2=[[0.9, -0.3]]
    )
    weights = {name: tf.reshape(w, graph.shapes[name]) for name, w in weights.items()}
    arc = graph.arc(Recurrent(("tanh", "relu", "tanh"), (0, 0)))
    output = graph.ready(weights, tf.constant(arc))(tf.ones([1, 1]), tf.fill([1, 1], 0.5))
    assert float(output[0, 0]) == pytest.approx(0.290013934, abs=1e-7)
    first = Graph(1, 1)
    output = first.ready(weights, tf.constant([0]))(tf.ones([1, 1]), tf.fill([1, 1], 0.5))
    assert float(output[0, 0]) == pytest.approx(0.326159517, abs=1e-7)


def test_a_step_of_the_cell_that_nas_found_in_scalars():
    weights = {
        "input": tf.constant([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]]),
        "hidden": tf.constant([[0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]]),
    }
    step = Gated("nascell", 1).ready(weights, tf.zeros([0], tf.int32))
    output, state = step(tf.ones([1, 1]), tf.constant([[0.5, 0.25]]))[0]
    assert float(output) == pytest.approx(0.267308137, abs=1e-6)
    assert float(state) == pytest.approx(0.330417305, abs=1e-6)


def test_the_cell_that_nas_found_is_a_tree_of_its_space(rng):
    """The tree with the choices of figure 8 computes what NASCell does."""
    trees, gated = Trees(8, 3), Gated("nascell", 3)
    assert trees.shapes == gated.shapes
    weights = {n: tf.constant(rng.normal(size=s), tf.float32) for n, s in trees.shapes.items()}
    x, state = (tf.constant(rng.normal(size=(5, w)), tf.float32) for w in (3, 6))
    arc = trees.arc(RECURRENT_ZOO["nas-recurrent"].architecture)
    found = trees.ready(weights, tf.constant(arc))(x, state)
    expected = gated.ready(weights, tf.zeros([0], tf.int32))(x, state)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def tree_in_numpy(cell, weights, x, state):
    """The equations of section 3.4."""
    h, c = np.split(state, 2, 1)
    signs = {"add": np.add, "multiply": np.multiply}
    products = x @ weights["input"], h @ weights["hidden"]
    entries, echoes = (np.split(product, cell.leaves, 1) for product in products)
    before, values = [], []
    for i, (sign, name) in enumerate(zip(cell.combinations, cell.activations, strict=True)):
        k = i - cell.leaves
        pair = (entries[i], echoes[i]) if k < 0 else (values[2 * k], values[2 * k + 1])
        before.append(signs[sign](*pair))
        values.append(FUNCTIONS[name](before[-1]))
        if i == cell.takes:
            values[i] = FUNCTIONS[cell.inject[1]](signs[cell.inject[0]](values[i], c))
    return np.concatenate([values[-1], before[cell.gives]], 1)


@pytest.mark.parametrize("seed", range(4))
def test_a_step_of_a_tree_is_that_of_the_equations(seed):
    rng, space, trees = np.random.default_rng(seed), TreeSpace(4), Trees(4, 3)
    cell = space.decode(space.sample(rng))
    weights = {n: rng.normal(size=s).astype(np.float32) for n, s in trees.shapes.items()}
    x, state = (rng.normal(size=(5, w)).astype(np.float32) for w in (3, 6))
    named = {n: tf.constant(w) for n, w in weights.items()}
    step = trees.ready(named, tf.constant(trees.arc(cell)))
    found = step(tf.constant(x), tf.constant(state))
    np.testing.assert_allclose(found, tree_in_numpy(cell, weights, x, state), atol=1e-4)


@pytest.mark.parametrize("output", ["all", "loose"])
@pytest.mark.parametrize("shared", [False, True])
def test_a_step_is_that_of_the_equations(output, shared, rng):
    graph = Graph(4, 3, shared, output)
    weights = {n: rng.normal(size=s).astype(np.float32) for n, s in graph.shapes.items()}
    x, h = rng.normal(size=(2, 5, 3)).astype(np.float32)
    step = graph.ready(
        {n: tf.constant(w) for n, w in weights.items()}, tf.constant(graph.arc(CELL))
    )
    if shared:
        for i, j in enumerate(CELL.previous, 1):
            weights[f"node_{i}"] = weights[f"node_{i}"][j : j + 1]
    expected = in_numpy(CELL, weights, x, h, output)
    np.testing.assert_allclose(step(tf.constant(x), tf.constant(h)), expected, atol=1e-5)


def test_long_short_term_memory_is_that_of_keras(rng):
    layer = keras.layers.LSTM(3, unit_forget_bias=False, return_state=True)
    layer.build((5, 2, 3))
    weights = [rng.normal(size=w.shape) for w in layer.get_weights()]
    weights[2][:] = 0
    layer.set_weights(weights)
    x = tf.constant(rng.normal(size=(5, 2, 3)), tf.float32)
    gated = Gated("lstm", 3)
    named = dict(zip(gated.shapes, (tf.constant(w, tf.float32) for w in weights), strict=False))
    step, state = gated.ready(named, tf.zeros([0], tf.int32)), tf.zeros([5, 6])
    for t in range(2):
        state = step(x[:, t], state)
    _, output, memory = layer(x)
    np.testing.assert_allclose(state, tf.concat([output, memory], 1), atol=1e-5)


@pytest.mark.parametrize(
    ("nodes", "units", "alone", "shared"),
    [(4, 64, 45_120, 69_696), (6, 96, 135_264, 319_584), (8, 128, 303_232, 991_360)],
)
def test_parameters_of_language_models_of_65_characters(nodes, units, alone, shared):
    assert parameters(Graph(nodes, units), 65) == alone
    assert parameters(Graph(nodes, units, shared=True), 65) == shared


def trained(model, tokens, arc, updates):
    state = model.first_state(2)
    for _, window in zip(range(updates), windows(tokens, 2, 4), strict=False):
        loss, state = model.train(window, state, arc)
    return loss


def test_a_cell_alone_and_through_shared_weights_are_one_network(rng):
    """Copied weights give equal losses and equal updates; what the cell does not use rests."""
    tokens = rng.integers(0, 7, 60).astype(np.int32)
    shared, alone = Graph(4, 3, shared=True), Graph(4, 3)
    whole = LanguageModel(shared, 7, PLAIN, seed=1)
    part = LanguageModel(alone, 7, PLAIN, seed=2)
    named = whole.named()
    for i, j in enumerate(CELL.previous, 1):
        named[f"node_{i}"] = named[f"node_{i}"][j : j + 1]
    part.weights = np.concatenate([w.ravel() for w in named.values()])
    arc = alone.arc(CELL)
    assert whole.loss(tokens[:40].repeat(4), arc) == pytest.approx(
        part.loss(tokens[:40].repeat(4), arc), abs=1e-6
    )
    before = whole.named()
    assert trained(whole, tokens, arc, 5) == pytest.approx(trained(part, tokens, arc, 5), abs=1e-5)
    after, expected = whole.named(), part.named()
    for i, j in enumerate(CELL.previous, 1):
        name = f"node_{i}"
        np.testing.assert_allclose(after[name][j], expected[name][0], atol=1e-5)
        others = [k for k in range(i) if k != j]
        np.testing.assert_array_equal(after[name][others], before[name][others])


def test_the_first_step_of_adam_is_as_long_as_the_learning_rate(rng):
    model = LanguageModel(Graph(2, 3), 5, PLAIN, seed=0)
    before = model.weights.copy()
    window = rng.integers(0, 5, (2, 5)).astype(np.int32)
    model.train(window, model.first_state(2), Graph(2, 3).arc(Recurrent(("tanh", "relu"), (0,))))
    moved = np.abs(np.asarray(model.weights) - before)
    assert moved.max() == pytest.approx(PLAIN.learning_rate, rel=1e-3)


def test_a_model_goes_on_as_if_nothing_had_happened(rng):
    tokens = rng.integers(0, 5, 100).astype(np.int32)
    recipe = LanguageRecipe(batch_size=2, steps=4, dropout=0.5)
    arc = Graph(2, 3).arc(Recurrent(("tanh", "relu"), (0,)))
    whole, halves = (LanguageModel(Graph(2, 3), 5, recipe, seed=0) for _ in range(2))
    trained(whole, tokens, arc, 3)
    trained(halves, tokens, arc, 3)
    other = LanguageModel(Graph(2, 3), 5, recipe, seed=0)
    other.restore(halves.state())
    assert trained(other, tokens, arc, 4) == trained(whole, tokens, arc, 4)


@pytest.mark.parametrize("recurrence", [Graph(3, 8), Gated("lstm", 8), Gated("nascell", 8)])
def test_every_recurrence_learns_a_text_that_repeats(recurrence):
    tokens = np.tile(np.arange(4, dtype=np.int32), 150)
    recipe = LanguageRecipe(batch_size=2, steps=4, learning_rate=0.02, dropout=0.0)
    model = LanguageModel(recurrence, 4, recipe, seed=0)
    arc = np.array([0, 0, 1, 1, 0], np.int32)
    trained(model, tokens, arc, 70)
    assert model.loss(tokens, arc) < 0.3 < math.log(4)


def test_windows_go_on_where_the_last_one_ended():
    tokens = np.arange(22)
    first, second = windows(tokens, 2, 5)
    np.testing.assert_array_equal(first, [[0, 1, 2, 3, 4, 5], [10, 11, 12, 13, 14, 15]])
    np.testing.assert_array_equal(second[:, 0], first[:, -1])
    with pytest.raises(ValueError, match="22 symbols, expected at least 25"):
        next(windows(tokens, 2, 12))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("steps", 0, "steps is 0, expected at least 1"),
        ("clip", 0.0, "clip is 0.0, expected above 0"),
        ("dropout", 1.0, "dropout is 1.0, expected from 0 to below 1"),
    ],
)
def test_a_wrong_recipe_is_refused(name, value, text):
    with pytest.raises(ValueError, match=text):
        LanguageRecipe(**{name: value})


def test_activations_are_numbered_as_the_coefficients_are():
    v = np.linspace(-2, 2, 9, dtype=np.float32)[:, None]
    for i, name in enumerate(ACTIVATIONS):
        wide = tf.constant([[1.0, 0.0]]), tf.constant([[0.0, 0.0]])
        step = Graph(1, 1).ready({"input": wide[0], "hidden": wide[1]}, tf.constant([i]))
        found = step(tf.constant(v), tf.zeros([9, 1]))
        np.testing.assert_allclose(found, FUNCTIONS[name](v) / 2, atol=1e-6)
    assert RecurrentSpace(1).decisions[0].options == ACTIVATIONS
