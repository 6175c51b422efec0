"""Skip connections by anchors, deeper policies, cubed rewards, and layers that grow."""

import numpy as np
import pytest

from nasnet.cells import ConvPoolSpace, LayerSpace, MacroSpace
from nasnet.controller import make_controller
from nasnet.controller.policy.layout import PolicyLayout, anchors_of
from nasnet.controller.policy.lstm import PolicyNetwork
from nasnet.controller.protocol import Proposal

SPACE = LayerSpace(4, kernels=(1, 3))
# The settings of https://arxiv.org/abs/1611.01578, section 4.1.
PAPER = {"hidden": 35, "layers": 2, "init": 0.08, "learning_rate": 6e-4, "reward_power": 3.0}
LAYOUT = PolicyLayout(SPACE.counts, "lstm", 3, 2, 0.5, anchors_of(SPACE.decisions))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def in_numpy(layout, weights, choices):
    """Log-probabilities of one architecture, [T], by the formulas."""
    sizes = [int(np.prod(shape)) for shape in layout.shapes]
    parts = np.split(weights.astype(np.float64), np.cumsum(sizes)[:-1])
    kernel, bias, inputs, softmax, offset, kernel_2, bias_2, older, newer, v = (
        part.reshape(shape) for part, shape in zip(parts, layout.shapes, strict=True)
    )

    def lstm(x, output, state, matrix, shift):
        i, f, g, o = np.split(np.concatenate([x, output]) @ matrix + shift, 4)
        state = sigmoid(f) * state + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(state), state

    found, states, previous = np.zeros(len(choices)), {}, 0
    below = above = (np.zeros(layout.hidden), np.zeros(layout.hidden))
    for s, t in enumerate(layout.steps):
        below = lstm(inputs[s, previous], *below, kernel, bias)
        above = lstm(below[0], *above, kernel_2, bias_2)
        logits = (above[0] @ softmax[s] + offset[s, 0])[: layout.options[t]]
        found[t] = logits[choices[t]] - np.log(np.exp(logits).sum())
        states[t], previous = above[0], choices[t]
    for t, j, i in layout.anchors:
        yes = sigmoid(v @ np.tanh(states[j] @ older + states[i] @ newer))
        found[t] = np.log(yes if choices[t] else 1 - yes)
    return found


def test_log_probabilities_are_those_of_the_formulas(rng):
    network = PolicyNetwork(LAYOUT)
    weights = network.initial_weights(1)
    rows = np.array([SPACE.sample(rng) for _ in range(3)], np.int32)
    found, entropies = network.evaluate(weights, rows, np.ones(rows.shape, np.float32))
    for row, ours in zip(rows, found.numpy(), strict=True):
        np.testing.assert_allclose(ours, in_numpy(LAYOUT, weights, row), atol=1e-5)
    assert (entropies.numpy() > 0).all()


def test_states_of_zero_give_a_skip_an_even_chance():
    """v = 1, W = 1 and h_j = h_i = 0 give P = 0.5."""
    network = PolicyNetwork(LAYOUT)
    weights = np.zeros(network.size, np.float32)
    weights[-(2 * 9 + 3) :] = 1.0
    rows = np.zeros((1, len(SPACE.counts)), np.int32)
    found, _ = network.evaluate(weights, rows, np.ones(rows.shape, np.float32))
    bits = [t for t, _, _ in LAYOUT.anchors]
    assert len(bits) == 4 * 3 // 2
    np.testing.assert_allclose(found.numpy()[0, bits], np.log(0.5), atol=1e-6)


@pytest.mark.parametrize("settings", [PAPER, {"cell": "nascell", "hidden": 20}], ids=["2", "nas"])
@pytest.mark.parametrize("space", [SPACE, ConvPoolSpace()], ids=["layers", "conv-pool"])
def test_the_log_probability_of_a_stored_action_is_computed_again(space, settings):
    controller = make_controller("reinforce", space, seed=3, **settings)
    proposals = controller.propose(20)
    found, _ = controller.evaluate([p.choices for p in proposals])
    np.testing.assert_allclose([p.log_probs for p in proposals], found, atol=1e-6)


@pytest.mark.parametrize("space", [SPACE, ConvPoolSpace()], ids=["layers", "conv-pool"])
def test_a_reward_makes_what_earned_it_likelier(space):
    controller = make_controller("reinforce", space, minibatch=2, learning_rate=1e-3)
    good, bad = controller.propose(2)
    before, _ = controller.evaluate([good.choices])
    controller.observe([good, bad], [1.0, 0.0])
    after, _ = controller.evaluate([good.choices])
    assert after.sum() > before.sum()


def test_skips_are_learned():
    """The toy: every layer reads the first one, and nothing else."""
    wanted = {f"layer_{i}/reads_{j}": int(j == 0) for i in range(4) for j in range(i)}
    names = [decision.name for decision in SPACE.decisions]
    places = {names.index(name): choice for name, choice in wanted.items()}
    settings = {**PAPER, "learning_rate": 0.02, "minibatch": 10}
    controller, rewards = make_controller("reinforce", SPACE, **settings), []
    for _ in range(40):
        proposals = controller.propose(10)
        hits = [
            float(np.mean([p.choices[i] == choice for i, choice in places.items()]))
            for p in proposals
        ]
        controller.observe(proposals, hits)
        rewards += hits
    assert np.mean(rewards[:50]) < 0.65
    assert np.mean(rewards[-50:]) > 0.85


def test_rewards_are_raised_with_their_sign():
    controller = make_controller("reinforce", SPACE, reward_power=3.0)
    one = Proposal(SPACE.sample(np.random.default_rng(0)))
    controller.observe([one, one], [0.5, -0.5])
    assert controller.memory()["rewards"].tolist() == [0.125, -0.125]


@pytest.mark.parametrize("name", ["random", "evolution", "ppo", "reinforce", "q_learning"])
def test_layers_grow_as_a_search_goes_on_whatever_proposes(name):
    space = LayerSpace(5, kernels=(1, 3), start=2, step=2, every=4)
    settings = {"minibatch": 4} if name in ("ppo", "reinforce") else {}
    controller, again = (make_controller(name, space, seed=1, **settings) for _ in range(2))
    depths = []
    for count in (3, 3, 6):
        proposals = controller.propose(count)
        depths += [len(space.decode(p.choices).layers) for p in proposals]
        controller.observe(proposals, [0.1 * i for i in range(count)])
        again.restore(controller.state())
    assert depths == [2] * 4 + [4] * 4 + [5] * 4
    assert again.propose(2) == controller.propose(2)


def test_the_policy_learns_nothing_of_how_many_layers_there_are():
    space = LayerSpace(5, kernels=(1, 3), start=2, step=1, every=4)
    controller = make_controller("ppo", space, minibatch=4)
    proposals = controller.propose(6)
    assert [p.log_probs[0] for p in proposals] == [0.0] * 6
    found, entropies = controller.evaluate([p.choices for p in proposals])
    assert not found[:, 0].any()
    assert not entropies[:, 0].any()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"hidden": 0}, "^hidden is 0, expected a whole number from 1$"),
        ({"layers": 0}, "^layers is 0, expected a whole number from 1$"),
        ({"init": 0.0}, "^init is 0.0, expected above 0$"),
        ({"reward_power": -1.0}, "^reward_power is -1.0, expected above 0$"),
        ({"skip_weight": 2.0}, "^skip_weight is 2.0, expected 0 to 1$"),
        ({"skip_target": 1.0}, "^skip_target is 1.0, expected between 0 and 1$"),
    ],
)
def test_settings_out_of_range_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        make_controller("reinforce", SPACE, **settings)


@pytest.mark.parametrize(
    ("anchors", "text"),
    [
        (((2, 0, 1),), "^options of a decision with anchors are 3, expected 2$"),
        (((1, 0, 0), (3, 1, 0)), "^anchors of decision 3 have anchors, expected none that has$"),
    ],
)
def test_anchors_that_are_none_are_refused(anchors, text):
    with pytest.raises(ValueError, match=text):
        PolicyLayout((2, 2, 3, 2), anchors=anchors)


def test_a_state_of_other_units_is_refused():
    small = make_controller("reinforce", SPACE, hidden=5)
    with pytest.raises(ValueError, match=r"^hidden of the state is 5, expected none$"):
        make_controller("reinforce", SPACE).restore(small.state())
    with pytest.raises(ValueError, match=r"^hidden of the state is missing, expected 5$"):
        small.restore(make_controller("reinforce", SPACE).state())


def test_skips_come_to_the_target_and_operations_to_the_reward():
    """The toy of ENAS's macro space: the share of the first operation less |skip rate - 0.4|."""
    space = MacroSpace(5)
    bits = np.array([bool(decision.anchors) for decision in space.decisions])
    settings = {"learning_rate": 0.01, "minibatch": 10, "skip_weight": 0.8}
    controller = make_controller("reinforce", space, **settings)

    def reward(proposal):
        choices = np.array(proposal.choices)
        return np.mean(choices[~bits] == 0) - abs(choices[bits].mean() - 0.4)

    for _ in range(60):
        proposals = controller.propose(10)
        controller.observe(proposals, [float(reward(p)) for p in proposals])
    rows = np.array([p.choices for p in controller.propose(100)])
    assert (rows[:, ~bits] == 0).mean() > 0.9
    assert abs(rows[:, bits].mean() - 0.4) < 0.1
