"""The controllers with a policy: the LSTM, its updates, and whether they learn."""

import dataclasses
import io

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chisquare, mannwhitneyu

from benchmarks.controller_learning import rewards_of
from nasnet.cells import CellSpace, Decision, TableSpace
from nasnet.controller import Proposal, make_controller
from nasnet.controller.policy.gradient import PolicySettings
from nasnet.controller.policy.layout import PolicyLayout
from nasnet.controller.policy.lstm import PolicyNetwork
from nasnet.controller.policy.ppo import PPO, PPOSettings
from nasnet.controller.policy.reinforce import Reinforce
from nasnet.controller.policy.update import traced_update
from tests.controllers import SMALL
from tests.learner import state_hash
from tests.processes import Program

SPACE = CellSpace()
each_policy = pytest.mark.parametrize("name", ["reinforce", "ppo"])


def make(name, space=SPACE, seed=0, minibatch=4, **settings):
    return make_controller(name, space, seed=seed, minibatch=minibatch, **settings)


def arrays_of(controller):
    with np.load(io.BytesIO(controller.state()), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("learning_rate", 0.0, "above 0"),
        ("learning_rate", float("inf"), "above 0"),
        ("entropy_weight", -1.0, "0 or more"),
        ("baseline_decay", 1.0, "at least 0 and below 1"),
        ("minibatch", 0, "a whole number from 1"),
        ("minibatch", 2.5, "a whole number from 1"),
        ("temperature", 0.0, "above 0"),
        ("tanh_constant", -2.5, "above 0"),
        ("cell", "gru", "lstm or nascell"),
        ("clip", 0.0, "above 0"),
        ("epochs", 0, "a whole number from 1"),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, expected):
    with pytest.raises(ValueError, match=f"^{setting} is {value!r}, expected {expected}$"):
        make_controller("ppo", SPACE, **{setting: value})


def test_defaults_are_the_papers():
    ours = dataclasses.asdict(PPOSettings())
    paper = {"learning_rate": 3.5e-4, "entropy_weight": 1e-5, "baseline_decay": 0.95}
    assert ours == {
        **paper,
        "minibatch": 20,
        "temperature": 1.0,
        "tanh_constant": None,
        "cell": "lstm",
        "hidden": 100,
        "layers": 1,
        "init": 0.1,
        "reward_power": 1.0,
        "skip_weight": 0.0,
        "skip_target": 0.4,
        "clip": 0.2,
        "epochs": 10,
    }


@pytest.mark.slow
def test_another_process_learns_the_same_bits():
    out, _ = Program("tests.learner").finish()
    assert out.strip() == state_hash()


@each_policy
def test_proposed_log_probs_are_those_of_the_forward_pass(name):
    controller = make(name)
    controller.observe(controller.propose(4), [0.0, 1.0, 0.5, 0.0])
    proposals = controller.propose(20)
    log_probs, entropies = controller.evaluate([p.choices for p in proposals])
    np.testing.assert_allclose([p.log_probs for p in proposals], log_probs, atol=1e-5)
    assert (log_probs <= 0).all()
    assert (entropies >= 0).all()


@each_policy
@pytest.mark.parametrize("space", [SPACE, SMALL], ids=["cells", "small"])
def test_proposals_one_by_one_are_sampled_a_minibatch_at_a_time(name, space, monkeypatch):
    """They are those of a batch, and a policy that is restored in between goes on with its bits."""
    controller, whole = make(name, space), make(name, space).propose(10)
    calls, sample = [], PolicyNetwork.sample_numbered

    def counted(network, *arguments):
        calls.append(arguments[-1])
        return sample(network, *arguments)

    monkeypatch.setattr(PolicyNetwork, "sample_numbered", counted)
    found = [controller.propose(1)[0] for _ in range(6)]
    assert calls == [0, 4]
    other = make(name, space)
    other.restore(controller.state())
    rest = [[each.propose(1)[0] for _ in range(4)] for each in (controller, other)]
    assert rest[0] == rest[1]
    assert [p.choices for p in found + rest[0]] == [p.choices for p in whole]
    # An update makes what was sampled ahead worthless.
    for each in (controller, other):
        each.observe(found[:4], [0.1, 0.2, 0.3, 0.4])
    calls.clear()
    assert controller.propose(1) == other.propose(1)
    assert calls == [10, 10]


def test_a_fresh_policy_is_nearly_uniform():
    controller = make("ppo")
    _, entropies = controller.evaluate([p.choices for p in controller.propose(50)])
    total = entropies.sum(axis=1).mean()
    assert SPACE.entropy() == pytest.approx(84.547, abs=1e-3)
    assert SPACE.entropy() - 0.3 < total <= SPACE.entropy() + 1e-3


def test_samples_follow_the_policy():
    controller = make("ppo", TableSpace((Decision("a", ("x",) * 5),)), learning_rate=0.05)
    for target in (1, 1, 3):  # away from uniform
        proposals = controller.propose(4)
        controller.observe(proposals, [float(p.choices[0] == target) for p in proposals])
    log_probs, _ = controller.evaluate([[i] for i in range(5)])
    drawn = [p.choices[0] for p in controller.propose(20_000)]
    expected = np.exp(log_probs[:, 0].astype(np.float64))
    assert expected.max() > 0.25
    expected *= len(drawn) / expected.sum()
    assert chisquare(np.bincount(drawn, minlength=5), expected).pvalue > 1e-3


def test_nothing_is_traced_twice():
    network = PolicyNetwork(PolicyLayout((2, 3)))
    weights = network.initial_weights(0)
    number = tf.constant(0, tf.uint64)
    for size in (1, 7, 20, 7, 1):
        live = tf.ones([size, 2])
        choices, _, _ = network.sample(weights, live, number, number)
        network.evaluate(weights, choices, live)
    assert network.sample.experimental_get_tracing_count() == 1
    assert network.evaluate.experimental_get_tracing_count() == 1


@each_policy
def test_no_controller_traces_what_another_has_traced(name):
    before = traced_update.cache_info().misses
    for seed in (0, 1):
        controller = make(name, SMALL, seed=seed, entropy_weight=0.125)
        for size in (1, 7, 20):
            controller.observe(controller.propose(size), [0.5] * size)
        update = traced_update(controller._network, controller.loss, controller.settings)
        assert update.experimental_get_tracing_count() == 1
        assert controller._network.sample.experimental_get_tracing_count() == 1
    assert traced_update.cache_info().misses == before + 1


@each_policy
def test_the_baseline_is_a_moving_average_that_starts_at_the_first_mean(name):
    controller = make(name, SMALL, minibatch=2, baseline_decay=0.5)
    controller.observe(controller.propose(1), [1.0])
    assert np.isnan(arrays_of(controller)["baseline"])
    controller.observe(controller.propose(1), [3.0])
    assert arrays_of(controller)["baseline"] == 2.25  # 2, then 0.5 * 2 + 0.5 * 1 = 1.5, then 2.25
    assert arrays_of(controller)["updates"] == (10 if name == "ppo" else 1)


def test_the_first_step_of_adam_is_the_learning_rate_against_the_gradient():
    controller = Reinforce(SMALL, PolicySettings(minibatch=2, learning_rate=1e-3))
    before = arrays_of(controller)["weights"]
    controller.observe(controller.propose(2), [0.0, 1.0])
    after = arrays_of(controller)
    step, gradient = after["weights"] - before, after["first_moment"] / 0.1
    large = np.abs(gradient) > 1e-4
    assert large.sum() > 1000
    np.testing.assert_allclose(step[large], -1e-3 * np.sign(gradient[large]), rtol=1e-2)
    np.testing.assert_allclose(after["second_moment"], 0.001 * gradient**2, rtol=1e-3, atol=1e-12)


def test_ppo_weighs_stale_proposals_by_the_policy_that_made_them():
    controller = PPO(SMALL, PPOSettings(minibatch=2, epochs=1, entropy_weight=0.0))
    before = arrays_of(controller)["weights"]
    bad, good = controller.propose(2)
    # The policy has already moved further than the clip, the right way: nothing is left to learn.
    bad = dataclasses.replace(bad, log_probs=tuple(x + 1 for x in bad.log_probs))
    good = dataclasses.replace(good, log_probs=tuple(x - 1 for x in good.log_probs))
    controller.observe([bad, good], [0.0, 1.0])
    np.testing.assert_array_equal(arrays_of(controller)["weights"], before)
    with pytest.raises(ValueError, match=r"^number of log_probs is 0, expected 3, those of the po"):
        controller.observe([Proposal(good.choices)], [1.0])


def test_reinforce_reads_no_log_probs():
    plain, stripped = make("reinforce", SMALL), make("reinforce", SMALL)
    proposals = plain.propose(4)
    stripped.propose(4)
    plain.observe(proposals, [0.0, 1.0, 2.0, 3.0])
    stripped.observe([Proposal(p.choices) for p in proposals], [0.0, 1.0, 2.0, 3.0])
    assert stripped.state() == plain.state()


def test_reinforce_learns():
    learned = rewards_of("reinforce", 0, {"learning_rate": 8e-4})[-200:]
    assert learned.mean() > rewards_of("random", 0, {})[-200:].mean() + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("name", "settings", "count"),
    [
        ("reinforce", {"learning_rate": 8e-4}, 2000),
        ("ppo", {}, 800),  # its defaults
    ],
)
def test_learning_beats_random_search(name, settings, count, seed):
    learned = rewards_of(name, seed, settings, count=count)[-200:]
    random = rewards_of("random", seed, {})[-200:]
    assert mannwhitneyu(learned, random, alternative="greater").pvalue < 1e-3
    assert learned.mean() > random.mean() + 0.1
