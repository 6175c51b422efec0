"""Training under shared weights: against arithmetic, against one training that never stopped."""

import dataclasses

import numpy as np
import pytest

from nasnet.cells import CellSpace
from nasnet.cells.spaces.operations import OperationSpace
from nasnet.controller import make_controller
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.shared.exchange import MOVING, WEIGHTS, SharedStep
from nasnet.search.shared.training import SharedTraining
from nasnet.stacking import FlatLayout
from nasnet.stacking.flat.trainer import Trainer
from nasnet.stacking.shared.layout import SharedLayout
from tests.search.shared.networks import (
    CLASSES,
    FRAME,
    IMAGES,
    PLAIN,
    SPACE,
    UNIFORM,
    Watching,
    vectors,
)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("clip", [0.0, 0.1])
def test_one_update_is_momentum_sgd_on_the_childs_own_weights(data, train, clip, affine):
    """Of a batch in two parts, with their mean gradient."""
    settings = dataclasses.replace(
        UNIFORM, epochs=1, updates=1, parts=2, batch_size=24, clip_norm=clip, affine=affine
    )
    space = OperationSpace(operations=("conv_1x1",))  # one cell, so one step
    evaluator, _ = train("run", settings, space=space)
    layout = evaluator.layout()
    before, moving = FlatLayout(layout.parameters).initial(3)
    images = np.random.default_rng([3, 0, 0]).permutation(24)
    child = space.decode((0, 0, 0, 0))
    fresh = data.parent / "fresh"
    fresh.mkdir()
    np.save(fresh / WEIGHTS, before)
    np.save(fresh / MOVING, moving)
    worker = dataclasses.replace(evaluator, folder=fresh)
    found = [worker(SharedStep(child, images[12 * i :][:12], 0.0, (3, i))) for i in range(2)]
    trained, running = layout.positions(child)
    decay = np.concatenate([np.full(p.size, 0.01 * p.decays) for p in layout.trainable])
    rescales = [
        np.full(p.size, p.role in ("gamma", "beta") and not p.path.startswith("stem"))
        for p in layout.trainable
    ]
    expected = before.copy()
    gradient = (found[0].gradient + found[1].gradient) / 2 + (decay * before)[trained]
    gradient *= affine | ~np.concatenate(rescales)[trained]
    length = np.linalg.norm(gradient)
    assert length > 0.1
    expected[trained] -= 0.1 * gradient * (clip / length if clip else 1)
    after, moved = vectors(evaluator)
    np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-6)
    others = np.setdiff1d(np.arange(len(moving)), running)
    np.testing.assert_array_equal(moved[others], moving[others])
    statistics = 0.9 * moving[running] + 0.05 * (found[0].statistics + found[1].statistics)
    np.testing.assert_allclose(moved[running], statistics, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_a_single_cell_trains_as_it_does_alone(train, data, clip):
    """Under equal settings sharing is plain training: equal updates, and losses that fall alike.

    What float32 rounds off grows with the updates, in so small a network tenfold with each.
    """
    space, rate = OperationSpace(operations=("sep_conv_3x3",)), 0.1
    child, layout = space.decode((0, 0, 0, 0)), SharedLayout(space, FRAME)
    initial, positions = FlatLayout(layout.parameters).initial(3), layout.positions(child)
    begun = {n: v[p] for n, v, p in zip(("weights", "moving"), initial, positions, strict=True)}
    for updates, within in ((2, 1e-5), (30, 0.15)):
        settings = dataclasses.replace(
            UNIFORM, updates=updates, epochs=1, batch_size=24, learning_rate=rate, clip_norm=clip
        )
        evaluator, training = train(f"{updates} updates", settings, space=space)
        recipe = dataclasses.replace(
            PLAIN,
            epochs=updates,
            batch_size=24,
            learning_rate=rate,
            weight_decay=settings.weight_decay,
            clip_norm=clip,
        )
        alone = Trainer(FRAME.network(child), recipe, seed=3)
        alone.restore(alone.state() | begun)
        epochs = alone.fit(*(np.load(data / f"{axis}_train.npy") for axis in "xy"))
        loss = np.mean([epoch.loss for epoch in epochs])
        assert training.epochs[0].loss == pytest.approx(loss, rel=within)
        if updates == 2:
            state, found = alone.state(), evaluator.vectors(child)
            for name, vector in zip(("weights", "moving"), found, strict=True):
                np.testing.assert_allclose(vector, state[name], atol=2e-5)
    assert epochs[-1].loss < 0.5 * epochs[0].loss


def test_it_learns(train):
    _, training = train("run", dataclasses.replace(UNIFORM, updates=24, epochs=12, clip_norm=1.0))
    losses = [epoch.loss for epoch in training.epochs]
    assert np.mean(losses[-4:]) < 0.85 * np.mean(losses[:2])
    assert [epoch.number for epoch in training.epochs] == list(range(1, 13))


@pytest.mark.parametrize("cut", [False, True])
def test_in_a_fair_epoch_each_operation_has_its_turn_in_each_place_equally_often(
    data, tmp_path, cut
):
    """Any three updates of a round have each of the three operations once; so with each part."""
    settings = dataclasses.replace(
        UNIFORM, sampling="fair", epochs=2, updates=4, parts=1 + cut, batch_size=4
    )
    evaluator = SharedWeights(data, tmp_path, SPACE, FRAME, PLAIN)
    training = SharedTraining(tmp_path, evaluator.layout(), settings, PLAIN, images=IMAGES, seed=3)
    executor = Watching(evaluator)
    training.run(executor)
    paths = executor.trained[:: 1 + cut]
    assert paths == executor.trained[cut :: 1 + cut]
    assert (len(paths), training.updates) == (12, 4)
    for start in range(0, 12, 3):
        for cell in ("normal", "reduction"):
            for place in ("op_a", "op_b"):
                blocks = [getattr(path, cell).blocks[0] for path in paths[start : start + 3]]
                assert {getattr(block, place) for block in blocks} == set(SPACE.operations)


@pytest.mark.parametrize("sampling", ["uniform", "fair"])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not(train, sampling):
    settings = dataclasses.replace(UNIFORM, updates=6, epochs=3, sampling=sampling)
    whole, _ = train("whole", settings)
    with pytest.raises(KeyboardInterrupt):
        train("halves", settings, stop=2)
    halves, resumed = train("halves", settings)
    assert [epoch.number for epoch in resumed.epochs] == [1, 2, 3]
    for a, b in zip(vectors(whole), vectors(halves), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_rank_nothing_while_their_loss_is_near_to_chance(train):
    _, training = train("run", UNIFORM)
    losses = {0.9: None, 0.6: None}
    for share in losses:
        last = dataclasses.replace(training.epochs[-1], loss=share * float(np.log(2)))
        training.epochs[-1] = last
        losses[share] = training.doubt(CLASSES)
    assert losses[0.6] is None
    assert losses[0.9] == (
        "shared weights rank nothing: their mean loss is 0.624 nats behind 4 updates an operation, "
        "where chance is 0.693 (ln 2); expected below 0.624, which takes more than that: "
        "--shared.updates 8, or fewer --operations"
    )


def test_the_controller_samples_learns_and_goes_on(train):
    def controller():
        return make_controller("ppo", SPACE, seed=1, minibatch=3, epochs=2)

    settings = dataclasses.replace(
        UNIFORM, updates=2, sampling="controller", controller_children=6, reward_images=4
    )
    first, second = controller(), controller()
    _, training = train("whole", settings, controller=first)
    assert all(0 <= epoch.reward <= 1 for epoch in training.epochs)
    with pytest.raises(KeyboardInterrupt):
        train("halves", settings, controller=controller(), stop=1)
    train("halves", settings, controller=second)
    assert first.state() == second.state()
    assert first.state() != controller().state()


def test_a_state_of_other_settings_is_refused(train):
    train("run", UNIFORM)
    with pytest.raises(ValueError, match=r"state.npz is of settings .*, expected .*'epochs': 5"):
        train("run", dataclasses.replace(UNIFORM, epochs=5))
    with pytest.raises(ValueError, match=r"shared vectors are of \[.*\], expected [\d,]+ and"):
        train("run", UNIFORM, space=CellSpace(2))


def test_a_damaged_state_is_refused(train, tmp_path):
    evaluator, _ = train("run", UNIFORM)
    path = evaluator.folder / "state.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"state.npz cannot be read"):
        train("run", UNIFORM)


def test_sampling_by_a_controller_needs_one(train):
    with pytest.raises(ValueError, match="sampling is 'controller' with controller None, expected"):
        train("run", dataclasses.replace(UNIFORM, sampling="controller"))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"optimizer": "rmsprop"},
            "recipe.optimizer is 'rmsprop' with shared weights, exp",
        ),
        ({"aux_weight": 0.4}, "recipe.aux_weight is 0.4 with shared weights, expected 0.0"),
        ({"ema_decay": 0.9}, "recipe.ema_decay is 0.9 with shared weights, expected 0.0"),
    ],
)
def test_recipes_that_shared_weights_cannot_follow_are_refused(train, changes, text):
    with pytest.raises(ValueError, match=text):
        train("run", UNIFORM, recipe=dataclasses.replace(PLAIN, **changes))


def test_shared_positions_are_the_layouts_of_the_worker(data, train):
    evaluator, _ = train("run", UNIFORM)
    layout = SharedLayout(SPACE, FRAME)
    assert [p.path for p in layout.parameters] == [p.path for p in evaluator.layout().parameters]
