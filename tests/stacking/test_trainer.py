"""The fast trainer against Keras, against arithmetic, and against itself."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from nasnet.cells import NASNET_A, Block, Cell, Genotype
from nasnet.stacking import Diverged, Recipe, Stack, Trainer, build_network
from nasnet.stacking.flat.losses import cross_entropy
from nasnet.stacking.flat.network import FlatNetwork
from nasnet.stacking.flat.training_state import TrainingState
from nasnet.stacking.network import CellNetwork

SHAPE, CLASSES, STACK = (16, 16, 3), 4, Stack(1, 4)
_SMALL = Cell((Block(0, 1, "conv_3x3", "identity"),))
SMALL = Genotype(_SMALL, _SMALL)
PLAIN = Recipe(batch_size=8, learning_rate=0.1, augmentation="none", clip_norm=0)
# All parts of the ImageNet trainings, and cutout.
FULL = Recipe(
    epochs=3,
    batch_size=8,
    optimizer="rmsprop",
    schedule="exponential",
    decay_epochs=1.5,
    warmup_epochs=0.5,
    label_smoothing=0.1,
    drop_path_keep=0.6,
    dropout_keep=0.5,
    aux_weight=0.4,
    cutout=6,
    ema_decay=0.99,
)


@pytest.fixture
def task(rng):
    """Images whose class is the quarter that is bright."""
    labels = rng.integers(CLASSES, size=64)
    images = rng.integers(0, 100, size=(64, *SHAPE), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        top, left = 8 * (label // 2), 8 * (label % 2)
        image[top : top + 8, left : left + 8] += 120
    return images, labels


def test_it_learns(task):
    recipe = Recipe(epochs=25, batch_size=16, learning_rate=0.05, augmentation="none")
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe, seed=1)
    before = trainer.evaluate(*task)
    epochs = trainer.fit(*task)
    loss, accuracy = trainer.evaluate(*task)
    assert accuracy > 0.9 > before[1]
    assert loss < 0.5 * before[0]
    assert [epoch.number for epoch in epochs] == list(range(1, 26))
    assert epochs[-1].loss < epochs[0].loss


@pytest.mark.parametrize("clip_norm", [0.0, 0.05])
def test_one_step_is_kerass(task, clip_norm):
    """One step of momentum SGD with L2 on kernels, cut to a norm: written again with Keras."""
    images, labels = task[0][:8], task[1][:8]
    recipe = Recipe(
        batch_size=8,
        learning_rate=0.1,
        weight_decay=0.01,
        label_smoothing=0.1,
        augmentation="none",
        clip_norm=clip_norm,
    )
    trainer = Trainer(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES), recipe, seed=3)
    model = build_network(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES), classifier_activation=None)
    for variable in model.variables:
        variable.assign(trainer.weights()[variable.path])
    variables = model.trainable_variables
    targets = keras.ops.one_hot(labels, CLASSES)
    with tf.GradientTape() as tape:
        logits = model(images / 127.5 - 1, training=True)
        loss = keras.losses.categorical_crossentropy(
            targets, logits, from_logits=True, label_smoothing=0.1
        )
        loss = tf.reduce_mean(loss)
        kernels = [v.value for v in variables if v.path.endswith("kernel")]
        total = loss + 0.01 * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])
    gradients = tape.gradient(total, [variable.value for variable in variables])
    if clip_norm:
        gradients, norm = tf.clip_by_global_norm(gradients, clip_norm)
        assert norm > clip_norm
    keras.optimizers.SGD(0.1, momentum=0.9).apply(gradients, variables)
    epoch = trainer.fit(images, labels)[0]
    assert epoch.loss == pytest.approx(float(loss), rel=1e-4)
    ours = trainer.weights()
    for variable in variables:
        np.testing.assert_allclose(
            ours[variable.path], variable.numpy(), rtol=1e-3, atol=2e-5, err_msg=variable.path
        )


def test_running_statistics_move_as_kerass(task):
    """The variance differs by n / (n - 1): the fused kernel's is unbiased, Keras' is not."""
    images, labels = task[0][:8], task[1][:8]
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), PLAIN, seed=3)
    model = build_network(CellNetwork(SMALL, STACK, SHAPE, CLASSES))
    for variable in model.variables:
        variable.assign(trainer.weights()[variable.path])
    model(images / 127.5 - 1, training=True)
    trainer.fit(images, labels)
    ours = trainer.weights()
    for variable in model.non_trainable_variables:
        np.testing.assert_allclose(ours[variable.path], variable.numpy(), rtol=0.01, atol=1e-4)


def test_equal_seeds_give_equal_results(task):
    def train(seed):
        trainer = Trainer(
            CellNetwork(SMALL, STACK, SHAPE, CLASSES), Recipe(batch_size=8), seed=seed
        )
        return trainer.fit(*task), trainer.evaluate(*task)

    assert train(0) == train(0)
    assert train(0) != train(1)


def test_global_seeds_are_neither_read_nor_written(task):
    def weights(global_seed):
        keras.utils.set_random_seed(global_seed)
        trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), Recipe(batch_size=8), seed=0)
        trainer.fit(*task)
        return trainer.state()["weights"], np.random.rand()  # noqa: NPY002

    first, second = weights(1), weights(2)
    np.testing.assert_array_equal(first[0], second[0])
    assert weights(1)[1] == first[1] != second[1]


@pytest.mark.parametrize("recipe", [Recipe(epochs=3, batch_size=8), FULL], ids=["plain", "full"])
def test_a_restored_training_ends_as_one_that_never_stopped(task, recipe):
    whole = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe, seed=5)
    states = []
    whole.fit(*task, on_epoch=lambda epoch: states.append(whole.state()))
    part = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe, seed=5)
    part.restore(states[0])
    assert [epoch.number for epoch in part.fit(*task)] == [2, 3]
    assert part.state().keys() == whole.state().keys()
    for name, array in whole.state().items():
        np.testing.assert_array_equal(part.state()[name], array)
    assert part.evaluate(*task) == whole.evaluate(*task)


@pytest.mark.parametrize("field", ["drop_path_keep", "dropout_keep", "aux_weight", "cutout"])
def test_every_part_of_a_recipe_does_something(task, field):
    """Switched off alone, it leads elsewhere; the first loss shows what acts at once."""
    without = dataclasses.replace(FULL, **{field: getattr(Recipe(), field)})
    losses = []
    for recipe in (FULL, without):
        trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe, seed=5)
        losses.append(trainer.fit(task[0][:16], task[1][:16])[-1].loss)
    assert losses[0] != losses[1]


def test_the_auxiliary_classifier_is_left_out_of_what_is_kept(task):
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), FULL, seed=5)
    trainer.fit(task[0][:16], task[1][:16])
    model = build_network(CellNetwork(SMALL, STACK, SHAPE, CLASSES), classifier_activation=None)
    weights = trainer.weights()
    assert weights.keys() == {variable.path for variable in model.variables}
    assert trainer.cost.total_parameters == model.count_params()
    for variable in model.variables:
        variable.assign(weights[variable.path])
    logits = model(task[0] / 127.5 - 1)
    loss = keras.losses.sparse_categorical_crossentropy(task[1], logits, from_logits=True)
    found = trainer.evaluate(*task)
    assert found[0] == pytest.approx(float(np.mean(loss)), rel=1e-4)
    assert found[1] == pytest.approx(np.mean(np.argmax(logits, 1) == task[1]))


def test_an_auxiliary_classifier_needs_large_images():
    with pytest.raises(ValueError, match="where a window of 5 must fit, expected larger images"):
        Trainer(CellNetwork(SMALL, STACK, (8, 8, 3), CLASSES), FULL)


OPTIMIZERS = {
    "momentum": keras.optimizers.SGD(0.1, momentum=0.8),
    "nesterov": keras.optimizers.SGD(0.1, momentum=0.8, nesterov=True),
    "rmsprop": keras.optimizers.RMSprop(0.1, rho=0.95, momentum=0.8, epsilon=0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_several_updates_are_kerass(name, rng):
    choice = {
        "momentum": {},
        "nesterov": {"nesterov": True},
        "rmsprop": {"optimizer": "rmsprop", "rmsprop_decay": 0.95, "rmsprop_epsilon": 0.01},
    }[name]
    recipe = Recipe(momentum=0.8, weight_decay=0, clip_norm=0, **choice)
    state = small_state(recipe)
    variable = keras.Variable(state.weights.numpy())
    for _ in range(4):
        gradient = rng.normal(size=variable.shape).astype(np.float32)
        update(state, gradient, rate=0.1)
        OPTIMIZERS[name].apply([keras.ops.convert_to_tensor(gradient)], [variable])
    np.testing.assert_allclose(state.weights.numpy(), variable.numpy(), rtol=1e-4, atol=1e-5)


def test_rmsprop_takes_the_rate_of_each_step_as_keras_does(rng):
    recipe = Recipe(optimizer="rmsprop", weight_decay=0, clip_norm=0)
    state = small_state(recipe)
    variable = keras.Variable(state.weights.numpy())
    optimizer = keras.optimizers.RMSprop(0.1, momentum=0.9, epsilon=1.0)
    for rate in (0.1, 0.05, 0.2):
        gradient = rng.normal(size=variable.shape).astype(np.float32)
        update(state, gradient, rate=rate)
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    np.testing.assert_allclose(state.weights.numpy(), variable.numpy(), rtol=1e-4, atol=1e-5)


def test_averages_are_tensorflows(rng):
    """Weights and running statistics, with the short averages of the first steps."""
    recipe = Recipe(ema_decay=0.2)
    state = small_state(recipe)
    shadows = [tf.Variable(state.weights), tf.Variable(state.moving)]
    step = tf.Variable(0)
    oracle = tf.train.ExponentialMovingAverage(0.2, num_updates=step)
    oracle.apply(shadows)  # makes the averages, equal to the values
    for number in range(4):
        update(state, rng.normal(size=state.weights.shape), rate=0.1, step=number)
        step.assign(number)
        shadows[0].assign(state.weights)
        shadows[1].assign(state.moving)
        oracle.apply(shadows)
    for average, shadow in zip(state.evaluated, shadows, strict=True):
        np.testing.assert_allclose(average.numpy(), oracle.average(shadow).numpy(), rtol=1e-5)
        assert not np.allclose(average.numpy(), shadow.numpy())


def small_state(recipe):
    return TrainingState(FlatNetwork(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe))


def update(state, gradient, *, rate, step=0):
    state.update(
        tf.constant(gradient, tf.float32),
        tf.random.stateless_uniform(state.moving.shape, [step, 0]),
        tf.constant(rate),
        tf.constant(Recipe(ema_decay=0.2).ema_decay_at(step)),
        state.weights.read_value(),
    )


def test_a_foreign_state_is_refused():
    small = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), PLAIN)
    with pytest.raises(ValueError, match=r"state of weights is \(\d+,\), expected \(\d+,\)"):
        small.restore(Trainer(CellNetwork(NASNET_A, STACK, SHAPE, CLASSES), PLAIN).state())
    with pytest.raises(ValueError, match="state of weights is missing, expected"):
        small.restore({})


def test_a_loss_that_is_not_finite_is_an_error(task):
    recipe = Recipe(epochs=3, batch_size=8, learning_rate=1e30, clip_norm=0)
    with pytest.raises(Diverged, match=r"training loss is (nan|inf) at step \d+"):
        Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe).fit(*task)


def test_steps_are_reported(task):
    steps = []
    recipe = Recipe(epochs=2, batch_size=24)
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), recipe)
    trainer.fit(*task, on_step=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_batch_larger_than_the_data_is_the_data(task):
    images, labels = task[0][:5], task[1][:5]
    epochs = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), PLAIN).fit(images, labels)
    assert np.isfinite(epochs[0].loss)


def test_evaluation_does_not_depend_on_the_batch(task):
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), PLAIN)
    trainer.fit(*task)
    one, other = (trainer.evaluate(*task, batch_size=size) for size in (64, 7))
    assert one == pytest.approx(other, rel=1e-5)


def test_evaluation_by_the_batchs_statistics_is_kerass_in_training(task):
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), PLAIN)
    trainer.fit(*task)
    model = build_network(CellNetwork(SMALL, STACK, SHAPE, CLASSES), classifier_activation=None)
    for variable in model.variables:
        variable.assign(trainer.weights()[variable.path])
    logits = np.concatenate(
        [model(task[0][part] / 127.5 - 1, training=True) for part in (slice(40), slice(40, 64))]
    )
    loss = keras.losses.sparse_categorical_crossentropy(task[1], logits, from_logits=True)
    found = trainer.evaluate(*task, batch_size=40, batch_statistics=True)
    assert found[0] == pytest.approx(float(np.mean(loss)), rel=1e-4)
    assert found[1] == pytest.approx(np.mean(np.argmax(logits, 1) == task[1]))
    assert found != trainer.evaluate(*task)


@pytest.mark.parametrize(
    ("images", "labels", "text"),
    [
        (np.zeros((4, 16, 16, 1), np.uint8), np.zeros(4, int), r"uint8 \(4, 16, 16, 1\), expected"),
        (np.zeros((4, 16, 16, 3), np.float32), np.zeros(4, int), "images are float32"),
        (np.zeros((0, 16, 16, 3), np.uint8), np.zeros(0, int), r"uint8 \(0, 16, 16, 3\)"),
        (np.zeros((4, 16, 16, 3), np.uint8), np.zeros(3, int), "3 labels, expected 4"),
    ],
)
def test_wrong_images_are_refused(images, labels, text):
    trainer = Trainer(CellNetwork(SMALL, STACK, SHAPE, CLASSES), PLAIN)
    with pytest.raises(ValueError, match=text):
        trainer.fit(images, labels)
    with pytest.raises(ValueError, match=text):
        trainer.evaluate(images, labels)


def test_cross_entropy_is_kerass(rng):
    logits, labels = rng.normal(size=(6, 3)).astype(np.float32), rng.integers(3, size=6)
    expected = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)(
        keras.ops.one_hot(labels, 3), logits
    )
    found = cross_entropy(tf.constant(logits), tf.constant(labels), 0.2)
    assert float(found) == pytest.approx(float(expected), rel=1e-5)
