"""Which children train shared weights, their rewards, and what settings may be."""

import numpy as np
import pytest

from nasnet.cells import CellSpace, Decision, GrowingCellSpace, TableSpace
from nasnet.controller import controller_class
from nasnet.search import InlineExecutor, Train
from nasnet.search.shared.children import fair_choices, operations_of, run_all
from nasnet.search.shared.exchange import SharedScore
from nasnet.search.shared.settings import ENAS_POLICY, GumbelSettings, SharedSettings
from nasnet.stacking.recipe import Diverged
from tests.fakes import Share, Sick
from tests.search.shared.networks import SPACE, UNIFORM
from tests.strategies import random_genotypes


def test_fair_children_have_every_operation_in_every_place_once(rng):
    space = CellSpace()
    children = [space.decode(choices) for choices in fair_choices(space, rng)]
    assert len(children) == 13
    for name in ("normal", "reduction"):
        for i in range(5):
            for side in (0, 1):
                found = {getattr(child, name).blocks[i].edges[side][1] for child in children}
                assert found == set(space.operations)


@pytest.mark.parametrize("seed", range(4))
def test_fair_children_that_grow_are_of_one_size(seed):
    space = GrowingCellSpace(3)
    choices = fair_choices(space, np.random.default_rng(seed))
    children = [space.decode(each) for each in choices]
    (size,) = {len(child.normal.blocks) for child in children}
    for i in range(size):
        assert {child.reduction.blocks[i].op_a for child in children} == set(space.operations)


def test_a_space_without_operations_is_refused():
    with pytest.raises(ValueError, match=r"space is .*, expected one with `operations`, which are"):
        operations_of(TableSpace([Decision("depth", ("1", "2"))]))


def test_a_reward_is_drawn_from_the_images_that_it_names(train):
    evaluator, _ = train("run", UNIFORM)
    child = SPACE.decode(SPACE.sample(np.random.default_rng(0)))
    whole = [evaluator(SharedScore(child, seed)).reward for seed in (1, 2)]
    assert whole[0] == whole[1]
    parts = [evaluator(SharedScore(child, seed, images=3)).reward for seed in (0, 0, 1, 2, 3)]
    assert parts[0] == parts[1]
    assert len(set(parts)) > 2


def test_a_reward_is_the_likelihood_of_the_right_classes(train):
    evaluator, _ = train("run", UNIFORM)
    found = evaluator(SharedScore(SPACE.decode(SPACE.sample(np.random.default_rng(0))), 0))
    assert found.reward == pytest.approx(np.exp(-found.metrics["val_loss"]))
    assert found.metrics["val_accuracy"] * 10 == pytest.approx(
        round(found.metrics["val_accuracy"] * 10)
    )


def test_results_come_in_order_and_failures_are_errors():
    tasks = [Train(genotype, 7 + i) for i, genotype in enumerate(random_genotypes(3))]
    found = run_all(InlineExecutor(Share()), tasks)
    assert [evaluation.metrics["seed"] for evaluation in found] == [7, 8, 9]
    with pytest.raises(Diverged, match="a child under shared weights has failed: training loss is"):
        run_all(InlineExecutor(Sick("diverge")), tasks)
    with pytest.raises(ValueError, match="has failed: RuntimeError: no such kernel"):
        run_all(InlineExecutor(Sick("raise")), tasks)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"epochs": 0}, "shared.epochs is 0, expected at least 1"),
        ({"updates": 500}, "shared.updates is 500, expected at least shared.least_updates, 1000"),
        ({"margin": 1.0}, "shared.margin is 1.0, expected below 1"),
        ({"batch_size": 3}, "shared.batch_size is 3 in 2 parts, expected at least two images in"),
        ({"learning_rate": 0.0}, "shared.learning_rate is 0.0, expected above 0"),
        ({"clip_norm": -1.0}, "shared.clip_norm is -1.0, expected at least 0"),
        ({"sampling": "best"}, "shared.sampling is 'best', expected one of: fair, uniform, contr"),
        ({"controller_children": -1}, "shared.controller_children is -1, expected at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        SharedSettings(**changes)


def test_the_policy_of_enas_is_one_of_our_controllers():
    assert controller_class("ppo").Settings(**ENAS_POLICY).tanh_constant == 1.1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"learning_rate": 0.0}, "shared.gumbel.learning_rate is 0.0, expected above 0"),
        ({"last_temperature": -1.0}, "shared.gumbel.last_temperature is -1.0, expected above 0"),
        ({"warmup": 1.5}, "shared.gumbel.warmup is 1.5, expected 0 to 1"),
        ({"beta_decay": -1.0}, "shared.gumbel.beta_decay is -1.0, expected at least 0"),
    ],
)
def test_settings_of_gumbel_out_of_range_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        GumbelSettings(**changes)


def test_the_temperature_falls_along_a_line_behind_the_warm_up():
    settings = GumbelSettings(warmup=0.5)
    temperatures = [settings.temperature_at(progress) for progress in (0.5, 0.75, 1.0)]
    assert temperatures == pytest.approx([10, 5.05, 0.1])
