"""The policy network's cells against NumPy."""

import numpy as np
import pytest

from nasnet.controller import make_controller
from nasnet.controller.policy.layout import HIDDEN, PolicyLayout
from nasnet.controller.policy.lstm import PolicyNetwork
from tests.controllers import SMALL


def make(**settings):
    return make_controller("reinforce", SMALL, minibatch=4, learning_rate=0.01, **settings)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_in_numpy(entry, echo, state):
    i, f, g, o = np.split(entry + echo, 4)
    state = sigmoid(f) * state + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(state), state


def nascell_in_numpy(entry, echo, state):
    """As written in TensorFlow 1's contrib.rnn.NASCell, layer by layer."""
    x, m = np.split(entry, 8), np.split(echo, 8)
    layer_1 = [
        sigmoid(x[0] + m[0]),
        np.maximum(x[1] + m[1], 0),
        sigmoid(x[2] + m[2]),
        np.maximum(x[3] * m[3], 0),
        np.tanh(x[4] + m[4]),
        sigmoid(x[5] + m[5]),
        np.tanh(x[6] + m[6]),
        sigmoid(x[7] + m[7]),
    ]
    layer_2 = [
        np.tanh(layer_1[0] * layer_1[1]),
        np.tanh(layer_1[2] + layer_1[3]),
        np.tanh(layer_1[4] * layer_1[5]),
        sigmoid(layer_1[6] + layer_1[7]),
    ]
    state = np.tanh(layer_2[0] + state) * layer_2[1]
    return np.tanh(state * np.tanh(layer_2[2] + layer_2[3])), state


@pytest.mark.parametrize(
    ("cell", "temperature", "tanh_constant"),
    [
        ("lstm", 1.0, None),
        ("lstm", 5.0, None),
        ("lstm", 5.0, 2.5),
        ("nascell", 1.0, None),
        ("nascell", 5.0, 2.5),
    ],
)
def test_the_forward_pass_is_that_of_the_cell_in_numpy(cell, temperature, tanh_constant):
    options = (2, 4, 3)
    step, gates = {"lstm": (lstm_in_numpy, 4), "nascell": (nascell_in_numpy, 8)}[cell]
    network = PolicyNetwork(PolicyLayout(options, cell), temperature, tanh_constant)
    weights = 5 * network.initial_weights(0)  # large enough for every nonlinearity to matter
    choices = np.array([[1, 3, 0], [0, 2, 2]], np.int32)
    sizes = [2 * HIDDEN * gates * HIDDEN, gates * HIDDEN, 12 * HIDDEN, 12 * HIDDEN]
    parts = np.split(weights.astype(np.float64), np.cumsum(sizes))
    kernel, bias, inputs, softmax, softmax_bias = parts
    into, back = np.split(kernel.reshape(2 * HIDDEN, -1), 2)
    inputs, softmax = inputs.reshape(3, 4, HIDDEN), softmax.reshape(3, HIDDEN, 4)
    log_probs, entropies = np.zeros((2, 3)), np.zeros((2, 3))
    for row, made in enumerate(choices):
        state = output = np.zeros(HIDDEN)
        for t, size in enumerate(options):
            entry = inputs[t, made[t - 1] if t else 0] @ into
            output, state = step(entry, output @ back + bias, state)
            logits = (output @ softmax[t] + softmax_bias.reshape(3, 4)[t])[:size] / temperature
            if tanh_constant is not None:
                logits = tanh_constant * np.tanh(logits)
            probs = np.exp(logits) / np.exp(logits).sum()
            log_probs[row, t] = np.log(probs[made[t]])
            entropies[row, t] = -(probs * np.log(probs)).sum()
    ours = network.evaluate(weights, choices, np.ones(choices.shape, np.float32))
    np.testing.assert_allclose(ours[0], log_probs, atol=1e-4)
    np.testing.assert_allclose(ours[1], entropies, atol=1e-4)


def test_the_last_output_matters_to_both_cells():
    # The NumPy tests would pass with a cell that forgets, if ours forgot in the same way.
    for cell in ("lstm", "nascell"):
        network = PolicyNetwork(PolicyLayout((2, 1, 2), cell))
        weights = 5 * network.initial_weights(0)
        choices, live = np.array([[0, 0, 0], [1, 0, 0]], np.int32), np.ones((2, 3), np.float32)
        log_probs, _ = network.evaluate(weights, choices, live)
        assert abs(log_probs[0, 2] - log_probs[1, 2]) > 1e-3


def test_a_policy_of_nascells_learns_and_is_restored():
    original, restored = (make(cell="nascell") for _ in range(2))
    for _ in range(20):
        proposals = original.propose(4)
        original.observe(proposals, [float(p.choices[2] == 3) for p in proposals])
    log_probs, _ = original.evaluate([[0, 0, 3], [1, 0, 3], [2, 0, 3]])
    assert np.exp(log_probs[:, 2]).min() > 0.5
    restored.restore(original.state())
    assert restored.propose(3) == original.propose(3)
    with pytest.raises(ValueError, match=r"^cell of the state is 'nascell', expected 'lstm'$"):
        make(cell="lstm").restore(original.state())
