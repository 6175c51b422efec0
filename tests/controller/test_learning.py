"""Every controller that learns beats random search, and every setting can be given in a search."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from benchmarks.controller_learning import rewards_of
from nasnet.cells import CellSpace, ChainSpace, ConvPoolSpace, GrowingCellSpace
from nasnet.cells.layers.kinds import Conv
from nasnet.controller import CONTROLLERS, controller_class, make_controller, parse_controller
from nasnet.experiments.searching.settings import SearchSettings

SPACE = CellSpace(blocks=2)
PROPOSALS, TAIL = 400, 100
SETTINGS = {
    "reinforce": {"learning_rate": 5e-3, "minibatch": 10},
    "ppo": {"learning_rate": 1e-3, "minibatch": 10, "epochs": 5},
    "evolution": {"population": 50, "tournament": 10},
    "local_search": {"starts": 40},
    "q_learning": {"models": 300, "learning_rate": 0.05, "trace": 1.0},
    "surrogate": {"candidates": 200, "window": 120},
    "progressive": {"candidates": 200, "window": 120},
    "tpe": {"window": 60},
    "nsga2": {"population": 40},
}


def test_there_is_a_test_for_every_controller():
    assert set(SETTINGS) == set(CONTROLLERS) - {"random", "grid"}


@pytest.mark.parametrize("name", SETTINGS)
def test_learning_beats_random_search(name):
    space = GrowingCellSpace(blocks=2) if controller_class(name).grows else SPACE
    learned = rewards_of(name, 0, SETTINGS[name], space, PROPOSALS)[-TAIL:]
    random = rewards_of("random", 0, {}, space, PROPOSALS)[-TAIL:]
    assert mannwhitneyu(learned, random, alternative="greater").pvalue < 1e-3
    assert learned.mean() > random.mean() + 0.1


@pytest.mark.parametrize("name", ["evolution", "local_search", "q_learning", "surrogate"])
def test_chains_can_be_learned(name):
    # Many wide convolutions and then an end: the reward of what counts alone.
    space = ChainSpace(max_layers=6, image_size=16)
    tails = []
    for controller in (
        make_controller(name, space, **SETTINGS[name]),
        make_controller("random", space),
    ):
        rewards: list[float] = []
        while len(rewards) < PROPOSALS:
            proposals = controller.propose(20)
            batch = [_wide_share(space.decode(proposal.choices)) for proposal in proposals]
            controller.observe(proposals, batch)
            rewards += batch
        tails.append(np.array(rewards[-TAIL:]))
    assert tails[0].mean() > tails[1].mean() + 0.1


def _wide_share(chain):
    return sum(isinstance(la, Conv) and la.filters >= 256 for la in chain.layers) / 6


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_setting_of_a_controller_can_be_given_in_a_search(name):
    kind = controller_class(name)
    defaults = dataclasses.asdict(kind.Settings())
    text = ",".join([name, *(f"{key}={value}" for key, value in defaults.items())])
    settings = SearchSettings(controller=text, grow=kind.grows)
    assert settings.chosen.settings == defaults
    assert parse_controller(settings.controller).settings == defaults


@pytest.mark.parametrize("name", CONTROLLERS)
def test_presets_are_settings_of_their_controllers(name):
    kind = controller_class(name)
    assert dataclasses.replace(kind.Settings(), **kind.few_trials)


def test_tabular_q_learning_finds_the_best_chain_behind_its_schedule():
    """The share of 3x3 convolutions as reward, and a tenth of the paper's schedule."""
    space = ChainSpace(max_layers=3, filters=(64, 128, 256), image_size=16)
    controller = make_controller("q_learning", space, models=270)

    def reward(chain):
        convs = [layer for layer in chain.layers if isinstance(layer, Conv)]
        return sum(conv.kernel == (3, 3) for conv in convs) / 3

    for _ in range(600):
        proposals = controller.propose(1)
        controller.observe(proposals, [reward(space.decode(p.choices)) for p in proposals])
    greedy = [reward(space.decode(p.choices)) for p in controller.propose(200)]
    # Each of three choices is the best one with 0.9, or now and then by chance.
    assert np.mean([found == 1 for found in greedy]) > 0.6


def test_a_policy_of_nascells_finds_a_point_of_the_tutorials_grid():
    """The reward is 1 - the distance to it: more than 90 % hits behind 300 episodes."""
    space, target = ConvPoolSpace(layers=1), (1, 3, 1, 2)
    settings = {"cell": "nascell", "hidden": 32, "learning_rate": 0.02, "minibatch": 5}
    controller = make_controller("reinforce", space, entropy_weight=1e-3, **settings)

    def reward(choices):
        steps = zip(choices, target, space.counts, strict=True)
        return 1 - sum(abs(a - b) / (n - 1) for a, b, n in steps) / 4

    for _ in range(60):
        proposals = controller.propose(5)
        controller.observe(proposals, [reward(p.choices) for p in proposals])
    assert np.mean([p.choices == target for p in controller.propose(200)]) > 0.9
