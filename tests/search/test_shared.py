"""Training under shared weights: against arithmetic, against one training that never stopped."""

import dataclasses

import numpy as np
import pytest

from nasnet.cells import CellSpace, GrowingCellSpace
from nasnet.controller import controller_class, make_controller
from nasnet.search import InlineExecutor, Train
from nasnet.search.evaluators.shared import SharedWeights
from nasnet.search.shared import training as training_module
from nasnet.search.shared.children import fair_genotypes, run_all
from nasnet.search.shared.exchange import MOVING, WEIGHTS, SharedScore, SharedStep
from nasnet.search.shared.settings import SharedSettings
from nasnet.search.shared.training import SharedTraining
from nasnet.stacking import FlatLayout, Recipe, Stack
from nasnet.stacking.network import CellFrame
from nasnet.stacking.recipe import Diverged
from nasnet.stacking.shared.layout import SharedLayout
from tests.fakes import Share, Sick
from tests.strategies import random_genotypes

SPACE = CellSpace(1, operations=("identity", "conv_1x1", "max_pool_3x3"))
SHAPE, CLASSES = (8, 8, 3), 2
FRAME = CellFrame(Stack(1, 2), SHAPE, CLASSES)
PLAIN = Recipe(augmentation="none", weight_decay=0.01)
UNIFORM = SharedSettings(epochs=2, batch_size=4, sampling="uniform", learning_rate=0.1)


@pytest.fixture
def data(tmp_path, rng):
    """24 + 10 images that are bright or dark."""
    folder = tmp_path / "data"
    folder.mkdir()
    for split, count in (("train", 24), ("val", 10)):
        y = rng.integers(CLASSES, size=count)
        x = rng.integers(0, 120, size=(count, *SHAPE)) + 130 * y[:, None, None, None]
        np.save(folder / f"x_{split}.npy", x.astype(np.uint8))
        np.save(folder / f"y_{split}.npy", y)
    return folder


@pytest.fixture
def train(data, tmp_path):
    """Trains in a folder of that name, until `stop` epochs are done."""

    def call(name, settings, *, recipe=PLAIN, controller=None, stop=None, space=SPACE):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        evaluator = SharedWeights(data, folder, space, FRAME, recipe)
        training = SharedTraining(
            folder,
            evaluator.layout(),
            settings,
            recipe,
            images=24,
            seed=3,
            controller=controller,
        )

        def on_epoch(epoch):
            if epoch.number == stop:
                raise KeyboardInterrupt

        training.run(InlineExecutor(evaluator), on_epoch=on_epoch)
        return evaluator, training

    return call


def vectors(evaluator):
    return [np.load(evaluator.folder / name) for name in (WEIGHTS, MOVING)]


@pytest.mark.parametrize("clip", [0.0, 0.1])
def test_one_step_is_momentum_sgd_on_the_childs_own_weights(data, train, clip):
    settings = dataclasses.replace(UNIFORM, epochs=1, children=1, batch_size=24, clip_norm=clip)
    evaluator, _ = train("run", settings)
    layout = evaluator.layout()
    before, moving = FlatLayout(layout.parameters).initial(3)
    rng = np.random.default_rng([3, 0])
    images = rng.permutation(24)
    child = SPACE.decode(SPACE.sample(rng))
    fresh = data.parent / "fresh"
    fresh.mkdir()
    np.save(fresh / WEIGHTS, before)
    np.save(fresh / MOVING, moving)
    step = SharedStep(child, images, 0.0, (3, 0))
    found = dataclasses.replace(evaluator, folder=fresh)(step)
    trained, running = layout.positions(child)
    decay = np.concatenate([np.full(p.size, 0.01 * p.decays) for p in layout.trainable])
    expected = before.copy()
    gradient = found.gradient + (decay * before)[trained]
    length = np.linalg.norm(gradient)
    assert length > 0.1
    expected[trained] -= 0.1 * gradient * (clip / length if clip else 1)
    after, moved = vectors(evaluator)
    np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-6)
    others = np.setdiff1d(np.arange(len(moving)), running)
    np.testing.assert_array_equal(moved[others], moving[others])
    statistics = 0.9 * moving[running] + 0.1 * found.statistics
    np.testing.assert_allclose(moved[running], statistics, rtol=1e-4, atol=1e-6)


def test_it_learns(train):
    _, training = train("run", dataclasses.replace(UNIFORM, epochs=12))
    losses = [epoch.loss for epoch in training.epochs]
    assert np.mean(losses[-4:]) < 0.85 * np.mean(losses[:2])
    assert [epoch.number for epoch in training.epochs] == list(range(1, 13))


class Watching(InlineExecutor):
    """Notes the children that train."""

    def __init__(self, evaluator):
        super().__init__(evaluator)
        self.trained = []

    def submit(self, number, task):
        if isinstance(task, SharedStep):
            self.trained.append(task.genotype)
        super().submit(number, task)


@pytest.mark.parametrize("children", [1, 3])
def test_every_child_that_is_drawn_trains(data, tmp_path, children, monkeypatch):
    """So in a fair epoch each operation has its turn in each place equally often."""
    settings = dataclasses.replace(UNIFORM, sampling="fair", epochs=1, children=children)
    evaluator = SharedWeights(data, tmp_path, SPACE, FRAME, PLAIN)
    drawn = []

    def draw(space, rng):
        drawn.extend(fair := fair_genotypes(space, rng))
        return fair

    monkeypatch.setattr("nasnet.search.shared.training.fair_genotypes", draw)
    training = SharedTraining(tmp_path, evaluator.layout(), settings, PLAIN, images=24, seed=3)
    executor = Watching(evaluator)
    training.run(executor)
    assert len(drawn) == 6  # of four images each; two rounds of three operations
    assert executor.trained == drawn
    for cell in ("normal", "reduction"):
        for place in ("op_a", "op_b"):
            blocks = [getattr(genotype, cell).blocks[0] for genotype in executor.trained]
            names = [getattr(block, place) for block in blocks]
            assert sorted(names) == sorted(SPACE.operations * 2)


@pytest.mark.parametrize("sampling", ["uniform", "fair"])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not(train, sampling):
    settings = dataclasses.replace(UNIFORM, epochs=3, sampling=sampling)
    whole, _ = train("whole", settings)
    with pytest.raises(KeyboardInterrupt):
        train("halves", settings, stop=2)
    halves, resumed = train("halves", settings)
    assert [epoch.number for epoch in resumed.epochs] == [1, 2, 3]
    for a, b in zip(vectors(whole), vectors(halves), strict=True):
        np.testing.assert_array_equal(a, b)


class Timed(Watching):
    """A second a child; notes how far the schedule of each was."""

    def __init__(self, evaluator, hands):
        super().__init__(evaluator)
        self.hands, self.progress = hands, []

    def submit(self, number, task):
        self.progress.append(task.progress)
        super().submit(number, task)

    def wait(self, timeout):
        self.hands.now += 1
        return super().wait(timeout)


@pytest.fixture
def timed(data, tmp_path, clock):
    """Trains for so many seconds in all; an epoch takes six."""
    hands = clock(training_module)

    def call(limit, *, stop=None):
        evaluator = SharedWeights(data, tmp_path, SPACE, FRAME, PLAIN)
        settings = dataclasses.replace(UNIFORM, epochs=10)
        training = SharedTraining(tmp_path, evaluator.layout(), settings, PLAIN, images=24, seed=3)
        executor = Timed(evaluator, hands)

        def on_epoch(epoch):
            if epoch.number == stop:
                raise KeyboardInterrupt

        training.run(executor, on_epoch=on_epoch, left=lambda: max(0.0, limit - hands.now))
        return training, executor.progress[::2]

    return call


def test_as_many_epochs_as_fit_take_the_schedule_to_its_end(timed):
    """A tenth of it in the first, of which nothing was known; the rest in the two that fit."""
    training, progress = timed(20)
    assert len(training.epochs) == 3
    assert training.progress == 1
    thirds = np.arange(3) / 3
    np.testing.assert_allclose(
        progress, [*(0.1 * thirds), *(0.1 + 0.45 * thirds), *(0.55 + 0.45 * thirds)]
    )


@pytest.mark.parametrize(("limit", "epochs"), [(0, 1), (7, 1), (1000, 10)])
def test_there_is_one_epoch_at_least_and_no_more_than_the_settings_say(timed, limit, epochs):
    training, _ = timed(limit)
    assert (len(training.epochs), training.progress) == (epochs, 1)


def test_a_training_that_ended_by_time_stays_as_it_is(timed):
    """Its rewards are compared with those of later cells."""
    timed(7)
    training, progress = timed(1000)
    assert (len(training.epochs), progress) == (1, [])


def test_a_training_with_a_limit_goes_on_where_it_was(timed):
    with pytest.raises(KeyboardInterrupt):
        timed(20, stop=2)
    training, progress = timed(20)
    assert len(training.epochs) == 3
    np.testing.assert_allclose(progress, 0.55 + 0.45 * np.arange(3) / 3)


def test_the_controller_samples_learns_and_goes_on(train):
    def controller():
        return make_controller("ppo", SPACE, seed=1, minibatch=3, epochs=2)

    settings = dataclasses.replace(
        UNIFORM, sampling="controller", controller_children=6, reward_images=4
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
    with pytest.raises(ValueError, match=r"state.npz has vectors of"):
        train("run", UNIFORM, space=CellSpace(2))


def test_a_damaged_state_is_refused(train, tmp_path):
    evaluator, _ = train("run", UNIFORM)
    path = evaluator.folder / "state.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"state.npz cannot be read"):
        train("run", UNIFORM)


def test_sampling_by_a_controller_needs_one(train):
    with pytest.raises(ValueError, match="sampling is 'controller' with controller None, expected"):
        train("run", SharedSettings())


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


def test_fair_children_have_every_operation_in_every_place_once(rng):
    space = CellSpace()
    children = fair_genotypes(space, rng)
    assert len(children) == 13
    for name in ("normal", "reduction"):
        for i in range(5):
            for side in (0, 1):
                found = {getattr(child, name).blocks[i].edges[side][1] for child in children}
                assert found == set(space.operations)


@pytest.mark.parametrize("seed", range(4))
def test_fair_children_that_grow_are_of_one_size(seed):
    space = GrowingCellSpace(3)
    children = fair_genotypes(space, np.random.default_rng(seed))
    (size,) = {len(child.normal.blocks) for child in children}
    for i in range(size):
        assert {child.reduction.blocks[i].op_a for child in children} == set(space.operations)


def test_a_reward_is_drawn_from_the_images_that_it_names(train):
    evaluator, _ = train("run", UNIFORM)
    child = SPACE.decode(SPACE.sample(np.random.default_rng(0)))
    whole = [evaluator(SharedScore(child, seed)).reward for seed in (1, 2)]
    assert whole[0] == whole[1]
    parts = [evaluator(SharedScore(child, seed, images=3)).reward for seed in (0, 0, 1, 2, 3)]
    assert parts[0] == parts[1]
    assert {round(3 * reward, 4) for reward in parts} <= {0, 1, 2, 3}


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
        ({"learning_rate": 0.0}, "shared.learning_rate is 0.0, expected above 0"),
        ({"clip_norm": -1.0}, "shared.clip_norm is -1.0, expected at least 0"),
        ({"sampling": "best"}, "shared.sampling is 'best', expected one of: controller, fair, uni"),
        ({"controller_children": -1}, "shared.controller_children is -1, expected at least 0"),
    ],
)
def test_settings_out_of_range_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        SharedSettings(**changes)


def test_the_policy_of_enas_is_one_of_our_controllers():
    from nasnet.search.shared.settings import ENAS_POLICY

    assert controller_class("ppo").Settings(**ENAS_POLICY).tanh_constant == 1.1


def test_shared_positions_are_the_layouts_of_the_worker(data, train):
    evaluator, _ = train("run", UNIFORM)
    layout = SharedLayout(SPACE, FRAME)
    assert [p.path for p in layout.parameters] == [p.path for p in evaluator.layout().parameters]
